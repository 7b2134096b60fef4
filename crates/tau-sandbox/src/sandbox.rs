//! A sandbox and the commands in it, on every system.

use std::net::TcpListener;
use std::process::ExitStatus;

use crate::command::Command;
use crate::{Helper, Policy, Report, SandboxError, system};

/// A live sandbox: one init that runs commands. Dropping it ends every command and everything they started.
///
/// It is meant to live as long as a session: starting it costs some milliseconds, a command in it little more than one
/// without a sandbox.
#[derive(Debug)]
pub struct Sandbox {
    live: system::Live,
}

impl Sandbox {
    /// Starts a sandbox.
    ///
    /// # Errors
    /// When the policy cannot be kept, or a layer cannot be set up: nothing runs with less than was asked for.
    pub fn start(policy: &Policy, helper: &Helper) -> Result<Self, SandboxError> {
        Ok(Self { live: system::Live::start(policy, helper)? })
    }

    /// What is in force.
    pub fn report(&self) -> &Report {
        self.live.report()
    }

    /// The port inside on which the host is to accept, with [`Network::Proxy`](crate::policy::Network::Proxy); once.
    pub fn take_proxy_listener(&self) -> Option<TcpListener> {
        self.live.take_proxy_listener()
    }

    /// Starts a command; returns when its program runs.
    ///
    /// # Errors
    /// When the program cannot be run inside, or the sandbox has ended.
    pub fn spawn(&self, command: &Command) -> Result<Child, SandboxError> {
        Ok(Child { running: self.live.spawn(command)? })
    }
}

/// A command that runs. Dropping it kills the command and everything it started.
#[derive(Debug)]
pub struct Child {
    running: system::Running,
}

impl Child {
    /// Waits until the command has ended; everything it started has ended then, too. Once.
    ///
    /// # Errors
    /// When the sandbox ends first.
    pub fn wait(&mut self) -> Result<ExitStatus, SandboxError> {
        self.running.wait()
    }

    /// How the command ended, if it has. It can be asked when [`as_fd`](std::os::fd::AsFd::as_fd) can be read.
    ///
    /// # Errors
    /// When the sandbox ended first.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>, SandboxError> {
        self.running.try_wait()
    }

    /// Has the command and everything it started killed. [`wait`](Self::wait) tells when that is done.
    pub fn kill(&mut self) {
        self.running.kill();
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Child {
    /// A descriptor that can be read when the command has ended. Nothing is to be read from it.
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        self.running.channel()
    }
}
