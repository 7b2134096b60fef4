//! What commands leave behind, ended.
//!
//! A command adopts its own orphans as long as it lives (`PR_SET_CHILD_SUBREAPER`), and when it ends they come to the
//! init. So a child of the init that is no command has lost its command, and everything that has lost its command
//! becomes a child of the init sooner or later: when its parent is ended.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, WaitStatus};

/// After this time, whatever still makes new processes is ended together with all commands.
const PATIENCE: Duration = Duration::from_millis(200);
/// After this time, what is left waits in the kernel for a device, and ends when it comes back.
const STUCK: Duration = Duration::from_secs(2);

/// The children of the init.
#[derive(Debug)]
pub(super) struct Children {
    list: File,
    alone: Alone,
}

/// Whether every other process that this one may signal is inside the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alone {
    Yes,
    No,
}

impl Children {
    /// The kernel's list of the children of this process.
    pub(super) fn new(list: File, alone: Alone) -> Self {
        Self { list, alone }
    }

    /// Opens that list in the `/proc` of the host.
    pub(super) fn open_list() -> io::Result<File> {
        File::open(format!("/proc/self/task/{}/children", rustix::process::getpid()))
    }

    /// Ends every child that is not one of these, and what they started. Tells of each child that was reaped; one of
    /// these that was is none of them any more.
    pub(super) fn end_all_but(
        &self,
        commands: &mut HashSet<Pid>,
        mut reaped: impl FnMut(Pid, WaitStatus),
    ) -> io::Result<()> {
        let begin = Instant::now();
        loop {
            let strangers: Vec<Pid> = self.list()?.filter(|pid| !commands.contains(pid)).collect();
            if strangers.is_empty() || begin.elapsed() > STUCK {
                return Ok(());
            }
            if begin.elapsed() > PATIENCE && self.alone == Alone::Yes {
                // One call for all, during which nobody can fork.
                end_everything();
            }
            for stranger in strangers {
                // It is a child of ours and not reaped, so the number is still its own.
                let _ = rustix::process::kill_process(stranger, Signal::KILL);
            }
            while let Some((pid, status)) = next_dead()? {
                commands.remove(&pid);
                reaped(pid, status);
            }
            std::thread::yield_now();
        }
    }

    fn list(&self) -> io::Result<impl Iterator<Item = Pid> + use<>> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            match self.list.read_at(&mut chunk, bytes.len() as u64)? {
                0 => break,
                read => bytes.extend_from_slice(&chunk[..read]),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let pids: Vec<Pid> =
            text.split_whitespace().filter_map(|pid| pid.parse().ok()).filter_map(Pid::from_raw).collect();
        Ok(pids.into_iter())
    }
}

fn end_everything() {
    // As the first process of its namespace it reaches all others there and nothing else.
    let _ = rustix::process::kill_process_group(Pid::INIT, Signal::KILL);
}

/// A child that has ended, reaped.
pub(super) fn next_dead() -> io::Result<Option<(Pid, WaitStatus)>> {
    match rustix::process::wait(WaitOptions::NOHANG) {
        Err(rustix::io::Errno::CHILD) => Ok(None),
        result => Ok(result?),
    }
}
