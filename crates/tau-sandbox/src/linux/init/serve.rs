//! The loop of the init: requests in, news out.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};
use rustix::process::Pid;

use super::descendants::{Alone, Children};
use super::jobs::Jobs;
use super::limits;
use crate::policy::{Isolation, Policy};
use crate::system::sys;
use crate::system::wire;

/// Serves until the host is gone.
pub(super) fn serve(policy: &Policy, socket: &OwnedFd, children: File) -> io::Result<()> {
    let alone = match policy.isolation {
        Isolation::Namespaces | Isolation::Bubblewrap => Alone::Yes,
        Isolation::LandlockOnly => Alone::No,
    };
    if alone == Alone::No {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    }
    let signals = sys::child_signals()?;
    let children = Children::new(children, alone);
    let mut jobs = Jobs::new(limits::of_a_process(&policy.limits));
    while turn(socket, &signals, &children, &mut jobs)? {}
    match alone {
        // They end with the first process of their namespace.
        Alone::Yes => Ok(()),
        Alone::No => children.end_all_but(&mut HashSet::new(), |_, _| ()),
    }
}

/// Waits for something to happen and does it; false when the host is gone.
fn turn(socket: &OwnedFd, signals: &OwnedFd, children: &Children, jobs: &mut Jobs) -> io::Result<bool> {
    let Events { request, child, closed } = wait(socket, signals, jobs)?;
    for pid in closed {
        jobs.kill(pid);
    }
    if child {
        // One signal may stand for many children, so what it says is not read.
        let mut signal = [0_u8; 128];
        while rustix::io::read(signals, &mut signal).is_ok_and(|read| read > 0) {}
        jobs.reap(children)?;
    }
    if request {
        match wire::receive(socket.as_fd()) {
            Ok(Some((request, descriptors))) => jobs.start(&request, descriptors),
            // Whoever sent it sees the end of its channel.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {}
            Ok(None) | Err(_) => return Ok(false),
        }
    }
    Ok(true)
}

struct Events {
    request: bool,
    child: bool,
    closed: Vec<Pid>,
}

fn wait(socket: &OwnedFd, signals: &OwnedFd, jobs: &Jobs) -> io::Result<Events> {
    let mut watched = vec![PollFd::new(socket, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
    let mut pids = Vec::new();
    for (pid, channel) in jobs.channels() {
        pids.push(pid);
        watched.push(PollFd::from_borrowed_fd(channel, PollFlags::IN | PollFlags::RDHUP));
    }
    rustix::io::retry_on_intr(|| rustix::event::poll(&mut watched, None))?;
    let happened: Vec<bool> = watched.iter().map(|watched| !watched.revents().is_empty()).collect();
    let closed = pids.into_iter().zip(&happened[2..]).filter(|(_, happened)| **happened).map(|(pid, _)| pid);
    Ok(Events { request: happened[0], child: happened[1], closed: closed.collect() })
}
