//! What is protected in workspaces: found, made where it is missing, and taken away again.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, Stat, Timespec, Timestamps};
use rustix::io::Errno;

use super::root::Access;
use crate::Step;
use crate::policy::{Policy, Protected, WhenMissing};
use crate::system::wire::Failure;

/// By its time and its mode a placeholder is known again, also after a crash and by another sandbox.
const TIME: i64 = 1;
const FOLDER: u32 = 0o555;
const FILE: u32 = 0o444;

/// What is protected, outer before inner.
#[derive(Debug, Default)]
pub(super) struct Pins {
    paths: BTreeMap<PathBuf, Access>,
    placeholders: Vec<Placeholder>,
}

/// Something that stands where nothing should come to stand.
#[derive(Debug)]
struct Placeholder {
    parent: OwnedFd,
    name: OsString,
    /// Locked as long as this sandbox needs it; the last one takes it away.
    lock: OwnedFd,
    kind: FileType,
}

impl Pins {
    /// Finds what is protected in every workspace. Links are not followed, whoever made them.
    pub(super) fn prepare(policy: &Policy) -> Result<Self, Failure> {
        let mut pins = Self::default();
        for workspace in &policy.workspaces {
            for protected in &policy.protected {
                let result = std::fs::canonicalize(workspace)
                    .map_err(|error| Failure::new(Step::Protected, error))
                    .and_then(|workspace| pins.add(&workspace, protected));
                if let Err(failure) = result {
                    pins.remove();
                    return Err(failure.at(workspace.join(&protected.path)));
                }
            }
        }
        Ok(pins)
    }

    pub(super) fn in_order(&self) -> impl Iterator<Item = (&Path, Access)> {
        self.paths.iter().map(|(path, access)| (path.as_path(), *access))
    }

    pub(super) fn placeholders(&self) -> usize {
        self.placeholders.len()
    }

    /// Takes the placeholders away that no other sandbox needs.
    pub(super) fn remove(&self) {
        for placeholder in self.placeholders.iter().rev() {
            // What fails stays where it is, does no harm, and is known again.
            let _ = placeholder.remove();
        }
    }

    fn add(&mut self, workspace: &Path, protected: &Protected) -> Result<(), Failure> {
        let failed = |error: Errno| Failure::new(Step::Protected, error);
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut folder = rustix::fs::openat(CWD, workspace, flags, Mode::empty()).map_err(failed)?;
        let mut path = workspace.to_owned();
        let mut parts = protected.path.components().map(|part| part.as_os_str()).peekable();
        while let Some(name) = parts.next() {
            path.push(name);
            if self.paths.get(&path) == Some(&Access::ReadOnly) {
                return Ok(());
            }
            let last = parts.peek().is_none();
            let Some(status) = look(&folder, name).map_err(failed)? else {
                return self.make(folder, name, path, last, &protected.when_missing).map_err(failed);
            };
            match FileType::from_raw_mode(status.st_mode) {
                FileType::Symlink => return Err(Failure::new(Step::ProtectedLink, Errno::LOOP)),
                FileType::Directory if !last && !is_placeholder(&status) => {
                    self.paths.insert(path.clone(), Access::Write);
                    let flags = flags | OFlags::NOFOLLOW;
                    folder = rustix::fs::openat(&folder, name, flags, Mode::empty()).map_err(failed)?;
                }
                FileType::RegularFile if status.st_nlink > 1 => {
                    return Err(Failure::new(Step::ProtectedHardLink, Errno::MLINK));
                }
                kind => {
                    self.paths.insert(path, Access::ReadOnly);
                    return self.keep(folder, name, &status, kind).map_err(failed);
                }
            }
        }
        Ok(())
    }

    /// Makes a placeholder and pins it.
    fn make(
        &mut self,
        folder: OwnedFd,
        name: &OsStr,
        path: PathBuf,
        last: bool,
        when_missing: &WhenMissing,
    ) -> Result<(), Errno> {
        let made = match when_missing {
            WhenMissing::File(content) if last => make_file(&folder, name, content),
            // Its folder is missing, and is for another path to protect.
            WhenMissing::File(_) => return Ok(()),
            WhenMissing::Folder => rustix::fs::mkdirat(&folder, name, Mode::from_raw_mode(FOLDER)),
        };
        match made {
            // Who cannot write there outside cannot write there inside.
            Err(Errno::ROFS) => return Ok(()),
            // Another sandbox was quicker.
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error),
            Ok(()) => {
                let time = Timespec { tv_sec: TIME, tv_nsec: 0 };
                let times = Timestamps { last_access: time, last_modification: time };
                rustix::fs::utimensat(&folder, name, &times, AtFlags::SYMLINK_NOFOLLOW)?;
            }
        }
        let status = look(&folder, name)?.ok_or(Errno::NOENT)?;
        self.paths.insert(path, Access::ReadOnly);
        self.keep(folder, name, &status, FileType::from_raw_mode(status.st_mode))
    }

    /// Locks a placeholder, so that no other sandbox takes it away meanwhile. What is the user's is not touched.
    fn keep(&mut self, parent: OwnedFd, name: &OsStr, status: &Stat, kind: FileType) -> Result<(), Errno> {
        if !is_placeholder(status) {
            return Ok(());
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let lock = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
        rustix::fs::flock(&lock, FlockOperation::LockShared)?;
        let placeholder = Placeholder { parent, name: name.to_owned(), lock, kind };
        if !placeholder.is_in_place()? {
            // Taken away between the look and the lock: the next start makes it anew.
            return Err(Errno::AGAIN);
        }
        self.placeholders.push(placeholder);
        Ok(())
    }
}

impl Placeholder {
    fn is_in_place(&self) -> Result<bool, Errno> {
        let locked = rustix::fs::fstat(&self.lock)?;
        let named = look(&self.parent, &self.name)?;
        Ok(named.is_some_and(|named| (named.st_dev, named.st_ino) == (locked.st_dev, locked.st_ino)))
    }

    fn remove(&self) -> Result<(), Errno> {
        rustix::fs::flock(&self.lock, FlockOperation::NonBlockingLockExclusive)?;
        if !self.is_in_place()? || !is_placeholder(&rustix::fs::fstat(&self.lock)?) {
            return Ok(());
        }
        // A folder that is not empty stays.
        let flags = if self.kind == FileType::Directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        rustix::fs::unlinkat(&self.parent, &self.name, flags)
    }
}

fn look(folder: &OwnedFd, name: &OsStr) -> Result<Option<Stat>, Errno> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(status) => Ok(Some(status)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_placeholder(status: &Stat) -> bool {
    let mode = match FileType::from_raw_mode(status.st_mode) {
        FileType::Directory => FOLDER,
        FileType::RegularFile => FILE,
        _ => return false,
    };
    status.st_mtime == TIME && status.st_mode & 0o7777 == mode
}

fn make_file(folder: &OwnedFd, name: &OsStr, content: &str) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = rustix::fs::openat(folder, name, flags, Mode::from_raw_mode(FILE))?;
    let written: io::Result<()> = std::fs::File::from(file).write_all(content.as_bytes());
    written.map_err(|_| Errno::IO)
}
