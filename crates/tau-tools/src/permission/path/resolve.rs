//! Where paths lead.

use std::path::{Path, PathBuf};

/// What stands at a path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// A file.
    #[default]
    File,
    /// A folder.
    Folder,
    /// Nothing yet.
    Missing,
    /// A device, a FIFO or a socket: opening it does more than reading or writing bytes.
    Special,
}

/// Where a path leads, with every link followed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The path without links. What does not exist is appended as it is.
    pub path: PathBuf,
    /// What stands there.
    pub kind: FileKind,
    /// The names that the file has; more than one means that it can be reached elsewhere too.
    pub names: u64,
}

impl Resolved {
    /// A path that leads where it says, to a file with one name.
    #[must_use]
    pub fn plain(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), kind: FileKind::File, names: 1 }
    }

    /// The same path with something else at it.
    #[must_use]
    pub fn with_kind(mut self, kind: FileKind) -> Self {
        self.kind = kind;
        self
    }

    /// The same file with so many names.
    #[must_use]
    pub fn with_names(mut self, names: u64) -> Self {
        self.names = names;
        self
    }
}

/// Where paths lead: a table in tests, the file system otherwise.
///
/// `path` is absolute. The answer must be the same whenever it is asked within one verdict.
pub trait PathResolver {
    /// Follows every link of a path.
    fn resolve(&self, path: &Path) -> Resolved;
}

impl<F: Fn(&Path) -> Resolved> PathResolver for F {
    fn resolve(&self, path: &Path) -> Resolved {
        self(path)
    }
}

/// The paths of this machine. It reads links and what is said of files, and opens none.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SystemPaths;

impl PathResolver for SystemPaths {
    fn resolve(&self, path: &Path) -> Resolved {
        let mut missing: Vec<&std::ffi::OsStr> = Vec::new();
        let mut known = path;
        loop {
            if let Ok(real) = known.canonicalize() {
                let resolved = missing.iter().rev().fold(real, |path, name| path.join(name));
                return if missing.is_empty() { described(resolved) } else { absent(resolved) };
            }
            // A link that leads nowhere leads somewhere once somebody makes it.
            if let Ok(target) = known.read_link() {
                let target = known.parent().unwrap_or(known).join(target);
                let resolved = missing.iter().rev().fold(target, |path, name| path.join(name));
                return absent(super::normal(&resolved));
            }
            let (Some(parent), Some(name)) = (known.parent(), known.file_name()) else {
                return absent(path.to_owned());
            };
            missing.push(name);
            known = parent;
        }
    }
}

fn absent(path: PathBuf) -> Resolved {
    Resolved { path, kind: FileKind::Missing, names: 1 }
}

fn described(path: PathBuf) -> Resolved {
    let Ok(about) = path.symlink_metadata() else { return absent(path) };
    let kind = if about.is_dir() {
        FileKind::Folder
    } else if about.is_file() {
        FileKind::File
    } else {
        FileKind::Special
    };
    #[cfg(unix)]
    let names = std::os::unix::fs::MetadataExt::nlink(&about);
    #[cfg(not(unix))]
    let names = 1;
    Resolved { path, kind, names: if kind == FileKind::File { names } else { 1 } }
}
