//! The shell in a sandbox.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_sandbox::{Child, Command, Sandbox};
use tokio::io::unix::AsyncFd;

use super::launcher::{Launcher, RunningShell, ShellCommand};
use super::plain;
use crate::environment::CommandExit;

/// Starts shells in a live [`Sandbox`], which is meant to live as long as the session.
///
/// The root of the environment has to be one of its workspaces. Of the variables of a command, those pass that the
/// sandbox's policy allows.
#[derive(Clone, Debug)]
pub struct SandboxLauncher {
    sandbox: Arc<Sandbox>,
}

impl SandboxLauncher {
    /// A launcher into this sandbox.
    pub fn new(sandbox: Arc<Sandbox>) -> Self {
        Self { sandbox }
    }
}

impl Launcher for SandboxLauncher {
    fn launch(
        &self,
        command: &ShellCommand<'_>,
        output: io::PipeWriter,
    ) -> io::Result<Box<dyn RunningShell>> {
        let command = Command::new(command.shell)
            .args(["-c", "--", command.script])
            .envs(command.environment)
            .current_dir(command.directory)
            .stdout(output.try_clone()?)
            .stderr(output);
        let child = self.sandbox.spawn(&command).map_err(io::Error::other)?;
        let ended = AsyncFd::register(child.as_fd().try_clone_to_owned()?)?;
        Ok(Box::new(Running { child, ended, exit: None }))
    }
}

/// A command of the sandbox. Dropping the child has the init kill the whole tree.
struct Running {
    child: Child,
    /// Can be read when the command has ended.
    ended: AsyncFd<OwnedFd>,
    exit: Option<CommandExit>,
}

impl RunningShell for Running {
    fn wait(&mut self) -> BoxFuture<'_, io::Result<CommandExit>> {
        async move {
            loop {
                if let Some(exit) = self.exit {
                    return Ok(exit);
                }
                let mut ready = self.ended.readable().await?;
                self.exit = self.child.try_wait().map_err(io::Error::other)?.map(plain::exit);
                ready.clear_ready();
            }
        }
        .boxed()
    }
}
