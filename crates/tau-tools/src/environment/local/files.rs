//! Files and folders, in blocking calls.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{Access, AtFlags, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::root::{NotRegular, Root, is_outside, not_regular};
use crate::environment::error::{EnvironmentError, EnvironmentErrorKind};
use crate::environment::{DirectoryEntry, FileKind, Metadata, WorkspacePath};

/// The links in a row that are followed, as many as the kernel follows.
pub(super) const LINKS: usize = 40;

/// What the system reported about a path, in words for a model.
pub(super) fn error(path: &WorkspacePath, error: io::Error) -> EnvironmentError {
    let (kind, problem) = if is_outside(&error) {
        (EnvironmentErrorKind::Outside, "a link leads out of the working folder")
    } else if error.get_ref().is_some_and(|inner| inner.is::<NotRegular>()) {
        (EnvironmentErrorKind::NotAFile, "is a pipe, a socket or a device, not a file")
    } else if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) {
        (EnvironmentErrorKind::Io, "is a link that leads back to itself")
    } else {
        return EnvironmentError::io(path, error);
    };
    EnvironmentError::new(kind, path, problem)
}

pub(super) fn metadata(root: &Root, path: &WorkspacePath) -> Result<Metadata, EnvironmentError> {
    let found = root.metadata(path.as_path()).map_err(|e| error(path, e))?;
    let mut metadata = Metadata::new(kind(found.file_type()), found.len());
    metadata.modified = found.modified().ok();
    Ok(metadata)
}

pub(super) fn read(root: &Root, path: &WorkspacePath, limit: u64) -> Result<Vec<u8>, EnvironmentError> {
    let too_large = |len: u64| {
        let problem = format!("is {len} bytes long, more than the {limit} that can be read at once");
        EnvironmentError::new(EnvironmentErrorKind::TooLarge, path, problem)
    };
    let file = root.open_file(path.as_path()).map_err(|e| error(path, e))?;
    let len = file.metadata().map_err(|e| error(path, e))?.len();
    if len > limit {
        return Err(too_large(len));
    }
    let mut content = Vec::with_capacity(usize::try_from(len).unwrap_or(0));
    // The length is a claim only: the file may grow, and files of the kernel claim to be empty.
    let read = file.take(limit.saturating_add(1)).read_to_end(&mut content).map_err(|e| error(path, e))?;
    let read = u64::try_from(read).unwrap_or(u64::MAX);
    if read > limit { Err(too_large(read)) } else { Ok(content) }
}

pub(super) fn read_range(
    root: &Root,
    path: &WorkspacePath,
    offset: u64,
    len: usize,
) -> Result<Vec<u8>, EnvironmentError> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = root.open_file(path.as_path())?;
        file.seek(SeekFrom::Start(offset))?;
        let mut content = Vec::new();
        file.take(len as u64).read_to_end(&mut content)?;
        Ok(content)
    };
    read().map_err(|e| error(path, e))
}

/// Removes a file or a link by its name in the folder above it: what a link leads to stays.
pub(super) fn remove(root: &Root, path: &WorkspacePath) -> Result<(), EnvironmentError> {
    let remove = || -> io::Result<()> {
        let (Some(above), Some(name)) = (path.as_path().parent(), path.as_path().file_name()) else {
            return Err(Errno::ISDIR.into());
        };
        let folder = root.open(above, OFlags::RDONLY | OFlags::DIRECTORY)?;
        match FileType::from_raw_mode(rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode) {
            FileType::RegularFile | FileType::Symlink => {}
            FileType::Directory => return Err(Errno::ISDIR.into()),
            _ => return Err(not_regular()),
        }
        Ok(rustix::fs::unlinkat(&folder, name, AtFlags::empty())?)
    };
    remove().map_err(|e| error(path, e))
}

pub(super) fn list(root: &Root, path: &WorkspacePath) -> Result<Vec<DirectoryEntry>, EnvironmentError> {
    let entries = || -> io::Result<Vec<DirectoryEntry>> {
        let folder = root.open(path.as_path(), OFlags::RDONLY | OFlags::DIRECTORY)?;
        let mut entries = Vec::new();
        for entry in rustix::fs::Dir::read_from(&folder)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::RegularFile => FileKind::File,
                FileType::Directory => FileKind::Directory,
                FileType::Symlink | FileType::Unknown => {
                    let target = root.metadata(&path.as_path().join(name));
                    target.map_or(FileKind::Other, |found| kind(found.file_type()))
                }
                _ => FileKind::Other,
            };
            entries.push(DirectoryEntry::new(name.to_string_lossy(), kind));
        }
        entries.sort_unstable();
        Ok(entries)
    };
    entries().map_err(|e| error(path, e))
}

/// Who may read a file that did not exist before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewFile {
    /// Whom the umask lets.
    Shared,
    /// Its owner alone.
    Private,
}

