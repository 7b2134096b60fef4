//! The process between the host and the init: it makes what has to be made outside, and takes it away again.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::thread::UnshareFlags;
use serde::{Deserialize, Serialize};

use super::accounting::Group;
use super::bubblewrap;
use super::inside;
use super::placeholders::Pins;
use crate::policy::{Isolation, Policy};
use crate::system::sys::{self, Fork};
use crate::system::wire::{self, Failure, Hello};
use crate::{Accounting, Step};

/// The user inside when the caller is root. It is nobody's outside.
const USER: u32 = 1000;

/// What was made outside.
struct Outside {
    pins: Pins,
    group: Group,
    told: Told,
}

/// What the init has to tell of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) accounting: Accounting,
    pub(super) placeholders: usize,
    pub(super) weaknesses: Vec<String>,
}

pub(super) fn run() -> io::Result<()> {
    let socket = take_socket()?;
    // Signals of the caller's terminal are not for the sandbox: the caller ends it.
    rustix::process::setsid()?;
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let Some((policy, _)) = wire::receive(socket.as_fd())? else { return Ok(()) };
    let policy: Policy = serde_json::from_slice(&policy)?;
    supervise(&policy, socket)
}

/// The socket that was passed as standard input. Nothing else that was passed stays open.
pub(super) fn take_socket() -> io::Result<OwnedFd> {
    sys::close_inherited()?;
    let socket = sys::own_standard_input()?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(socket)
}

fn supervise(policy: &Policy, socket: OwnedFd) -> io::Result<()> {
    match outside(policy) {
        Ok(outside) => {
            let result = match isolate(policy) {
                Ok(()) => fork_init(policy, socket, &outside),
                Err(failure) => tell(&socket, failure),
            };
            outside.pins.remove();
            outside.group.remove();
            result
        }
        Err(failure) => tell(&socket, failure),
    }
}

fn tell(socket: &OwnedFd, failure: Failure) -> io::Result<()> {
    wire::send(socket.as_fd(), &serde_json::to_vec(&Hello::Failed(failure))?, &[])
}

fn outside(policy: &Policy) -> Result<Outside, Failure> {
    let mut weaknesses = Vec::new();
    let left = rustix::process::geteuid().is_root() && sys::leave_groups().is_ok();
    if !left && has_foreign_groups().map_err(|error| Failure::new(Step::Privileges, error))? {
        weaknesses.push("the supplementary groups of the caller stay: only root can leave them".to_owned());
    }
    let pins = match policy.isolation {
        Isolation::Namespaces | Isolation::Bubblewrap => Pins::prepare(policy)?,
        Isolation::LandlockOnly => Pins::default(),
    };
    if policy.isolation == Isolation::Bubblewrap {
        weaknesses
            .push("namespaces by bubblewrap: paths are found by name, and the init can be seen".to_owned());
    }
    let group = Group::create(&policy.limits);
    let told = Told { accounting: group.accounting(), placeholders: pins.placeholders(), weaknesses };
    Ok(Outside { pins, group, told })
}

fn has_foreign_groups() -> io::Result<bool> {
    let own = rustix::process::getegid();
    Ok(rustix::process::getgroups()?.into_iter().any(|group| group != own))
}

/// Makes the user namespace, in which the caller is an ordinary user, and the process namespace for the next child.
fn isolate(policy: &Policy) -> Result<(), Failure> {
    if policy.isolation != Isolation::Namespaces {
        return Ok(());
    }
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let failed = |error: io::Error| Failure::new(Step::UserNamespace, error);
    sys::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWPID).map_err(failed)?;
    let map = |id: u32| format!("{} {id} 1", inside_id(id));
    std::fs::write("/proc/self/setgroups", "deny").map_err(failed)?;
    std::fs::write("/proc/self/uid_map", map(user.as_raw())).map_err(failed)?;
    std::fs::write("/proc/self/gid_map", map(group.as_raw())).map_err(failed)
}

/// What a user or a group of the caller is inside.
pub(super) fn inside_id(id: u32) -> u32 {
    if id == 0 { USER } else { id }
}

fn fork_init(policy: &Policy, socket: OwnedFd, outside: &Outside) -> io::Result<()> {
    let (mut go, mut ready) = io::pipe()?;
    match sys::fork()? {
        Fork::Child => {
            drop(ready);
            rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
            // Nothing to read: the supervisor is gone, and so is this process, in a moment.
            go.read_exact(&mut [0])?;
            drop(go);
            if policy.isolation == Isolation::Bubblewrap {
                rustix::stdio::dup2_stdin(&socket)?;
                return tell(&socket, bubblewrap::become_it(policy, &outside.told, &outside.pins));
            }
            inside::run(policy, socket, &outside.told, &outside.pins)
        }
        Fork::Parent(init) => {
            drop(go);
            match outside.group.join(init) {
                Ok(()) => ready.write_all(&[0])?,
                Err(error) => tell(&socket, Failure::new(Step::Limits, error))?,
            }
            // The init is the only one who can be heard, and it ends when it cannot go.
            drop((socket, ready));
            wait(init)
        }
    }
}

fn wait(init: Pid) -> io::Result<()> {
    rustix::io::retry_on_intr(|| rustix::process::waitpid(Some(init), WaitOptions::empty()))?;
    Ok(())
}
