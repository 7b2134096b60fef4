//! What goes wrong with notes.

use std::io;

use super::version::Version;

/// Why a note could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct MemoryError {
    path: String,
    kind: MemoryErrorKind,
    source: Option<io::Error>,
}

/// The ways in which reading and writing notes fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryErrorKind {
    /// The path is absolute, has `..` or a hidden part in it, or leads out of the memory.
    #[error("not a path inside of the memory; give one such as `guides/testing.md`")]
    InvalidPath,
    /// There is no such note.
    #[error("there is no such note")]
    NotFound,
    /// The note is not what the writer believes. Nothing was written.
    #[error("it has changed meanwhile; read it again: {}", found(current.as_ref()))]
    Conflict {
        /// What it is now; `None` where there is none.
        current: Option<Version>,
    },
    /// There is no version that begins so, or more than one.
    #[error("no version, or more than one, begins with `{prefix}`")]
    UnknownVersion {
        /// What was asked for.
        prefix: String,
    },
    /// The text is longer than a note may be.
    #[error("{bytes} bytes; a note may have {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// How much is allowed.
        limit: u64,
    },
    /// The memory has as many notes as it may have.
    #[error("the memory is full: {limit} notes")]
    Full {
        /// How many.
        limit: usize,
    },
    /// The file is not UTF-8 text.
    #[error("not UTF-8 text")]
    NotText,
    /// The text that is to be replaced is not there, or more than once.
    #[error("the text to replace is there {times} times; it must be there once")]
    NotOnce {
        /// How often it is there.
        times: usize,
    },
    /// The file is not a feature list, or names a feature that is not there.
    #[error("{0}")]
    Features(&'static str),
    /// The operating system refused.
    #[error("{0}")]
    Io(io::ErrorKind),
}

impl MemoryError {
    pub(super) fn new(path: impl Into<String>, kind: MemoryErrorKind) -> Self {
        Self { path: path.into(), kind, source: None }
    }

    pub(super) fn io(path: impl Into<String>, source: io::Error) -> Self {
        Self { path: path.into(), kind: MemoryErrorKind::Io(source.kind()), source: Some(source) }
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> &MemoryErrorKind {
        &self.kind
    }
}

fn found(current: Option<&Version>) -> String {
    current.map_or_else(|| "it is gone".to_owned(), |version| format!("it is at {}", version.short()))
}
