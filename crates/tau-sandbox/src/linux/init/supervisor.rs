//! The process between the host and the init: it makes what has to be made outside, and takes it away again.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, Signal, WaitOptions};
use rustix::thread::UnshareFlags;

use super::accounting::Group;
use super::inside;
use super::placeholders::Pins;
use crate::Step;
use crate::policy::{Isolation, Policy};
use crate::system::sys::{self, Fork};
use crate::system::wire::{self, Failure, Hello};

/// The user inside when the caller is root. It is nobody's outside.
const USER: u32 = 1000;

/// What was made outside, and what the init has to tell of it.
pub(super) struct Outside {
    pub(super) pins: Pins,
    pub(super) group: Group,
    pub(super) weaknesses: Vec<String>,
}

pub(super) fn run() -> io::Result<()> {
    sys::close_inherited()?;
    let socket = sys::own_standard_input()?;
    silence_streams()?;
    // Signals of the caller's terminal are not for the sandbox: the caller ends it.
    rustix::process::setsid()?;
    rustix::process::umask(Mode::from_raw_mode(0o022));
    let Some((policy, _)) = wire::receive(socket.as_fd())? else { return Ok(()) };
    let policy: Policy = serde_json::from_slice(&policy)?;
    supervise(&policy, socket)
}

fn silence_streams() -> io::Result<()> {
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
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
    if rustix::process::geteuid().is_root() {
        sys::leave_groups().map_err(|error| Failure::new(Step::Privileges, error))?;
    } else if has_foreign_groups().map_err(|error| Failure::new(Step::Privileges, error))? {
        weaknesses.push("the supplementary groups of the caller stay: only root can leave them".to_owned());
    }
    let pins = match policy.isolation {
        Isolation::Namespaces => Pins::prepare(policy)?,
        Isolation::LandlockOnly => Pins::default(),
    };
    Ok(Outside { pins, group: Group::create(&policy.limits), weaknesses })
}

fn has_foreign_groups() -> io::Result<bool> {
    let own = rustix::process::getegid();
    Ok(rustix::process::getgroups()?.into_iter().any(|group| group != own))
}

/// Makes the user namespace, in which the caller is an ordinary user, and the process namespace for the next child.
fn isolate(policy: &Policy) -> Result<(), Failure> {
    if policy.isolation == Isolation::LandlockOnly {
        return Ok(());
    }
    let (user, group) = (rustix::process::geteuid(), rustix::process::getegid());
    let failed = |error: io::Error| Failure::new(Step::UserNamespace, error);
    sys::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWPID).map_err(failed)?;
    let inside = |id: u32| if id == 0 { USER } else { id };
    let map = |id: u32| format!("{} {id} 1", inside(id));
    std::fs::write("/proc/self/setgroups", "deny").map_err(failed)?;
    std::fs::write("/proc/self/uid_map", map(user.as_raw())).map_err(failed)?;
    std::fs::write("/proc/self/gid_map", map(group.as_raw())).map_err(failed)
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
            inside::run(policy, socket, outside)
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
