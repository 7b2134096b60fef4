//! Ctrl-C and its relatives.

use tokio::sync::mpsc;

/// Signals that ask the program to end, one item for each.
///
/// # Errors
/// When the system does not let the program listen.
pub(crate) fn listen() -> std::io::Result<mpsc::Receiver<()>> {
    let (sender, receiver) = mpsc::channel(4);
    spawn_listeners(&sender)?;
    Ok(receiver)
}

#[cfg(unix)]
fn spawn_listeners(sender: &mpsc::Sender<()>) -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        let mut signals = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while signals.recv().await.is_some() {
                // Full means that several wait already, which is enough.
                let _ = sender.try_send(());
            }
        });
    }
    Ok(())
}

#[cfg(not(unix))]
fn spawn_listeners(sender: &mpsc::Sender<()>) -> std::io::Result<()> {
    let sender = sender.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            let _ = sender.try_send(());
        }
    });
    Ok(())
}
