//! Versions: what a note was, how it differs, and how it is put back.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use similar::TextDiff;

use super::error::{MemoryError, MemoryErrorKind};
use super::path::NotePath;
use super::store::{Expected, Stored, VERSIONS, WorkingMemory};
use super::version::Version;

/// How long what changed is looked for.
const DIFF_TIME: Duration = Duration::from_secs(1);

/// A version of a note in its history.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Revision {
    /// The version.
    pub version: Version,
    /// When it was first seen, in seconds since 1970.
    pub at: u64,
}

/// A line of the log.
#[derive(Serialize, Deserialize)]
struct Line {
    path: String,
    version: String,
    at: u64,
}

impl WorkingMemory {
    /// The versions of a note, the oldest first. One that was restored is there again.
    ///
    /// # Errors
    ///
    /// Where the log cannot be read. A note without history has none.
    pub fn history(&self, path: &NotePath) -> Result<Vec<Revision>, MemoryError> {
        let text = match std::fs::read(self.log_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            read => read.map_err(|error| MemoryError::io(path.as_str(), error))?,
        };
        // A line that a crash cut short is no line.
        let lines =
            text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let own = lines.filter(|line| line.path == path.as_str());
        Ok(own
            .filter_map(|line| Some(Revision { version: Version::parse(&line.version)?, at: line.at }))
            .collect())
    }

    /// The version of a note that begins so. `latest` is the one it has now, `previous` the one before in its history.
    ///
    /// # Errors
    ///
    /// [`MemoryErrorKind::UnknownVersion`] where none does, or more than one.
    pub fn resolve(&self, path: &NotePath, prefix: &str) -> Result<Version, MemoryError> {
        let mut versions: Vec<Version> =
            self.history(path)?.into_iter().map(|revision| revision.version).collect();
        let current = self.find(path)?.map(|current| current.version);
        versions.extend(current.clone().filter(|current| versions.last() != Some(current)));
        let unknown =
            || MemoryError::new(path.as_str(), MemoryErrorKind::UnknownVersion { prefix: prefix.to_owned() });
        match prefix {
            "latest" => current.ok_or_else(unknown),
            "previous" => versions.iter().rev().nth(1).cloned().ok_or_else(unknown),
            _ => {
                versions.retain(|version| version.as_str().starts_with(prefix));
                versions.sort();
                versions.dedup();
                match versions.as_slice() {
                    [version] => Ok(version.clone()),
                    _ => Err(unknown()),
                }
            }
        }
    }

    /// The text of a version.
    ///
    /// # Errors
    ///
    /// Where it is not kept, or what is kept is damaged.
    pub fn read_version(&self, path: &NotePath, version: &Version) -> Result<String, MemoryError> {
        if let Some(current) = self.find(path)?.filter(|current| current.version == *version) {
            return Ok(current.text);
        }
        let unknown = || {
            MemoryError::new(
                path.as_str(),
                MemoryErrorKind::UnknownVersion { prefix: version.short().to_owned() },
            )
        };
        let bytes = std::fs::read(self.object_file(version)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => unknown(),
            _ => MemoryError::io(path.as_str(), error),
        })?;
        if Version::of(&bytes) != *version {
            return Err(unknown());
        }
        String::from_utf8(bytes).map_err(|_| MemoryError::new(path.as_str(), MemoryErrorKind::NotText))
    }

    /// What changed from one version to another, as a unified diff. Empty where nothing did.
    ///
    /// # Errors
    ///
    /// As [`read_version`](Self::read_version).
    pub fn diff(&self, path: &NotePath, from: &Version, to: &Version) -> Result<String, MemoryError> {
        let (old, new) = (self.read_version(path, from)?, self.read_version(path, to)?);
        let names = (format!("{path}@{}", from.short()), format!("{path}@{}", to.short()));
        // Where that takes longer, the rest is told as wholly new.
        let diff = TextDiff::configure().timeout(DIFF_TIME).diff_lines(&old, &new);
        Ok(diff.unified_diff().header(&names.0, &names.1).to_string())
    }

    /// Puts an earlier version in the place of what is there, which stays in the history.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub fn restore(
        &self,
        path: &NotePath,
        version: &Version,
        expected: &Expected,
    ) -> Result<Version, MemoryError> {
        let text = self.read_version(path, version)?;
        self.write(path, &text, expected)
    }

    /// Keeps a text that was found, if it never came through here.
    pub(super) fn keep_found(&self, path: &NotePath, found: &Stored) -> Result<(), MemoryError> {
        let is_known = self.history(path)?.last().is_some_and(|last| last.version == found.version);
        if is_known {
            return Ok(());
        }
        self.keep_object(path, &found.version, &found.text)?;
        self.log(path, &found.version)
    }

    pub(super) fn keep_object(
        &self,
        path: &NotePath,
        version: &Version,
        text: &str,
    ) -> Result<(), MemoryError> {
        let file = self.object_file(version);
        if file.exists() {
            return Ok(());
        }
        let kept = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| self.put(&file, text));
        kept.map_err(|error| MemoryError::io(path.as_str(), error))
    }

    pub(super) fn log(&self, path: &NotePath, version: &Version) -> Result<(), MemoryError> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let line = Line { path: path.to_string(), version: version.to_string(), at };
        let write = || -> io::Result<()> {
            // Begins with a line break, in case the line before was cut short.
            let line = format!("\n{}\n", serde_json::to_string(&line)?);
            let mut file = OpenOptions::new().create(true).append(true).open(self.log_file())?;
            file.write_all(line.as_bytes())?;
            file.sync_data()
        };
        write().map_err(|error| MemoryError::io(path.as_str(), error))
    }

    fn log_file(&self) -> PathBuf {
        self.root.join(VERSIONS).join("log.jsonl")
    }

    fn object_file(&self, version: &Version) -> PathBuf {
        let (folder, name) = version.as_str().split_at(2);
        self.root.join(VERSIONS).join("objects").join(folder).join(name)
    }
}
