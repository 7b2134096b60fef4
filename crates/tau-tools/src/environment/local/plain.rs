//! The shell beside this process, in a process group of its own.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use futures::FutureExt;
use futures::future::BoxFuture;
use rustix::process::Pid;
use tokio::process::{Child, Command};

use super::launcher::{Launcher, RunningShell, ShellCommand};
use super::orphans;
use crate::environment::CommandExit;

/// Starts shells without a boundary around them.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainLauncher;

impl Launcher for PlainLauncher {
    fn launch(
        &self,
        command: &ShellCommand<'_>,
        output: io::PipeWriter,
    ) -> io::Result<Box<dyn RunningShell>> {
        let child = Command::new(command.shell)
            // `--`, or a script that starts with a dash would be an option of the shell.
            .args(["-c", "--", command.script])
            .current_dir(command.directory)
            .env_clear()
            .envs(command.environment)
            .stdin(Stdio::null())
            // One pipe for both, so that lines come in the order they were written.
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            // The group is killed by `Tree`; this has the shell reaped when nobody waits for it.
            .kill_on_drop(true)
            .spawn()?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Box::new(Tree { child, leader, state: State::Running }))
    }
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

impl RunningShell for Tree {
    fn wait(&mut self) -> BoxFuture<'_, io::Result<CommandExit>> {
        async move {
            let status = self.child.wait().await?;
            self.state = State::Exited;
            Ok(exit(status))
        }
        .boxed()
    }
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

pub(super) fn exit(status: ExitStatus) -> CommandExit {
    match (status.code(), status.signal()) {
        (Some(code), _) => CommandExit::Code(code),
        (None, signal) => CommandExit::Signal(signal.unwrap_or(0)),
    }
}
