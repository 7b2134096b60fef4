//! The init: it puts the layers up one after the other, tells of it, and serves.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::process::DumpableBehavior;
use rustix::thread::UnshareFlags;

use super::supervisor::Outside;
use super::{landlock, limits, listen, privileges, root, seccomp, serve};
use crate::system::sys;
use crate::system::wire::{self, Failure, Hello};
use crate::policy::{Isolation, Network, Policy};
use crate::{Backend, Report, Step};

/// Runs the init until the host is gone or an error ends it; either way everything inside ends with it.
pub(super) fn run(policy: &Policy, socket: OwnedFd, outside: &Outside) -> io::Result<()> {
    match layers(policy, outside) {
        Ok((report, listener)) => {
            let own = rustix::process::pidfd_open(rustix::process::getpid(), rustix::process::PidfdFlags::empty())?;
            let descriptors: Vec<BorrowedFd<'_>> =
                [Some(own.as_fd()), listener.as_ref().map(AsFd::as_fd)].into_iter().flatten().collect();
            wire::send(socket.as_fd(), &serde_json::to_vec(&Hello::Ready(report))?, &descriptors)?;
            drop((own, listener));
            serve::serve(policy, &socket)
        }
        Err(failure) => wire::send(socket.as_fd(), &serde_json::to_vec(&Hello::Failed(failure))?, &[]),
    }
}

fn layers(policy: &Policy, outside: &Outside) -> Result<(Report, Option<OwnedFd>), Failure> {
    let mut weaknesses = outside.weaknesses.clone();
    let (backend, listener) = match policy.isolation {
        Isolation::Namespaces => (Backend::Namespaces, namespaces(policy, outside)?),
        Isolation::LandlockOnly => {
            weaknesses.push(
                "no namespaces: processes, shared memory and Unix sockets of the host are within reach, protected \
                 paths in a workspace are not pinned, modes of files can be changed"
                    .to_owned(),
            );
            (Backend::LandlockOnly, None)
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
    let accounting = outside.group.accounting();
    weaknesses.extend(limits::weakness(accounting));
    let report = Report {
        backend,
        landlock: landlock.version,
        landlock_scopes: landlock.scopes,
        seccomp_rules,
        accounting,
        placeholders: outside.pins.placeholders(),
        weaknesses,
    };
    Ok((report, listener))
}

fn namespaces(policy: &Policy, outside: &Outside) -> Result<Option<OwnedFd>, Failure> {
    let rest = UnshareFlags::NEWNS
        | UnshareFlags::NEWNET
        | UnshareFlags::NEWIPC
        | UnshareFlags::NEWUTS
        | UnshareFlags::NEWCGROUP;
    sys::unshare(rest).map_err(|error| Failure::new(Step::Namespaces, error))?;
    rustix::system::sethostname(b"sandbox").map_err(|error| Failure::new(Step::Namespaces, error))?;
    let network = |error: io::Error| Failure::new(Step::Network, error);
    sys::bring_up_loopback().map_err(network)?;
    let listener = match policy.network {
        Network::None => None,
        Network::Proxy => Some(listen::open().map_err(network)?),
    };
    root::enter(policy, &outside.pins)?;
    Ok(listener)
}
