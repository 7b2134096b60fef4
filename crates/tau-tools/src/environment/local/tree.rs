//! The tree of this machine below the root, links not followed.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::files::{self, NewFile};
use super::root::{Root, not_regular};
use super::search::{self, Hide};
use crate::environment::WorkspacePath;
use crate::environment::error::{EnvironmentError, EnvironmentErrorKind};
use crate::environment::tree::{Completeness, FileTree, Scan, ScanRules, Stamp, StampKind, TreeNode};

/// How far apart two changes must be to have different times: more than a tick of any kernel's clock.
const TICK: u64 = 20_000_000;
/// The same where a file system keeps seconds alone.
const SECONDS: u64 = 2_000_000_000;
const PERMISSIONS: u32 = 0o7777;

/// The tree below a root; its change times are nanoseconds.
#[derive(Debug)]
pub(super) struct LocalTree {
    root: Arc<Root>,
}

impl LocalTree {
    pub(super) fn new(root: &Arc<Root>) -> Self {
        Self { root: Arc::clone(root) }
    }

    /// The open folder above a path, and the name in it. An error when a link leads there.
    fn place(&self, path: &WorkspacePath) -> io::Result<(OwnedFd, OsString)> {
        let name = path.as_path().file_name().ok_or_else(|| io::Error::from(Errno::ISDIR))?;
        let above = path.as_path().parent().unwrap_or(Path::new(""));
        Ok((self.root.open_folder_without_links(above)?, name.to_owned()))
    }

    fn find(&self, path: &WorkspacePath) -> io::Result<Option<Stat>> {
        // A link or a file where a folder should be means that nothing stands below it.
        let nothing = [Errno::NOENT, Errno::NOTDIR, Errno::LOOP].map(Errno::raw_os_error);
        let found = self
            .place(path)
            .and_then(|(folder, name)| Ok(rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW)?));
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.raw_os_error().is_some_and(|code| nothing.contains(&code)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read(&self, path: &WorkspacePath, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let (folder, name) = self.place(path)?;
        let found = rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW)?;
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Symlink => Ok(Some(rustix::fs::readlinkat(&folder, &name, Vec::new())?.into_bytes())),
            FileType::RegularFile => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
                let file = rustix::fs::openat(&folder, &name, flags | OFlags::CLOEXEC, Mode::empty())?;
                let mut content = Vec::with_capacity(usize::try_from(found.st_size).unwrap_or(0));
                File::from(file).take(limit.saturating_add(1)).read_to_end(&mut content)?;
                Ok((content.len() as u64 <= limit).then_some(content))
            }
            FileType::Directory => Err(Errno::ISDIR.into()),
            _ => Err(not_regular()),
        }
    }

    fn put_at(&self, path: &WorkspacePath, node: &TreeNode<'_>) -> io::Result<()> {
        let (folder, name) = self.place(path)?;
        let standing = match rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => Some(FileType::from_raw_mode(found.st_mode)),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        let is_folder = standing == Some(FileType::Directory);
        match node {
            TreeNode::Folder { mode } => {
                if !is_folder {
                    if standing.is_some() {
                        rustix::fs::unlinkat(&folder, &name, AtFlags::empty())?;
                    }
                    rustix::fs::mkdirat(&folder, &name, Mode::RWXU)?;
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let made = rustix::fs::openat(&folder, &name, flags, Mode::empty())?;
                Ok(rustix::fs::fchmod(&made, Mode::from_raw_mode(*mode))?)
            }
            _ if is_folder => {
                rustix::fs::unlinkat(&folder, &name, AtFlags::REMOVEDIR)?;
                put_leaf(&folder, &name, node)
            }
            _ => put_leaf(&folder, &name, node),
        }
    }

    /// Where a path leads, though nothing stands there yet.
    fn located(&self, path: &Path) -> io::Result<PathBuf> {
        let mut current = path.to_owned();
        for _ in 0..files::LINKS {
            match self.root.relative(&current) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                found => return found,
            }
            let Some(name) = current.file_name() else { return Err(Errno::ISDIR.into()) };
            let above = current.parent().map(Path::to_owned).unwrap_or_default();
            // The folders above come first, so that the rest of a path through a link is right.
            let above = self.located(&above)?;
            let link = self
                .place(&WorkspacePath::root().join(above.join(name)))
                .and_then(|(folder, name)| Ok(rustix::fs::readlinkat(&folder, &name, Vec::new())?));
            let Ok(link) = link else { return Ok(above.join(name)) };
            let link = PathBuf::from(OsStr::from_bytes(link.to_bytes()));
            current = if link.is_absolute() { self.root.below(&link)? } else { above.join(link) };
        }
        Err(Errno::LOOP.into())
    }
}

