//! `/dev`: the devices that every program takes for granted, and terminals of its own.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{MountAttrFlags, OpenTreeFlags, open_tree};

use super::tree::{self, Deep, Kind, Tree};

const DEVICES: [&str; 6] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];
const LINKS: [(&str, &str); 5] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
    ("/dev/ptmx", "pts/ptmx"),
];

pub(super) fn collect() -> io::Result<Vec<(&'static str, OwnedFd)>> {
    let take = |path| {
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        let mount = open_tree(CWD, path, flags)?;
        let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
        tree::restrict(&mount, attributes, Deep::No)?;
        Ok((path, mount))
    };
    DEVICES.into_iter().map(take).collect()
}

pub(super) fn fill(tree: &Tree, devices: Vec<(&'static str, OwnedFd)>) -> io::Result<()> {
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let folder = tree::file_system("tmpfs", &[("mode", "755"), ("size", "64k")], attributes)?;
    tree.attach(&folder, Path::new("/dev"), Kind::Folder)?;
    for (path, mount) in devices {
        tree.attach(&mount, Path::new(path), Kind::File)?;
    }
    let terminals = tree::file_system("devpts", &[("ptmxmode", "0666"), ("mode", "0620")], attributes)?;
    tree.attach(&terminals, Path::new("/dev/pts"), Kind::Folder)?;
    LINKS.into_iter().try_for_each(|(path, target)| tree.link(Path::new(path), Path::new(target)))
}

/// Nothing more is made in `/dev` itself.
pub(super) fn finish(tree: &Tree) -> io::Result<()> {
    let folder = tree.open(Path::new("/dev"))?;
    tree::restrict(&folder, MountAttrFlags::MOUNT_ATTR_RDONLY, Deep::No)
}
