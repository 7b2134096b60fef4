//! `/proc` of the namespace: read-only, without the init, and with nothing of the machine but what programs size
//! themselves by.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::mount::MountAttrFlags;

use super::tree::{self, Kind, Tree};
use crate::Step;
use crate::system::wire::Failure;

/// What stays, besides processes. The rest is covered: root inside is root outside for files that root owns, such as
/// `/proc/kcore`, and new kernels have new entries.
const KEPT: [&str; 17] = [
    "cpuinfo",
    "devices",
    "filesystems",
    "loadavg",
    "meminfo",
    "mounts",
    "net",
    "self",
    "stat",
    "swaps",
    "sys",
    "sysvipc",
    "thread-self",
    "uptime",
    "version",
    "vmstat",
    "cgroups",
];

/// Mounts it, and hands out the list of this process's children, which cannot be reached any more.
pub(super) fn fill(tree: &Tree) -> Result<File, Failure> {
    let failed = |error: io::Error| Failure::new(Step::Proc, error);
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC
        | MountAttrFlags::MOUNT_ATTR_RDONLY;
    let proc = tree::file_system("proc", &[], attributes).map_err(failed)?;
    let own = rustix::process::getpid();
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let children = rustix::fs::openat(&proc, format!("{own}/task/{own}/children"), flags, Mode::empty())
        .map_err(|error| failed(error.into()))?;
    tree.attach(&proc, Path::new("/proc"), Kind::Folder).map_err(failed)?;
    cover(tree).map_err(failed)?;
    let init = Path::new("/proc").join(own.to_string());
    let hidden = tree::nothing(Kind::Folder).and_then(|nothing| tree.attach(&nothing, &init, Kind::Folder));
    hidden.map_err(failed)?;
    Ok(File::from(children))
}

fn cover(tree: &Tree) -> io::Result<()> {
    let (folder, file) = (tree::nothing(Kind::Folder)?, tree::nothing(Kind::File)?);
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::openat(tree.open(Path::new("/proc"))?, ".", flags, Mode::empty())?;
    for (path, kind) in entries(proc)? {
        let nothing = tree::copy(match kind {
            Kind::Folder => &folder,
            Kind::File => &file,
        })?;
        tree.attach(&nothing, &path, kind)?;
    }
    Ok(())
}

/// What is to be covered in `/proc`: what is of the machine.
pub(in crate::system::init) fn foreign_entries(proc: &Path) -> io::Result<Vec<(PathBuf, Kind)>> {
    entries(File::open(proc)?.into())
}

fn entries(proc: OwnedFd) -> io::Result<Vec<(PathBuf, Kind)>> {
    let mut found = Vec::new();
    for entry in rustix::fs::Dir::read_from(proc)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        let is_process = name.iter().all(u8::is_ascii_digit);
        let stays = name == b"." || name == b".." || KEPT.iter().any(|kept| kept.as_bytes() == name);
        let kind = match entry.file_type() {
            // Links are of processes: self, mounts, net.
            FileType::Symlink => continue,
            FileType::Directory => Kind::Folder,
            _ => Kind::File,
        };
        if !is_process && !stays {
            found.push((Path::new("/proc").join(OsStr::from_bytes(name)), kind));
        }
    }
    Ok(found)
}
