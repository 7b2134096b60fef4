//! A command that runs, seen from the host.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::{RecvFlags, Shutdown};

use crate::system::wire::News;
use crate::{SandboxError, SandboxErrorKind};

#[derive(Debug)]
pub(crate) struct Running {
    channel: OwnedFd,
}

impl Running {
    pub(super) fn new(channel: OwnedFd) -> Self {
        Self { channel }
    }

    /// Waits until the program runs.
    pub(super) fn started(&self, patience: Duration) -> Result<(), SandboxError> {
        if !self.readable(patience)? {
            return Err(SandboxError::new(SandboxErrorKind::Ended, io::ErrorKind::TimedOut));
        }
        match self.next(RecvFlags::empty())? {
            News::Started => Ok(()),
            News::Refused(error) => {
                let error = io::Error::from_raw_os_error(error);
                Err(SandboxError::new(SandboxErrorKind::Command, error))
            }
            News::Ended(_) => Err(broken(Errno::PROTO)),
        }
    }

    pub(crate) fn wait(&self) -> Result<ExitStatus, SandboxError> {
        match self.next(RecvFlags::empty())? {
            News::Ended(status) => Ok(ExitStatus::from_raw(status)),
            _ => Err(broken(Errno::PROTO)),
        }
    }

    pub(crate) fn try_wait(&self) -> Result<Option<ExitStatus>, SandboxError> {
        if self.readable(Duration::ZERO)? { self.wait().map(Some) } else { Ok(None) }
    }

    pub(crate) fn kill(&self) {
        // The init sees the end of the channel and kills; what it says is still heard here.
        let _ = rustix::net::shutdown(&self.channel, Shutdown::Write);
    }

    pub(crate) fn channel(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }

    fn readable(&self, patience: Duration) -> Result<bool, SandboxError> {
        let patience = Timespec::try_from(patience).map_err(|_| broken(Errno::INVAL))?;
        let mut watched = [PollFd::new(&self.channel, PollFlags::IN)];
        let ready = rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, Some(&patience)));
        Ok(ready.map_err(broken)? > 0)
    }

    fn next(&self, flags: RecvFlags) -> Result<News, SandboxError> {
        let mut bytes = [0; News::LENGTH];
        let (read, _) = rustix::io::retry_on_intr(|| rustix::net::recv(&self.channel, &mut bytes, flags))
            .map_err(broken)?;
        // Nothing is what a channel says whose init has ended.
        News::decode(&bytes[..read]).ok_or_else(|| broken(Errno::PIPE))
    }
}

fn broken(error: Errno) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Ended, error)
}
