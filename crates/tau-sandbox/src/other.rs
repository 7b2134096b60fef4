//! Systems without a sandbox: everything says so, and nothing runs.

use std::net::TcpListener;
use std::process::ExitStatus;

use crate::command::Command;
use crate::{Helper, Policy, Report, SandboxError};

/// There is none.
#[derive(Debug)]
pub(crate) enum Live {}

/// There is none.
#[derive(Debug)]
pub(crate) enum Running {}

impl Live {
    pub(crate) fn start(policy: &Policy, _helper: &Helper) -> Result<Self, SandboxError> {
        policy.validate().map_err(SandboxError::policy)?;
        Err(SandboxError::unsupported())
    }

    pub(crate) fn report(&self) -> &Report {
        match *self {}
    }

    pub(crate) fn take_proxy_listener(&self) -> Option<TcpListener> {
        match *self {}
    }

    pub(crate) fn spawn(&self, _command: &Command) -> Result<Running, SandboxError> {
        match *self {}
    }
}

impl Running {
    pub(crate) fn wait(&self) -> Result<ExitStatus, SandboxError> {
        match *self {}
    }

    pub(crate) fn try_wait(&self) -> Result<Option<ExitStatus>, SandboxError> {
        match *self {}
    }

    pub(crate) fn kill(&self) {
        match *self {}
    }

    #[cfg(unix)]
    pub(crate) fn channel(&self) -> std::os::fd::BorrowedFd<'_> {
        match *self {}
    }
}

pub(crate) fn enter_if_helper() {}
