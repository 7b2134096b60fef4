//! The init: it puts the layers up one after the other, tells of it, and serves.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::process::DumpableBehavior;
use rustix::thread::UnshareFlags;

use super::descendants::Children;
use super::placeholders::Pins;
use super::supervisor::Told;
use super::{landlock, limits, listen, privileges, root, seccomp, serve};
use crate::policy::{Isolation, Network, Policy};
use crate::system::sys;
use crate::system::wire::{self, Failure, Hello};
use crate::{Backend, Report, Step};

/// Runs the init until the host is gone or an error ends it; either way everything inside ends with it.
pub(super) fn run(policy: &Policy, socket: OwnedFd, told: &Told, pins: &Pins) -> io::Result<()> {
    match layers(policy, told, pins) {
        Ok(Layers { report, listener, children }) => {
            let own =
                rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty())?;
            let descriptors: Vec<BorrowedFd<'_>> =
                [Some(own.as_fd()), listener.as_ref().map(AsFd::as_fd)].into_iter().flatten().collect();
            wire::send(socket.as_fd(), &serde_json::to_vec(&Hello::Ready(report))?, &descriptors)?;
            drop((own, listener));
            serve::serve(policy, &socket, children)
        }
        Err(failure) => wire::send(socket.as_fd(), &serde_json::to_vec(&Hello::Failed(failure))?, &[]),
    }
}

/// What the layers leave to work with.
struct Layers {
    report: Report,
    listener: Option<OwnedFd>,
    /// The list of the init's children.
    children: File,
}

fn layers(policy: &Policy, told: &Told, pins: &Pins) -> Result<Layers, Failure> {
    let mut weaknesses = told.weaknesses.clone();
    let (backend, listener, children) = match policy.isolation {
        Isolation::Namespaces => {
            let (listener, children) = namespaces(policy, pins)?;
            (Backend::Namespaces, listener, children)
        }
        Isolation::Bubblewrap => {
            let children = Children::open_list().map_err(|error| Failure::new(Step::Proc, error))?;
            (Backend::Bubblewrap, listener(policy)?, children)
        }
        Isolation::LandlockOnly => {
            if policy.network == Network::Proxy {
                return Err(Failure::new(Step::Network, Errno::OPNOTSUPP));
            }
            weaknesses.push(
                "no namespaces: processes, shared memory and Unix sockets of the host are within reach, protected \
                 paths in a workspace are not pinned, modes of files can be changed"
                    .to_owned(),
            );
            let children = Children::open_list().map_err(|error| Failure::new(Step::Proc, error))?;
            (Backend::LandlockOnly, None, children)
        }
    };
    sys::forget_handlers();
    // Nobody inside may look into the init, or find its descriptors in /proc.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| Failure::new(Step::Privileges, error))?;
    privileges::drop_all(policy.isolation).map_err(|error| Failure::new(Step::Privileges, error))?;
    let landlock = landlock::restrict(policy)?;
    if landlock.version == 0 {
        weaknesses.push("the kernel has no landlock: mounts alone keep files apart".to_owned());
    }
    let seccomp_rules =
        seccomp::install(policy.isolation).map_err(|error| Failure::new(Step::Seccomp, error))?;
    let accounting = told.accounting;
    weaknesses.extend(limits::weakness(accounting));
    let report = Report {
        backend,
        landlock: landlock.version,
        landlock_scopes: landlock.scopes,
        seccomp_rules,
        accounting,
        placeholders: told.placeholders,
        weaknesses,
    };
    Ok(Layers { report, listener, children })
}

/// The namespaces and what is in them: the listener of the proxy, and the list of the init's children.
fn namespaces(policy: &Policy, pins: &Pins) -> Result<(Option<OwnedFd>, File), Failure> {
    let rest = UnshareFlags::NEWNS
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    sys::unshare(rest).map_err(|error| Failure::new(Step::Namespaces, error))?;
    rustix::system::sethostname(b"sandbox").map_err(|error| Failure::new(Step::Namespaces, error))?;
    let network = |error: io::Error| Failure::new(Step::Network, error);
    sys::bring_up_loopback().map_err(network)?;
    let listener = listener(policy)?;
    let children = root::enter(policy, pins)?;
    Ok((listener, children))
}

fn listener(policy: &Policy) -> Result<Option<OwnedFd>, Failure> {
    match policy.network {
        Network::None => Ok(None),
        Network::Proxy => listen::open().map(Some).map_err(|error| Failure::new(Step::Network, error)),
    }
}
