//! A process that stands beside a server, and ends it when whoever started it is gone.
//!
//! A server that keeps to the specification ends when its input does, and so when its client is killed. One that does
//! not would stay for ever. The client cannot see to that once it is dead, so a second process does: it waits for the
//! end of the input that both share, without reading it, and then kills the group of both.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitCode, ExitStatus};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Signal, getpgrp, getpid, kill_process, kill_process_group};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

/// How long a server may take to end after its input has. Longer than any client waits that is still there.
const GRACE: Duration = Duration::from_secs(5);

/// Runs a command as its guard, and ends as it does. What follows [`ConnectOptions::guard`] on a command line.
///
/// [`ConnectOptions::guard`]: crate::ConnectOptions::guard
#[must_use]
pub fn run(command: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut words = command.into_iter();
    let Some(program) = words.next() else { return ExitCode::from(2) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::from(126) };
    match runtime.block_on(watch(program, words.collect())) {
        Some(status) => end_like(status),
        // The group is gone by then, this process too.
        None => ExitCode::from(126),
    }
}

async fn watch(program: OsString, arguments: Vec<OsString>) -> Option<ExitStatus> {
    // A group is asked to end as a whole; this process is to see how the server takes it.
    let mut terminate = signal(SignalKind::terminate()).ok()?;
    let mut child = Command::new(program).args(arguments).spawn().ok()?;
    let ended = end_of_input();
    tokio::pin!(ended);
    loop {
        tokio::select! {
            status = child.wait() => return status.ok(),
            _ = terminate.recv() => {}
            _ = &mut ended => break,
        }
    }
    if let Ok(status) = tokio::time::timeout(GRACE, child.wait()).await {
        return status.ok();
    }
    let _ = kill_process_group(getpgrp(), Signal::KILL);
    None
}

/// Ends when nobody can write to the standard input any longer.
async fn end_of_input() {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let stdin = std::io::stdin();
        // Without any flag only the end is told.
        let mut descriptors = [PollFd::new(&stdin, PollFlags::empty())];
        while !matches!(poll(&mut descriptors, None), Ok(1..)) {}
        let _ = ended.send(());
    });
    let _ = end.await;
}

/// The exit code, or the end by the same signal.
fn end_like(status: ExitStatus) -> ExitCode {
    if let Some(signal) = status.signal().and_then(Signal::from_named_raw) {
        let _ = kill_process(getpid(), signal);
    }
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(126);
    u8::try_from(code).map_or(ExitCode::from(126), ExitCode::from)
}
