//! Starting a helper and hearing what became of it.

use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{self, Stdio};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use crate::system::init::NAME;
use crate::system::wire::{self, Failure, Hello};
use crate::{Helper, Policy, Report, SandboxError, SandboxErrorKind, Step};

pub(super) struct Started {
    pub(super) socket: OwnedFd,
    pub(super) init: OwnedFd,
    pub(super) supervisor: process::Child,
    pub(super) report: Report,
    pub(super) listener: Option<TcpListener>,
}

pub(super) fn start(policy: &Policy, helper: &Helper) -> Result<Started, SandboxError> {
    policy.validate().map_err(SandboxError::policy)?;
    let broken =
        |error: std::io::Error| SandboxError::new(SandboxErrorKind::Setup, error).at(Step::Helper, None);
    let (socket, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
        .map_err(|error| broken(error.into()))?;
    let supervisor = process::Command::new(helper.program())
        .arg0(NAME)
        .env_clear()
        .current_dir("/")
        .stdin(theirs)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(broken)?;
    // Ends it again on every way out of here but the last.
    let mut supervisor = Unfinished(Some(supervisor));
    let policy = serde_json::to_vec(policy).map_err(|error| broken(error.into()))?;
    wire::send(socket.as_fd(), &policy, &[]).map_err(broken)?;
    let hello = wire::receive(socket.as_fd()).map_err(broken)?;
    // It ended without a word: it is not a helper, or it was killed.
    let (hello, descriptors) = hello.ok_or_else(|| broken(std::io::ErrorKind::UnexpectedEof.into()))?;
    match serde_json::from_slice(&hello).map_err(|error| broken(error.into()))? {
        Hello::Failed(failure) => Err(failed(failure)),
        Hello::Ready(report) => {
            let mut descriptors = descriptors.into_iter();
            let (init, supervisor) =
                descriptors.next().zip(supervisor.0.take()).ok_or_else(|| broken(Errno::PROTO.into()))?;
            let listener = descriptors.next().map(TcpListener::from);
            Ok(Started { socket, init, supervisor, report, listener })
        }
    }
}

struct Unfinished(Option<process::Child>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // A helper that failed ends by itself, and takes away what it made before it does.
            let _ = child.wait();
        }
    }
}

fn failed(failure: Failure) -> SandboxError {
    let refused = [Errno::PERM, Errno::NOSPC, Errno::USERS, Errno::INVAL, Errno::NOSYS, Errno::ACCESS]
        .map(Errno::raw_os_error)
        .contains(&failure.error);
    let namespaces = matches!(failure.step, Step::UserNamespace | Step::Namespaces | Step::Proc);
    let kind = if refused && namespaces { SandboxErrorKind::Unavailable } else { SandboxErrorKind::Setup };
    let error = std::io::Error::from_raw_os_error(failure.error);
    SandboxError::new(kind, error).at(failure.step, failure.path)
}
