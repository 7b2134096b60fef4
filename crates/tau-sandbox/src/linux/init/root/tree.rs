//! Mounts attached below a root that is not yet anybody's root.
//!
//! Places are found by descriptors and never through links, so that nothing that stands in a workspace can lead a mount
//! elsewhere.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MoveMountFlags, OpenTreeFlags, fsconfig_create,
    fsconfig_set_string, fsmount, fsopen, move_mount, open_tree,
};

use crate::system::sys;
pub(super) use crate::system::sys::Deep;

/// Folders one of which every host has, to hang the new root on for a moment.
const ANCHORS: [&str; 4] = ["/tmp", "/run", "/usr", "/etc"];
const FOLDER: Mode = Mode::from_raw_mode(0o755);

/// What a mount is hung on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::system::init) enum Kind {
    Folder,
    File,
}

/// The new root.
#[derive(Debug)]
pub(super) struct Tree {
    root: OwnedFd,
}

impl Tree {
    /// Mounts the empty file system of the new root.
    pub(super) fn mount() -> io::Result<Self> {
        let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
        let mount = file_system("tmpfs", &[("mode", "755"), ("size", "4m")], attributes)?;
        let anchor =
            ANCHORS.into_iter().find(|path| Path::new(path).is_dir()).ok_or(io::ErrorKind::NotFound)?;
        move_mount(&mount, "", CWD, anchor, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?;
        Ok(Self { root: mount })
    }

    /// Attaches a mount at a path, which is made where it is missing.
    pub(super) fn attach(&self, mount: &OwnedFd, path: &Path, kind: Kind) -> io::Result<()> {
        attach_at(mount, &self.place(path, kind)?)
    }

    /// Opens a path without going through a link.
    pub(super) fn open(&self, path: &Path) -> io::Result<OwnedFd> {
        let inside = path.strip_prefix("/").unwrap_or(path);
        let inside = if inside.as_os_str().is_empty() { Path::new(".") } else { inside };
        step(&self.root, inside.as_os_str()).map_err(Into::into)
    }

    /// Whether a path is a folder.
    pub(super) fn kind(&self, path: &Path) -> io::Result<Kind> {
        let status = rustix::fs::fstat(self.open(path)?)?;
        Ok(if FileType::from_raw_mode(status.st_mode) == FileType::Directory {
            Kind::Folder
        } else {
            Kind::File
        })
    }

    /// Makes a link, unless something stands there or its folder cannot be written: then it is visible already.
    pub(super) fn link(&self, path: &Path, target: &Path) -> io::Result<()> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        match rustix::fs::symlinkat(target, self.place(parent, Kind::Folder)?, name) {
            Err(Errno::EXIST | Errno::ROFS) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Makes a file of the root itself.
    pub(super) fn write(&self, path: &Path, content: &str) -> io::Result<()> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Ok(()) };
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let parent = self.place(parent, Kind::Folder)?;
        let file = rustix::fs::openat(parent, name, flags, Mode::from_raw_mode(0o644))?;
        io::Write::write_all(&mut std::fs::File::from(file), content.as_bytes())
    }

    /// Nothing more is made in the root itself.
    pub(super) fn seal(&self) -> io::Result<()> {
        restrict(&self.root, MountAttrFlags::MOUNT_ATTR_RDONLY, Deep::No)
    }

    /// Makes this the root of the process.
    pub(super) fn become_root(self) -> io::Result<()> {
        rustix::process::fchdir(&self.root)?;
        rustix::process::pivot_root(".", ".")?;
        super::forget_old_root()?;
        Ok(rustix::process::chdir("/")?)
    }

    /// A place for a mount, made where it is missing.
    fn place(&self, path: &Path, kind: Kind) -> io::Result<OwnedFd> {
        let mut place = step(&self.root, OsStr::new("."))?;
        let mut parts = path.components().filter(|part| matches!(part, Component::Normal(_))).peekable();
        while let Some(part) = parts.next() {
            let name = part.as_os_str();
            place = match step(&place, name) {
                Err(Errno::NOENT) => {
                    make(&place, name, if parts.peek().is_none() { kind } else { Kind::Folder })?;
                    step(&place, name)?
                }
                result => result?,
            };
        }
        Ok(place)
    }
}

fn step(from: &OwnedFd, path: &OsStr) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(from, path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty(), resolve)
}

fn make(folder: &OwnedFd, name: &OsStr, kind: Kind) -> io::Result<()> {
    match kind {
        Kind::Folder => rustix::fs::mkdirat(folder, name, FOLDER)?,
        Kind::File => {
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            drop(rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(0o644))?);
        }
    }
    Ok(())
}

/// Attaches a mount over what a descriptor stands for.
pub(super) fn attach_at(mount: &OwnedFd, place: &OwnedFd) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(mount, "", place, "", flags)?)
}

/// A second mount of the tree that a descriptor stands for, attached nowhere yet.
pub(super) fn copy(place: impl AsFd) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH
        | OpenTreeFlags::AT_RECURSIVE;
    Ok(open_tree(place, "", flags)?)
}

pub(super) fn restrict(mount: &OwnedFd, attributes: MountAttrFlags, deep: Deep) -> io::Result<()> {
    sys::set_mount_attributes(mount.as_fd(), attributes.bits().into(), deep)
}

/// A new file system, attached nowhere yet.
pub(super) fn file_system(
    name: &str,
    options: &[(&str, &str)],
    attributes: MountAttrFlags,
) -> io::Result<OwnedFd> {
    let context = fsopen(name, FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (option, value) in options {
        fsconfig_set_string(&context, *option, *value)?;
    }
    fsconfig_create(&context)?;
    Ok(fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

/// Something empty that cannot be written, to cover what stands below.
pub(super) fn nothing(kind: Kind) -> io::Result<OwnedFd> {
    let attributes = MountAttrFlags::MOUNT_ATTR_RDONLY
        | MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    match kind {
        Kind::Folder => file_system("tmpfs", &[("mode", "555"), ("size", "4k")], attributes),
        Kind::File => {
            // An empty file of a file system that has no name.
            let writable = file_system("tmpfs", &[("mode", "755"), ("size", "4k")], MountAttrFlags::empty())?;
            make(&writable, OsStr::new("nothing"), Kind::File)?;
            rustix::fs::chmodat(&writable, "nothing", Mode::from_raw_mode(0o444), AtFlags::empty())?;
            let mount = copy(step(&writable, OsStr::new("nothing"))?)?;
            restrict(&mount, attributes, Deep::No)?;
            Ok(mount)
        }
    }
}
