//! The host's side: start a sandbox, run commands in it, end it.

mod child;
mod start;

use std::ffi::OsStr;
use std::fmt;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::process;
use std::sync::Mutex;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::process::Signal;

pub(crate) use child::Running;

use crate::command::Command;
use crate::policy::{EnvironmentRules, Isolation, Network};
use crate::system::init::PROXY_PORT;
use crate::system::wire;
use crate::{Helper, Policy, Report, SandboxError, SandboxErrorKind};

/// How long the init may take to start a program. Only someone inside who stops the program before it runs could make it
/// take longer; the sandbox is ended then.
const PATIENCE: Duration = Duration::from_secs(10);

/// A live sandbox.
pub(crate) struct Live {
    socket: OwnedFd,
    init: OwnedFd,
    supervisor: Mutex<process::Child>,
    report: Report,
    listener: Mutex<Option<TcpListener>>,
    environment: EnvironmentRules,
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("report", &self.report).finish_non_exhaustive()
    }
}

impl Live {
    pub(crate) fn start(policy: &Policy, helper: &Helper) -> Result<Self, SandboxError> {
        let started = start::start(policy, helper).or_else(|error| {
            let may =
                error.kind() == SandboxErrorKind::Unavailable && policy.isolation == Isolation::Namespaces;
            if !(may && policy.bubblewrap.iter().any(|path| path.is_file())) {
                return Err(error);
            }
            let policy = Policy { isolation: Isolation::Bubblewrap, ..policy.clone() };
            start::start(&policy, helper).map_err(|_| error)
        })?;
        let mut environment = policy.environment.clone();
        if policy.network == Network::Proxy {
            let address = format!("http://127.0.0.1:{PROXY_PORT}");
            for name in ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"] {
                environment.set.insert(name.to_owned(), address.clone());
            }
            for name in ["NO_PROXY", "no_proxy"] {
                environment.set.insert(name.to_owned(), "localhost,127.0.0.1,::1".to_owned());
            }
        }
        Ok(Self {
            socket: started.socket,
            init: started.init,
            supervisor: Mutex::new(started.supervisor),
            report: started.report,
            listener: Mutex::new(started.listener),
            environment,
        })
    }

    pub(crate) fn report(&self) -> &Report {
        &self.report
    }

    pub(crate) fn take_proxy_listener(&self) -> Option<TcpListener> {
        self.listener.lock().ok()?.take()
    }

    pub(crate) fn spawn(&self, command: &Command) -> Result<Running, SandboxError> {
        let refused = |error: std::io::Error| SandboxError::new(SandboxErrorKind::Command, error);
        let ended = |error: std::io::Error| SandboxError::new(SandboxErrorKind::Ended, error);
        let passes = |name: &OsStr| {
            name.to_str()
                .is_some_and(|name| self.environment.allows(name) && !self.environment.set.contains_key(name))
        };
        let given = command.environment.iter().filter(|(name, _)| passes(name));
        let set = self.environment.set.iter().map(|(name, value)| (OsStr::new(name), OsStr::new(value)));
        let variables: Vec<_> =
            given.map(|(name, value)| (name.as_os_str(), value.as_os_str())).chain(set).collect();
        let request = wire::encode(
            command.directory.as_os_str(),
            command.arguments.iter().map(std::ffi::OsString::as_os_str),
            variables.into_iter(),
        )
        .map_err(refused)?;
        let null = std::fs::File::options().read(true).write(true).open("/dev/null").map_err(refused)?;
        let [input, output, errors] =
            command.streams.each_ref().map(|stream| stream.as_ref().map_or(null.as_fd(), AsFd::as_fd));
        let (ours, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(|error| refused(error.into()))?;
        wire::send(self.socket.as_fd(), &request, &[theirs.as_fd(), input, output, errors]).map_err(ended)?;
        drop(theirs);
        let running = Running::new(ours);
        running.started(PATIENCE).inspect_err(|error| {
            if error.io_error().is_some_and(|error| error.kind() == std::io::ErrorKind::TimedOut) {
                self.kill();
            }
        })?;
        Ok(running)
    }

    fn kill(&self) {
        // It is our own child's child, held by a descriptor: the number cannot have become another's.
        let _ = rustix::process::pidfd_send_signal(&self.init, Signal::KILL);
    }
}

impl Drop for Live {
    /// Ends the init, and with it everything inside; returns when the host is as it was before.
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
        if self.report.backend != crate::Backend::LandlockOnly {
            self.kill();
        }
        if let Ok(supervisor) = self.supervisor.get_mut() {
            let _ = supervisor.wait();
        }
    }
}
