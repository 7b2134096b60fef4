//! The folder: reading and replacing notes.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::error::{MemoryError, MemoryErrorKind};
use super::path::NotePath;
use super::version::Version;

/// Where versions are kept. Hidden, so that no path of a note leads there.
pub(super) const VERSIONS: &str = ".versions";

const NOTE_BYTES: u64 = 1024 * 1024;
const NOTES: usize = 10_000;

/// A folder of notes.
#[derive(Debug, Clone)]
pub struct WorkingMemory {
    pub(super) root: PathBuf,
}

/// A note as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// Its text.
    pub text: String,
    /// What its next writer expects.
    pub version: Version,
}

/// What a writer believes to replace.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Expected {
    /// There is no such note yet.
    Absent,
    /// It is at this version.
    At(Version),
}

/// Held while notes are compared and replaced.
pub(super) struct Lock(#[expect(dead_code, reason = "closing the file releases it")] File);

impl WorkingMemory {
    /// The memory in a folder, which is made with the first note.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A note.
    ///
    /// # Errors
    ///
    /// Where there is none, or it is no text.
    pub fn read(&self, path: &NotePath) -> Result<Stored, MemoryError> {
        self.find(path)?.ok_or_else(|| MemoryError::new(path.as_str(), MemoryErrorKind::NotFound))
    }

    /// A note, if there is one.
    ///
    /// # Errors
    ///
    /// Where it is no text, or cannot be read.
    pub fn find(&self, path: &NotePath) -> Result<Option<Stored>, MemoryError> {
        let file = self.file(path)?;
        let bytes = match open(&file) {
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            read => read.map_err(|error| MemoryError::io(path.as_str(), error))?,
        };
        if bytes.len() as u64 > NOTE_BYTES {
            let kind = MemoryErrorKind::TooLarge { bytes: bytes.len() as u64, limit: NOTE_BYTES };
            return Err(MemoryError::new(path.as_str(), kind));
        }
        let version = Version::of(&bytes);
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| MemoryError::new(path.as_str(), MemoryErrorKind::NotText))?;
        Ok(Some(Stored { text, version }))
    }

    /// Writes a note, if it is what the writer believes.
    ///
    /// # Errors
    ///
    /// [`MemoryErrorKind::Conflict`] where it is not; then nothing was written.
    pub fn write(&self, path: &NotePath, text: &str, expected: &Expected) -> Result<Version, MemoryError> {
        let lock = self.lock(path)?;
        let current = self.find(path)?;
        let is_expected = match (expected, &current) {
            (Expected::Absent, None) => true,
            (Expected::At(version), Some(current)) => *version == current.version,
            _ => false,
        };
        if !is_expected {
            let current = current.map(|current| current.version);
            return Err(MemoryError::new(path.as_str(), MemoryErrorKind::Conflict { current }));
        }
        self.replace(path, current.as_ref(), text, &lock)
    }

    /// Adds text at the end of a note, on a line of its own; the note is made if it is not there.
    ///
    /// # Errors
    ///
    /// Where it cannot be written, or grows too long.
    pub fn append(&self, path: &NotePath, text: &str) -> Result<Version, MemoryError> {
        self.update(path, |current| {
            let before = current.unwrap_or_default();
            let gap = if before.is_empty() || before.ends_with('\n') { "" } else { "\n" };
            let end = if text.ends_with('\n') { "" } else { "\n" };
            Ok(format!("{before}{gap}{text}{end}"))
        })
    }

    /// Replaces a piece of text that a note has once.
    ///
    /// # Errors
    ///
    /// [`MemoryErrorKind::NotOnce`] where it has it more often, or not at all.
    pub fn edit(&self, path: &NotePath, old: &str, new: &str) -> Result<Version, MemoryError> {
        self.update(path, |current| {
            let text = current.ok_or_else(|| MemoryError::new(path.as_str(), MemoryErrorKind::NotFound))?;
            match text.matches(old).count() {
                1 if !old.is_empty() => Ok(text.replacen(old, new, 1)),
                times => Err(MemoryError::new(path.as_str(), MemoryErrorKind::NotOnce { times })),
            }
        })
    }

    /// The paths of all notes, in their order.
    ///
    /// # Errors
    ///
    /// Where a folder cannot be read. A memory that was never written to has none.
    pub fn list(&self) -> Result<Vec<NotePath>, MemoryError> {
        let mut notes = Vec::new();
        let mut folders = vec![String::new()];
        while let Some(folder) = folders.pop() {
            let entries = match std::fs::read_dir(self.root.join(&folder)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|error| MemoryError::io(folder.clone(), error))?,
            };
            for entry in entries {
                let entry = entry.map_err(|error| MemoryError::io(folder.clone(), error))?;
                let kind = entry.file_type().map_err(|error| MemoryError::io(folder.clone(), error))?;
                let name = entry.file_name().to_string_lossy().into_owned();
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match NotePath::new(&path) {
                    Ok(_) if kind.is_dir() => folders.push(path),
                    Ok(note) if kind.is_file() => notes.push(note),
                    // Links and hidden files are none of ours.
                    _ => {}
                }
            }
        }
        notes.sort();
        Ok(notes)
    }

    /// Replaces a note by what a function makes of it, with nobody writing between.
    pub(super) fn update(
        &self,
        path: &NotePath,
        change: impl FnOnce(Option<&str>) -> Result<String, MemoryError>,
    ) -> Result<Version, MemoryError> {
        let lock = self.lock(path)?;
        let current = self.find(path)?;
        let text = change(current.as_ref().map(|current| current.text.as_str()))?;
        self.replace(path, current.as_ref(), &text, &lock)
    }

    /// The old text is kept before the new one takes its place: it may never have come through here.
    fn replace(
        &self,
        path: &NotePath,
        current: Option<&Stored>,
        text: &str,
        _: &Lock,
    ) -> Result<Version, MemoryError> {
        let bytes = text.len() as u64;
        if bytes > NOTE_BYTES {
            let kind = MemoryErrorKind::TooLarge { bytes, limit: NOTE_BYTES };
            return Err(MemoryError::new(path.as_str(), kind));
        }
        match current {
            Some(current) => self.keep_found(path, current)?,
            None if self.list()?.len() >= NOTES => {
                return Err(MemoryError::new(path.as_str(), MemoryErrorKind::Full { limit: NOTES }));
            }
            None => {}
        }
        let version = Version::of(text.as_bytes());
        self.keep_object(path, &version, text)?;
        let io = |error| MemoryError::io(path.as_str(), error);
        let file = self.file(path)?;
        file.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(io)?;
        // Again, now that the folders are there: one may be a link.
        let file = self.file(path)?;
        self.put(&file, text).map_err(io)?;
        if current.is_none_or(|current| current.version != version) {
            self.log(path, &version)?;
        }
        Ok(version)
    }

    /// Writes a file whole or not at all.
    pub(super) fn put(&self, file: &Path, text: &str) -> io::Result<()> {
        let mut new = tempfile::NamedTempFile::new_in(self.root.join(VERSIONS))?;
        new.write_all(text.as_bytes())?;
        new.as_file().sync_all()?;
        new.persist(file)?;
        Ok(())
    }

    pub(super) fn lock(&self, path: &NotePath) -> Result<Lock, MemoryError> {
        let io = |error| MemoryError::io(path.as_str(), error);
        let folder = self.root.join(VERSIONS);
        std::fs::create_dir_all(&folder).map_err(io)?;
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(folder.join("lock")).map_err(io)?;
        file.lock().map_err(io)?;
        Ok(Lock(file))
    }

    /// The file of a note, which no link may lead out of the memory.
    fn file(&self, path: &NotePath) -> Result<PathBuf, MemoryError> {
        let file = self.root.join(path.as_str());
        let real_root = match std::fs::canonicalize(&self.root) {
            Ok(root) => root,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(file),
            Err(error) => return Err(MemoryError::io(path.as_str(), error)),
        };
        let is_link = file.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink());
        let deepest = file.ancestors().skip(1).find_map(|folder| std::fs::canonicalize(folder).ok());
        match deepest {
            Some(folder) if folder.starts_with(&real_root) && !is_link => Ok(file),
            _ => Err(MemoryError::new(path.as_str(), MemoryErrorKind::InvalidPath)),
        }
    }
}

fn open(file: &Path) -> io::Result<Vec<u8>> {
    // Looked at before it is opened: a FIFO would be waited for.
    if !std::fs::metadata(file)?.is_file() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    let mut bytes = Vec::new();
    crate::text::open(file)?.take(NOTE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
