//! Where the shell of a command is started: beside this process, or in a sandbox.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;

use futures::future::BoxFuture;

use crate::environment::CommandExit;

/// Starts the shell of a command somewhere.
///
/// An implementer must keep true: both streams of output go to the one pipe, so that lines come in the order they were
/// written; there is no standard input; the command sees the variables it is given and none of this process's.
pub trait Launcher: fmt::Debug + Send + Sync {
    /// Starts the shell. It returns when the shell runs.
    ///
    /// # Errors
    /// When the shell cannot be started.
    fn launch(&self, command: &ShellCommand<'_>, output: io::PipeWriter)
    -> io::Result<Box<dyn RunningShell>>;
}

/// A shell to start.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ShellCommand<'a> {
    /// The shell. It is given `-c -- script`.
    pub shell: &'a Path,
    /// The variables, all of them.
    pub environment: &'a BTreeMap<String, String>,
    /// The working folder, absolute.
    pub directory: &'a Path,
    /// What the shell is to do.
    pub script: &'a str,
}

/// A shell that runs. Dropping it ends everything the command started, also after the shell itself has exited.
pub trait RunningShell: Send {
    /// Waits until the shell has exited. May be dropped and asked again.
    fn wait(&mut self) -> BoxFuture<'_, io::Result<CommandExit>>;
}
