//! Ctrl-C and its relatives.

use std::io;

use tau_tools::environment::kill_descendants;
use tokio::sync::mpsc;

use crate::exit::Exit;

/// Listens for signals that ask the program to end. The first comes out of the receiver; the second ends the
/// program at once, with every process it started.
///
/// A thread of its own listens, because the one that does the work may hang in a write that nobody reads.
///
/// # Errors
/// When the system does not let the program listen.
pub(crate) fn listen() -> io::Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel(1);
    let (started, has_started) = std::sync::mpsc::sync_channel(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async move {
            let (signals, result) = match Signals::new() {
                Ok(signals) => (Some(signals), Ok(())),
                Err(error) => (None, Err(error)),
            };
            // The other side waits for it.
            let _ = started.send(result);
            let Some(mut signals) = signals else { return };
            signals.next().await;
            // Whoever listens may be at its end already, and then there is nothing to cancel.
            let _ = sender.try_send(());
            signals.next().await;
            kill_descendants();
            std::process::exit(Exit::Interrupted as i32);
        });
    })?;
    has_started.recv().unwrap_or_else(|_| Err(io::Error::other("the listening thread ended")))?;
    Ok(receiver)
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
