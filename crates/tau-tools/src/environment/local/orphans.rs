//! Ends processes, those that have left their group included.
//!
//! A process that calls `setsid` is out of reach of a kill of its group. On Linux it is still found by its
//! ancestors in `/proc`, as long as they live; a process that makes itself the [reaper](adopt_orphans) of its
//! descendants stays their ancestor whatever they do. Elsewhere the group is all there is.

use std::io;

use rustix::process::{Pid, Signal};

/// Makes this process the parent of descendants that lose theirs, so that [`kill_descendants`] finds them.
/// Meant for programs that run commands, once, at their start. Does nothing outside Linux.
///
/// # Errors
/// When the system refuses.
pub fn adopt_orphans() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

/// Kills every descendant of this process and waits, for at most a second, until they are gone; returns how
/// many there were. Meant for the end of a program: it spares nothing. Does nothing outside Linux.
pub fn kill_descendants() -> usize {
    #[cfg(target_os = "linux")]
    return linux::kill_descendants_of(rustix::process::getpid());
    #[cfg(not(target_os = "linux"))]
    0
}

/// Kills the group that a process leads, and all its descendants. For a process that was not waited for yet.
pub fn kill_process_tree(leader: u32) {
    i32::try_from(leader).ok().and_then(Pid::from_raw).into_iter().for_each(kill_tree);
}

/// Kills what is left of the group that a process led. For one that was waited for: its id stays taken as long as the group
/// has members.
pub fn kill_process_group(leader: u32) {
    i32::try_from(leader).ok().and_then(Pid::from_raw).into_iter().for_each(kill_group);
}

/// Kills a group.
pub(super) fn kill_group(leader: Pid) {
    let _ = rustix::process::kill_process_group(leader, Signal::KILL);
}

/// Kills a group and every descendant of its leader, which was not reaped yet.
pub(super) fn kill_tree(leader: Pid) {
    #[cfg(target_os = "linux")]
    {
        // Stopped first, so that nothing is born and nothing loses its parent while the tree is read.
        let _ = rustix::process::kill_process_group(leader, Signal::STOP);
        linux::kill_descendants_of_stopped(leader);
    }
    kill_group(leader);
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::{Duration, Instant};

    use rustix::process::{Pid, Signal, kill_process};

    /// A tree that still grows after so many readings outruns us.
    const READINGS: usize = 16;
    const GONE_WITHIN: Duration = Duration::from_secs(1);

    pub(super) fn kill_descendants_of_stopped(ancestor: Pid) -> BTreeSet<i32> {
        let mut stopped = BTreeSet::new();
        for _ in 0..READINGS {
            let new: Vec<i32> = descendants(ancestor).filter(|pid| !stopped.contains(pid)).collect();
            if new.is_empty() {
                break;
            }
            for pid in new {
                signal(pid, Signal::STOP);
                stopped.insert(pid);
            }
        }
        for pid in &stopped {
            signal(*pid, Signal::KILL);
        }
        stopped
    }

    pub(super) fn kill_descendants_of(ancestor: Pid) -> usize {
        let killed = kill_descendants_of_stopped(ancestor);
        let deadline = Instant::now() + GONE_WITHIN;
        while descendants(ancestor).any(|pid| killed.contains(&pid)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        killed.len()
    }

    fn signal(pid: i32, signal: Signal) {
        if let Some(pid) = Pid::from_raw(pid) {
            let _ = kill_process(pid, signal);
        }
    }

    /// The living descendants of a process; zombies are dead.
    fn descendants(ancestor: Pid) -> impl Iterator<Item = i32> {
        let mut children: BTreeMap<i32, Vec<(i32, bool)>> = BTreeMap::new();
        let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        for entry in entries {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
                continue;
            };
            // Read as bytes: the name of a process need not be UTF-8.
            let Ok(stat) = std::fs::read(entry.path().join("stat")) else {
                continue;
            };
            if let Some((parent, alive)) = parse_stat(&String::from_utf8_lossy(&stat)) {
                children.entry(parent).or_default().push((pid, alive));
            }
        }
        let mut found = Vec::new();
        let mut parents = vec![ancestor.as_raw_nonzero().get()];
        while let Some(parent) = parents.pop() {
            for (pid, alive) in children.remove(&parent).unwrap_or_default() {
                parents.push(pid);
                if alive {
                    found.push(pid);
                }
            }
        }
        found.into_iter()
    }

    /// Parent and whether it lives, of `pid (name) state parent ...`; the name may hold anything, `)` too.
    fn parse_stat(stat: &str) -> Option<(i32, bool)> {
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        Some((parent, !matches!(state, "Z" | "X" | "x")))
    }
}
