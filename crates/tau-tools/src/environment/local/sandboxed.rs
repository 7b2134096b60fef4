//! The shell in a sandbox.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_sandbox::{Child, Command, Sandbox};
use tokio::io::Interest;
use tokio::net::UnixStream;

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
        let ended = StdUnixStream::from(child.as_fd().try_clone_to_owned()?);
        ended.set_nonblocking(true)?;
        Ok(Box::new(Running { child, ended: UnixStream::from_std(ended)?, exit: None }))
    }
}

/// A command of the sandbox. Dropping the child has the init kill the whole tree.
struct Running {
    child: Child,
    /// Can be read when the command has ended; what it says is for the child.
    ended: UnixStream,
    exit: Option<CommandExit>,
}

impl RunningShell for Running {
    fn wait(&mut self) -> BoxFuture<'_, io::Result<CommandExit>> {
        async move {
            if let Some(exit) = self.exit {
                return Ok(exit);
            }
            let child = &mut self.child;
            let look = || match child.try_wait() {
                Ok(Some(status)) => Ok(plain::exit(status)),
                Ok(None) => Err(io::ErrorKind::WouldBlock.into()),
                Err(error) => Err(io::Error::other(error)),
            };
            let exit = self.ended.async_io(Interest::READABLE, look).await?;
            self.exit = Some(exit);
            Ok(exit)
        }
        .boxed()
    }
}
