//! The control groups that count memory and processes of the session.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Pid;

use crate::Accounting;
use crate::policy::Limits;

const MOUNT: &str = "/sys/fs/cgroup";
/// A group can be removed a moment after its last process was reaped.
const REMOVALS: u32 = 50;

/// Makes groups, of the caller's membership, a name and limits.
type Make = fn(&str, &str, &Limits) -> io::Result<Vec<PathBuf>>;

/// The control groups of a session; none when this user may make none.
#[derive(Debug)]
pub(super) struct Group {
    folders: Vec<PathBuf>,
    accounting: Accounting,
}

impl Group {
    /// Makes groups with these limits: of version 2 when memory and processes can be counted there, else of version 1
    /// when both can. Half of it would be said to be in force and is not, so it is none.
    pub(super) fn create(limits: &Limits) -> Self {
        let name = format!("tau-sandbox-{}", std::process::id());
        let membership = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let tries: [(Accounting, Make); 2] =
            [(Accounting::CgroupV2, version_2), (Accounting::CgroupV1, version_1)];
        for (accounting, make) in tries {
            if let Ok(folders) = make(&membership, &name, limits) {
                return Self { folders, accounting };
            }
        }
        Self { folders: Vec::new(), accounting: Accounting::ProcessLimits }
    }

    pub(super) fn accounting(&self) -> Accounting {
        self.accounting
    }

    /// Moves the init into the groups. It then counts like what it starts.
    pub(super) fn join(&self, init: Pid) -> io::Result<()> {
        self.folders
            .iter()
            .try_for_each(|folder| fs::write(folder.join("cgroup.procs"), init.as_raw_nonzero().to_string()))
    }

    /// Removes the groups, once everything inside has ended.
    pub(super) fn remove(&self) {
        self.folders.iter().for_each(|folder| remove(folder));
    }
}

fn remove(folder: &Path) {
    for _ in 0..REMOVALS {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => return,
        }
    }
}

/// Makes a folder and writes its limits; takes it away again when one cannot be written.
fn make(folder: PathBuf, files: &[(&str, Option<u64>)]) -> io::Result<PathBuf> {
    fs::create_dir(&folder)?;
    for (file, value) in files {
        let Some(value) = value else { continue };
        if let Err(error) = fs::write(folder.join(file), value.to_string()) {
            remove(&folder);
            return Err(error);
        }
    }
    Ok(folder)
}

/// The group of version 2 is made beside the caller's, because a group with processes has no groups that count.
fn version_2(membership: &str, name: &str, limits: &Limits) -> io::Result<Vec<PathBuf>> {
    let mount = [MOUNT, "/sys/fs/cgroup/unified"].map(Path::new).into_iter();
    let mount = mount.into_iter().find(|path| path.join("cgroup.controllers").exists());
    let own = membership.lines().find_map(|line| line.strip_prefix("0::/"));
    let (Some(mount), Some(own)) = (mount, own) else { return Err(io::ErrorKind::NotFound.into()) };
    let own = mount.join(own);
    let beside = if own == mount { mount } else { own.parent().unwrap_or(mount) };
    let controllers = fs::read_to_string(beside.join("cgroup.subtree_control"))?;
    if !["memory", "pids"].into_iter().all(|needed| controllers.split_whitespace().any(|has| has == needed)) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let files = [("memory.max", limits.memory_bytes), ("pids.max", limits.processes)];
    let folder = make(beside.join(name), &files)?;
    // A kernel without swap has no such file.
    let _ = limits.memory_bytes.map(|_| fs::write(folder.join("memory.swap.max"), "0"));
    Ok(vec![folder])
}

fn version_1(membership: &str, name: &str, limits: &Limits) -> io::Result<Vec<PathBuf>> {
    let own = |controller: &str| {
        let line = membership.lines().find_map(|line| {
            let (_, line) = line.split_once(':')?;
            let (controllers, path) = line.split_once(":/")?;
            controllers.split(',').any(|name| name == controller).then_some(path)
        });
        line.map(|path| Path::new(MOUNT).join(controller).join(path).join(name))
            .ok_or(io::ErrorKind::NotFound)
    };
    let memory = make(own("memory")?, &[("memory.limit_in_bytes", limits.memory_bytes)])?;
    match own("pids").map_err(io::Error::from).and_then(|path| make(path, &[("pids.max", limits.processes)]))
    {
        Ok(processes) => Ok(vec![memory, processes]),
        Err(error) => {
            remove(&memory);
            Err(error)
        }
    }
}
