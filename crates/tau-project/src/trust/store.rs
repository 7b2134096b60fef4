//! Which projects are trusted.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Trust;
use super::exhibit::{Claim, Exhibit};

/// The version of the file.
const VERSION: u32 = 1;

/// A file that remembers which projects are trusted, and what each wanted when it was.
#[derive(Debug, Clone)]
pub struct TrustStore {
    path: PathBuf,
}

/// A project that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TrustedFolder {
    /// Its root, free of links.
    pub path: PathBuf,
    /// How much it was shown to want.
    pub claims: usize,
}

/// Why the store could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{} {kind}", path.display())]
pub struct TrustError {
    path: PathBuf,
    kind: TrustErrorKind,
    source: Option<io::Error>,
}

/// The ways in which that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustErrorKind {
    /// The folder of the project is not there.
    #[error("is no folder that can be used: {0}")]
    Folder(io::ErrorKind),
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Read(io::ErrorKind),
    /// The file cannot be written.
    #[error("cannot be written: {0}")]
    Write(io::ErrorKind),
    /// The file is not one of these, or of a later version.
    #[error("is no list of trusted folders that this version understands")]
    Format,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    version: u32,
    /// Roots, and the hashes of what each was shown to want.
    folders: BTreeMap<String, BTreeSet<String>>,
}

impl TrustStore {
    /// The store in a file, which need not be there.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Whether a project is trusted with what it wants. One that wants nothing is.
    ///
    /// # Errors
    /// When the store cannot be read. Then nothing is trusted.
    pub fn check(&self, exhibit: &Exhibit) -> Result<Trust, TrustError> {
        if exhibit.is_empty() {
            return Ok(Trust::Trusted);
        }
        let key = self.key(exhibit.root())?;
        Ok(match self.read()?.folders.get(&key) {
            None => Trust::Unknown,
            Some(shown) if exhibit.claims().all(|claim| shown.contains(&claim.hash())) => Trust::Trusted,
            Some(_) => Trust::Changed,
        })
    }

    /// What of it was not shown when the project was trusted.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn unseen<'a>(&self, exhibit: &'a Exhibit) -> Result<Vec<&'a Claim>, TrustError> {
        let shown = self.read()?.folders.remove(&self.key(exhibit.root())?).unwrap_or_default();
        Ok(exhibit.claims().filter(|claim| !shown.contains(&claim.hash())).collect())
    }

    /// Trusts a project with what it wants now, beside what it was trusted with before: it may want another thing in each of
    /// its folders.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn trust(&self, exhibit: &Exhibit) -> Result<(), TrustError> {
        let key = self.key(exhibit.root())?;
        let hashes = exhibit.claims().map(Claim::hash);
        self.change(|folders| folders.entry(key).or_default().extend(hashes))
    }

    /// Trusts a project no more. Says whether it was trusted.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn revoke(&self, root: &Path) -> Result<bool, TrustError> {
        // One that is gone can be revoked too.
        let key = self.key(root).unwrap_or_else(|_| root.display().to_string());
        let mut was_there = false;
        self.change(|folders| was_there = folders.remove(&key).is_some())?;
        Ok(was_there)
    }

    /// Those that are trusted, by path.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list(&self) -> Result<Vec<TrustedFolder>, TrustError> {
        let folders = self.read()?.folders.into_iter();
        Ok(folders.map(|(path, shown)| TrustedFolder { path: path.into(), claims: shown.len() }).collect())
    }

    fn key(&self, root: &Path) -> Result<String, TrustError> {
        let folder = |source: io::Error| TrustError::new(root, TrustErrorKind::Folder(source.kind()), source);
        let real = root.canonicalize().map_err(folder)?;
        // Two paths must not become one key.
        real.to_str().map(str::to_owned).ok_or_else(|| folder(io::ErrorKind::InvalidFilename.into()))
    }

    fn read(&self) -> Result<Content, TrustError> {
        let format = || TrustError { path: self.path.clone(), kind: TrustErrorKind::Format, source: None };
        match fs::read(&self.path) {
            Ok(bytes) => {
                let content: Content = serde_json::from_slice(&bytes).map_err(|_| format())?;
                if content.version == VERSION { Ok(content) } else { Err(format()) }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Content { version: VERSION, folders: BTreeMap::new() })
            }
            Err(error) => Err(TrustError::new(&self.path, TrustErrorKind::Read(error.kind()), error)),
        }
    }

    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, BTreeSet<String>>)) -> Result<(), TrustError> {
        let write =
            |error: io::Error| TrustError::new(&self.path, TrustErrorKind::Write(error.kind()), error);
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(write)?;
        // Of two programs that change it at the same time, one waits.
        let lock = File::create(self.path.with_extension("lock")).map_err(write)?;
        lock.lock().map_err(write)?;
        let mut content = self.read()?;
        change(&mut content.folders);
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(write)?;
        serde_json::to_writer_pretty(&mut file, &content).map_err(|error| write(error.into()))?;
        file.write_all(b"\n").map_err(write)?;
        file.as_file().sync_all().map_err(write)?;
        file.persist(&self.path).map_err(|error| write(error.error))?;
        Ok(())
    }
}

impl TrustError {
    fn new(path: &Path, kind: TrustErrorKind, source: io::Error) -> Self {
        Self { path: path.to_owned(), kind, source: Some(source) }
    }

    /// What went wrong.
    #[must_use]
    pub const fn kind(&self) -> TrustErrorKind {
        self.kind
    }

    /// The file or folder that it is about.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}
