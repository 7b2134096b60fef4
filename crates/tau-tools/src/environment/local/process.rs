//! Commands: a shell in a process group of its own.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::Pid;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};

use super::orphans;
use crate::environment::{CommandExit, OutputSink};

/// How long output may still come after the shell has exited. A process left in the background may hold the
/// pipe open for ever; what the shell itself wrote is in the pipe already.
const DRAIN: Duration = Duration::from_millis(100);
/// What a pipe holds on Linux.
const CHUNK: usize = 64 << 10;

/// What starts a command.
#[derive(Debug)]
pub(super) struct Launch<'a> {
    pub(super) shell: &'a Path,
    pub(super) environment: &'a BTreeMap<String, String>,
    pub(super) directory: PathBuf,
    pub(super) script: &'a str,
}

/// Runs a command. When the shell exits, what it left running in its group is killed: a job that outlives its
/// command has nobody to read or stop it. When the future is dropped, the whole tree is killed.
pub(super) async fn run(launch: Launch<'_>, output: OutputSink<'_>) -> io::Result<CommandExit> {
    let (mut tree, mut pipe) = start(&launch)?;
    let mut buffer = vec![0; CHUNK];
    let mut open = true;
    let status = loop {
        tokio::select! {
            status = tree.child.wait() => break status?,
            read = pipe.read(&mut buffer), if open => match read? {
                0 => open = false,
                read => output(&buffer[..read]),
            },
        }
    };
    tree.state = State::Exited;
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
    Ok(exit(status))
}

fn start(launch: &Launch<'_>) -> io::Result<(Tree, pipe::Receiver)> {
    let (reader, writer) = io::pipe()?;
    let pipe = pipe::Receiver::from_owned_fd(OwnedFd::from(reader))?;
    let child = Command::new(launch.shell)
        // `--`, or a script that starts with a dash would be an option of the shell.
        .args(["-c", "--", launch.script])
        .current_dir(&launch.directory)
        .env_clear()
        .envs(launch.environment)
        .stdin(Stdio::null())
        // One pipe for both, so that lines come in the order they were written.
        .stdout(writer.try_clone()?)
        .stderr(writer)
        .process_group(0)
        // The group is killed by `Tree`; this has the shell reaped when nobody waits for it.
        .kill_on_drop(true)
        .spawn()?;
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    Ok((Tree { child, leader, state: State::Running }, pipe))
}

/// Ends what a command started.
///
/// SIGKILL at once: dropping cannot wait for a process to make up its mind after a SIGTERM.
struct Tree {
    child: Child,
    leader: Option<Pid>,
    state: State,
}

enum State {
    /// The shell runs or waits to be reaped, so that its id is still its own.
    Running,
    /// The shell was reaped. Its id stays taken as long as its group has members; after that nobody gets it
    /// before the system has gone through all other ids.
    Exited,
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            match self.state {
                State::Running => orphans::kill_tree(leader),
                State::Exited => orphans::kill_group(leader),
            }
        }
    }
}

fn exit(status: ExitStatus) -> CommandExit {
    match (status.code(), status.signal()) {
        (Some(code), _) => CommandExit::Code(code),
        (None, signal) => CommandExit::Signal(signal.unwrap_or(0)),
    }
}
