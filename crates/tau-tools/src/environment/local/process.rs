//! Commands: a shell whose output is one pipe.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use super::launcher::{Launcher, ShellCommand};
use crate::environment::{CommandExit, OutputSink};

/// How long output may still come after the shell has exited. A process left in the background may hold the
/// pipe open for ever; what the shell itself wrote is in the pipe already.
const DRAIN: Duration = Duration::from_millis(100);
/// What a pipe holds on Linux.
const CHUNK: usize = 64 << 10;

/// Runs a command. When the shell exits, what it left running is killed: a job that outlives its command has nobody to
/// read or stop it. When the future is dropped, the whole tree is killed.
pub(super) async fn run(
    launcher: &dyn Launcher,
    command: ShellCommand<'_>,
    output: OutputSink<'_>,
) -> io::Result<CommandExit> {
    let (reader, writer) = io::pipe()?;
    let mut pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
    let mut shell = launcher.launch(&command, writer)?;
    let mut buffer = vec![0; CHUNK];
    let mut open = true;
    let exit = loop {
        tokio::select! {
            exit = shell.wait() => break exit?,
            read = pipe.read(&mut buffer), if open => match read? {
                0 => open = false,
                read => output(&buffer[..read]),
            },
        }
    };
    let rest = async {
        while open {
            match pipe.read(&mut buffer).await? {
                0 => open = false,
                read => output(&buffer[..read]),
            }
        }
        io::Result::Ok(())
    };
    if let Ok(drained) = tokio::time::timeout(DRAIN, rest).await {
        drained?;
    }
    Ok(exit)
}
