//! The root folder: opens what is below it, and nothing else.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

/// How a path is kept below the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolution {
    /// The kernel refuses to step out while it resolves the path: `openat2` with `RESOLVE_BENEATH`.
    #[cfg(target_os = "linux")]
    Beneath,
    /// Links are resolved first and the outcome is checked. A link that changes between the check and the
    /// opening can still lead out; this is what is left where the kernel cannot help.
    Checked,
}

/// An open root folder.
#[derive(Debug)]
pub(super) struct Root {
    path: PathBuf,
    folder: OwnedFd,
    resolution: Resolution,
}

/// What the kernel says when a path leads out, and what this module says.
pub(super) fn outside() -> io::Error {
    Errno::XDEV.into()
}

/// Whether an error is [`outside`].
pub(super) fn is_outside(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::XDEV.raw_os_error())
}

impl Root {
    pub(super) fn open_at(path: &Path) -> io::Result<Self> {
        let path = path.canonicalize()?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&path, flags, Mode::empty())?;
        let mut root = Self { path, folder, resolution: Resolution::Checked };
        root.resolution = root.best_resolution();
        Ok(root)
    }

    /// The same root without the kernel's help, to test what is done then.
    #[cfg(test)]
    pub(super) fn checked(mut self) -> Self {
        self.resolution = Resolution::Checked;
        self
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Opens what is at a path below the root, links followed as long as they stay below.
    pub(super) fn open(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        match self.resolution {
            #[cfg(target_os = "linux")]
            Resolution::Beneath => match self.open_beneath(path, flags) {
                // A link with an absolute target that is below the root after all.
                Err(error) if is_outside(&error) => self.open_beneath(&self.relative(path)?, flags),
                opened => opened,
            },
            Resolution::Checked => {
                let resolved = self.path.join(self.relative(path)?);
                Ok(rustix::fs::open(&resolved, flags | OFlags::CLOEXEC | OFlags::NOFOLLOW, Mode::empty())?)
            }
        }
    }

    /// The folder itself, opened once more.
    pub(super) fn open_folder(&self) -> io::Result<OwnedFd> {
        self.folder.try_clone()
    }

    /// Opens a folder below the root if no link leads there.
    pub(super) fn open_folder_without_links(&self, path: &Path) -> io::Result<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        match self.resolution {
            #[cfg(target_os = "linux")]
            Resolution::Beneath => self.open_resolved(path, flags, rustix::fs::ResolveFlags::NO_SYMLINKS),
            Resolution::Checked if self.relative(path)? != path => Err(Errno::LOOP.into()),
            Resolution::Checked => {
                let path = self.path.join(path);
                Ok(rustix::fs::open(&path, flags | OFlags::CLOEXEC, Mode::empty())?)
            }
        }
    }

    /// Where a path leads, absolute and without links.
    pub(super) fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.path.join(self.relative(path)?))
    }

    /// What stands at a path, without opening it for real: a pipe or a device notices nothing.
    pub(super) fn metadata(&self, path: &Path) -> io::Result<std::fs::Metadata> {
        #[cfg(target_os = "linux")]
        let metadata = File::from(self.open(path, OFlags::PATH)?).metadata();
        #[cfg(not(target_os = "linux"))]
        let metadata = self.resolve(path)?.symlink_metadata();
        metadata
    }

    /// Opens a regular file to read it.
    pub(super) fn open_file(&self, path: &Path) -> io::Result<File> {
        // A device may notice that it is opened.
        match self.metadata(path)?.file_type() {
            kind if kind.is_file() => self.open_listed(path),
            kind if kind.is_dir() => Err(Errno::ISDIR.into()),
            _ => Err(not_regular()),
        }
    }

    /// Opens what a folder lists as a regular file.
    pub(super) fn open_listed(&self, path: &Path) -> io::Result<File> {
        // What stands there may have changed since: do not wait for a pipe's other end, and look again.
        let file = File::from(self.open(path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?);
        match FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) {
            FileType::RegularFile => Ok(file),
            FileType::Directory => Err(Errno::ISDIR.into()),
            _ => Err(not_regular()),
        }
    }

    /// A target of a link, absolute, as a path below the root.
    pub(super) fn below(&self, absolute: &Path) -> io::Result<PathBuf> {
        if let Ok(below) = absolute.strip_prefix(&self.path) {
            return Ok(below.to_owned());
        }
        // The target may be spelled through links of its own.
        let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(outside());
        };
        let folder = folder.canonicalize().map_err(|_| outside())?;
        Ok(folder.strip_prefix(&self.path).map_err(|_| outside())?.join(name))
    }

    /// A path below the root without links; an error when it leads out.
    pub(super) fn relative(&self, path: &Path) -> io::Result<PathBuf> {
        let resolved = self.path.join(path).canonicalize()?;
        Ok(resolved.strip_prefix(&self.path).map_err(|_| outside())?.to_owned())
    }

    #[cfg(target_os = "linux")]
    fn best_resolution(&self) -> Resolution {
        // Old kernels do not know the call, and some containers forbid it.
        match self.open_beneath(Path::new(""), OFlags::PATH) {
            Ok(_) => Resolution::Beneath,
            Err(_) => Resolution::Checked,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn best_resolution(&self) -> Resolution {
        Resolution::Checked
    }

    #[cfg(target_os = "linux")]
    fn open_beneath(&self, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
        self.open_resolved(path, flags, rustix::fs::ResolveFlags::empty())
    }

    #[cfg(target_os = "linux")]
    fn open_resolved(
        &self,
        path: &Path,
        flags: OFlags,
        also: rustix::fs::ResolveFlags,
    ) -> io::Result<OwnedFd> {
        use rustix::fs::{ResolveFlags, openat2};
        /// The kernel gives up on `..` when something is renamed meanwhile; it is to be asked again.
        const ATTEMPTS: usize = 8;
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | also;
        let mut attempt = 1;
        loop {
            match openat2(&self.folder, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
                Err(Errno::AGAIN) if attempt < ATTEMPTS => attempt += 1,
                opened => return Ok(opened?),
            }
        }
    }
}

/// Neither a file nor a folder.
pub(super) fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, NotRegular)
}

/// Marks [`not_regular`].
#[derive(Debug, thiserror::Error)]
#[error("is a pipe, a socket or a device, not a file")]
pub(super) struct NotRegular;