pub(super) fn write(
    root: &Root,
    path: &WorkspacePath,
    content: &[u8],
    new: NewFile,
) -> Result<(), EnvironmentError> {
    replace(root, path.as_path(), content, new).map_err(|e| error(path, e))
}

fn kind(kind: std::fs::FileType) -> FileKind {
    match kind {
        kind if kind.is_file() => FileKind::File,
        kind if kind.is_dir() => FileKind::Directory,
        _ => FileKind::Other,
    }
}

/// Replaces or creates a file, which keeps the access an existing one had.
fn replace(root: &Root, path: &Path, content: &[u8], new: NewFile) -> io::Result<()> {
    let (folder, name) = target(root, path)?;
    let existing = match rustix::fs::statat(&folder, &name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(found) => match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => Some(found),
            FileType::Directory => return Err(Errno::ISDIR.into()),
            _ => return Err(not_regular()),
        },
        Err(Errno::NOENT) => None,
        Err(error) => return Err(error.into()),
    };
    if existing.is_some() {
        // A rename needs leave of the folder alone; whoever made the file read-only means the file.
        rustix::fs::accessat(&folder, &name, Access::WRITE_OK, AtFlags::EACCESS)?;
    }
    // The copy of a secret file is never readable by others, not for a moment.
    let new = if existing.is_some() { NewFile::Private } else { new };
    put(&folder, &name, new, |file, _| {
        file.write_all(content)?;
        existing.as_ref().map_or(Ok(()), |existing| keep_access(file, existing))
    })
}

/// Fills a new file beside the one of a name, then renames it onto that: a reader sees the old content or the new.
/// `fill` is also told what the new file is called until then.
pub(super) fn put(
    folder: &OwnedFd,
    name: &OsStr,
    new: NewFile,
    fill: impl FnOnce(&mut File, &str) -> io::Result<()>,
) -> io::Result<()> {
    let (mut file, temporary) = create_temporary(folder, new)?;
    let put = fill(&mut file, &temporary)
        .and_then(|()| Ok(rustix::fs::renameat(folder, &temporary, folder, name)?));
    if put.is_err() {
        let _ = rustix::fs::unlinkat(folder, &temporary, AtFlags::empty());
    }
    put
}

/// Gives the new file the permission bits of the old, and its owner if the system lets us.
fn keep_access(file: &File, existing: &Stat) -> io::Result<()> {
    let new = rustix::fs::fstat(file)?;
    let mut mode = Mode::from_raw_mode(existing.st_mode);
    if (new.st_uid, new.st_gid) != (existing.st_uid, existing.st_gid) {
        let owner = rustix::fs::Uid::from_raw(existing.st_uid);
        let group = rustix::fs::Gid::from_raw(existing.st_gid);
        if rustix::fs::fchown(file, Some(owner), Some(group)).is_err() {
            // These bits lend the rights of an owner who is another one now.
            mode -= Mode::SUID | Mode::SGID;
        }
    }
    Ok(rustix::fs::fchmod(file, mode)?)
}

/// The folder and name a path leads to, links followed; the folders above it are made.
fn target(root: &Root, path: &Path) -> io::Result<(OwnedFd, OsString)> {
    let mut current = path.to_owned();
    for _ in 0..LINKS {
        let Some(name) = current.file_name().map(OsStr::to_owned) else {
            return Err(Errno::ISDIR.into());
        };
        let above = current.parent().map(Path::to_owned).unwrap_or_default();
        let folder = make_folder(root, &above)?;
        let link = match rustix::fs::readlinkat(&folder, &name, Vec::new()) {
            Ok(link) => link,
            Err(Errno::INVAL | Errno::NOENT) => return Ok((folder, name)),
            Err(error) => return Err(error.into()),
        };
        let link = PathBuf::from(OsStr::from_bytes(link.to_bytes()));
        current = if link.is_absolute() { root.below(&link)? } else { above.join(link) };
    }
    Err(Errno::LOOP.into())
}

/// Opens a folder; makes it, and those above it, where it is missing.
fn make_folder(root: &Root, path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    match root.open(path, flags) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
                return Err(error);
            };
            let above = make_folder(root, above)?;
            match rustix::fs::mkdirat(&above, name, Mode::RWXU | Mode::RWXG | Mode::RWXO) {
                Ok(()) | Err(Errno::EXIST) => root.open(path, flags),
                Err(error) => Err(error.into()),
            }
        }
        opened => opened,
    }
}

/// A new file in a folder, under a name nobody has.
fn create_temporary(folder: &OwnedFd, new: NewFile) -> io::Result<(File, String)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = match new {
        NewFile::Private => Mode::RUSR | Mode::WUSR,
        NewFile::Shared => Mode::from_raw_mode(0o666),
    };
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!(".tau-{}-{count}.tmp", std::process::id());
        match rustix::fs::openat(folder, &name, flags, mode) {
            Ok(file) => return Ok((file.into(), name)),
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