/// Puts a file or a link in the place of one.
fn put_leaf(folder: &OwnedFd, name: &OsStr, node: &TreeNode<'_>) -> io::Result<()> {
    files::put(folder, name, NewFile::Private, |file, temporary| match node {
        TreeNode::File { content, mode } => {
            file.write_all(content)?;
            Ok(rustix::fs::fchmod(file, Mode::from_raw_mode(*mode))?)
        }
        TreeNode::Link { target } => {
            rustix::fs::unlinkat(folder, temporary, AtFlags::empty())?;
            Ok(rustix::fs::symlinkat(OsStr::from_bytes(target), folder, temporary)?)
        }
        TreeNode::Folder { .. } => Err(Errno::ISDIR.into()),
    })
}

impl FileTree for LocalTree {
    fn scan(&self, limit: usize, rules: Option<&ScanRules>) -> Result<Scan, EnvironmentError> {
        let rules = rules.cloned().unwrap_or_else(|| search::rules(&self.root));
        let entries = Mutex::new(BTreeMap::new());
        let is_full = AtomicBool::new(false);
        let hide = Hide { dotted: false, rules: Some(rules.clone()) };
        search::walk(&self.root, self.root.path(), hide, &is_full, &|entry, path| {
            if entry.depth() == 0 {
                return;
            }
            let Some(stamp) = entry.metadata().ok().map(|found| stamp_of(&found)) else { return };
            let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
            if entries.len() < limit {
                entries.insert(path, stamp);
            } else {
                is_full.store(true, Ordering::Relaxed);
            }
        });
        let entries = entries.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_cut = is_full.load(Ordering::Relaxed);
        let completeness = if is_cut { Completeness::Cut } else { Completeness::Whole };
        let newest = entries.values().map(|stamp: &Stamp| stamp.changed).max().unwrap_or(0);
        let granularity = if newest.is_multiple_of(1_000_000_000) { SECONDS } else { TICK };
        Ok(Scan::new(entries, completeness, rules, granularity))
    }

    fn stamp(&self, path: &WorkspacePath) -> Result<Option<Stamp>, EnvironmentError> {
        let found = self.find(path).map_err(|e| files::error(path, e))?;
        Ok(found.map(|found| {
            let kind = match FileType::from_raw_mode(found.st_mode) {
                FileType::RegularFile => StampKind::File,
                FileType::Symlink => StampKind::Link,
                FileType::Directory => StampKind::Folder,
                _ => StampKind::Other,
            };
            let time = (i128::from(found.st_ctime), i128::from(found.st_ctime_nsec));
            stamp(kind, found.st_mode, i128::from(found.st_size), time, found.st_ino)
        }))
    }

    fn content(&self, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, EnvironmentError> {
        let content = self.read(path, limit).map_err(|e| files::error(path, e))?;
        content.ok_or_else(|| {
            let problem = format!("is longer than the {limit} bytes that can be read at once");
            EnvironmentError::new(EnvironmentErrorKind::TooLarge, path, problem)
        })
    }

    fn locate(&self, path: &WorkspacePath) -> Result<WorkspacePath, EnvironmentError> {
        let located = self.located(path.as_path()).map_err(|e| files::error(path, e))?;
        Ok(WorkspacePath::root().join(located))
    }

    fn put(&self, path: &WorkspacePath, node: &TreeNode<'_>) -> Result<(), EnvironmentError> {
        self.put_at(path, node).map_err(|e| files::error(path, e))
    }

    fn remove(&self, path: &WorkspacePath) -> Result<(), EnvironmentError> {
        let removed = || -> io::Result<()> {
            let Some(found) = self.find(path)? else { return Ok(()) };
            let is_folder = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
            let flags = if is_folder { AtFlags::REMOVEDIR } else { AtFlags::empty() };
            let (folder, name) = self.place(path)?;
            Ok(rustix::fs::unlinkat(&folder, &name, flags)?)
        };
        removed().map_err(|e| files::error(path, e))
    }
}

fn stamp_of(found: &std::fs::Metadata) -> Stamp {
    let kind = match found.file_type() {
        kind if kind.is_file() => StampKind::File,
        kind if kind.is_symlink() => StampKind::Link,
        kind if kind.is_dir() => StampKind::Folder,
        _ => StampKind::Other,
    };
    let time = (i128::from(found.ctime()), i128::from(found.ctime_nsec()));
    stamp(kind, found.mode(), i128::from(found.len()), time, found.ino())
}

fn stamp(kind: StampKind, mode: u32, len: i128, (seconds, nanos): (i128, i128), identity: u64) -> Stamp {
    // Unsigned nanoseconds since 1970 last until the year 2554.
    let changed = u64::try_from(seconds * 1_000_000_000 + nanos).unwrap_or(0);
    let len = match kind {
        StampKind::File | StampKind::Link => u64::try_from(len).unwrap_or(0),
        _ => 0,
    };
    Stamp::new(kind, mode & PERMISSIONS, len, changed, identity)
}
