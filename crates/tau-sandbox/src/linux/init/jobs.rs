//! The commands that run.

use std::collections::{HashMap, HashSet};
use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::SendFlags;
use rustix::process::{Pid, Signal, WaitStatus};

use super::descendants::{self, Children};
use crate::system::sys::{self, Program};
use crate::system::wire::{News, Request};

/// Where programs are looked for when a command has no `PATH`.
const PATH: &[u8] = b"/usr/local/bin:/usr/bin:/bin";

/// The commands that run, by their first process.
#[derive(Debug)]
pub(super) struct Jobs {
    jobs: HashMap<Pid, Job>,
    limits: Vec<(u32, u64)>,
}

#[derive(Debug)]
struct Job {
    /// To whoever waits for the command.
    channel: OwnedFd,
    /// Whether it was killed already: its channel has nothing more to say.
    killed: bool,
}

impl Jobs {
    pub(super) fn new(limits: Vec<(u32, u64)>) -> Self {
        Self { jobs: HashMap::new(), limits }
    }

    /// Starts a command and tells its channel of it.
    pub(super) fn start(&mut self, request: &[u8], descriptors: Vec<OwnedFd>) {
        let Ok([channel, input, output, errors]) = <[OwnedFd; 4]>::try_from(descriptors) else { return };
        let streams = [input.as_fd(), output.as_fd(), errors.as_fd()];
        match self.spawn(request, streams) {
            Ok(pid) => {
                tell(&channel, News::Started);
                self.jobs.insert(pid, Job { channel, killed: false });
            }
            Err(error) => tell(&channel, News::Refused(error.raw_os_error().unwrap_or(libc::EINVAL))),
        }
    }

    fn spawn(&self, request: &[u8], streams: [BorrowedFd<'_>; 3]) -> io::Result<Pid> {
        let request = Request::decode(request).ok_or(io::ErrorKind::InvalidInput)?;
        sys::spawn(&Program {
            files: &candidates(&request),
            arguments: &request.arguments,
            environment: &request.environment,
            directory: request.directory,
            streams,
            limits: &self.limits,
        })
    }

    /// The channels to watch: of a command that is not killed yet, the end is a wish to kill it.
    pub(super) fn channels(&self) -> impl Iterator<Item = (Pid, BorrowedFd<'_>)> {
        self.jobs.iter().filter(|(_, job)| !job.killed).map(|(pid, job)| (*pid, job.channel.as_fd()))
    }

    /// Kills the first process of a command. What else it started follows when that one is reaped.
    pub(super) fn kill(&mut self, pid: Pid) {
        if let Some(job) = self.jobs.get_mut(&pid) {
            job.killed = true;
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    /// Reaps what has ended. A command's end is told after everything it left is gone.
    pub(super) fn reap(&mut self, children: &Children) -> io::Result<()> {
        let mut running: HashSet<Pid> = self.jobs.keys().copied().collect();
        let mut ended = Vec::new();
        while let Some((pid, status)) = descendants::next_dead()? {
            if running.remove(&pid) {
                ended.push((pid, status));
            }
        }
        if !ended.is_empty() {
            children.end_all_but(&mut running, |pid, status| ended.push((pid, status)))?;
        }
        for (pid, status) in ended {
            self.tell_end(pid, status);
        }
        Ok(())
    }

    fn tell_end(&mut self, pid: Pid, status: WaitStatus) {
        if let Some(job) = self.jobs.remove(&pid) {
            tell(&job.channel, News::Ended(status.as_raw()));
        }
    }
}

/// Nobody may wait any more, and nobody who waits reads slowly enough to fill a socket with two messages.
fn tell(channel: &OwnedFd, news: News) {
    let _ = rustix::net::send(channel, &news.encode(), SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
}

fn candidates(request: &Request<'_>) -> Vec<CString> {
    let Some(program) = request.arguments.first().map(|program| program.to_bytes()) else {
        return Vec::new();
    };
    let string = |bytes: &[u8]| CString::new(bytes).ok();
    if program.contains(&b'/') {
        return string(program).into_iter().collect();
    }
    let path = request.environment.iter().find_map(|variable| variable.to_bytes().strip_prefix(b"PATH="));
    let folders = path.unwrap_or(PATH).split(|byte| *byte == b':').filter(|folder| folder.starts_with(b"/"));
    folders.filter_map(|folder| string(&[folder, b"/", program].concat())).collect()
}
