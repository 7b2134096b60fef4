//! What goes wrong when a session is exported or imported.

use std::fmt;

use crate::error::StoreError;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransferErrorKind {
    /// The store failed.
    Store,
    /// The file could not be read or written.
    Io,
    /// The first line is not that of an exported session.
    NotAnExport,
    /// A newer program wrote it.
    NewerFormat,
    /// A line is not what it should be, or larger than an event may be.
    Malformed,
    /// An event does not follow the one before.
    Broken,
    /// It ends before its last line.
    Truncated,
}

/// A session could not be exported or imported.
#[derive(Debug)]
pub struct TransferError {
    kind: TransferErrorKind,
    line: Option<u64>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransferError {
    pub(super) const fn new(kind: TransferErrorKind) -> Self {
        Self { kind, line: None, source: None }
    }

    pub(super) const fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    pub(super) fn with_source(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> TransferErrorKind {
        self.kind
    }

    /// The line at fault, from 1.
    #[must_use]
    pub const fn line(&self) -> Option<u64> {
        self.line
    }

    /// What the store said, if it was the store that failed.
    #[must_use]
    pub fn store_error(&self) -> Option<&StoreError> {
        self.source.as_ref()?.downcast_ref()
    }
}

impl From<StoreError> for TransferError {
    fn from(error: StoreError) -> Self {
        Self::new(TransferErrorKind::Store).with_source(error)
    }
}

impl From<std::io::Error> for TransferError {
    fn from(error: std::io::Error) -> Self {
        Self::new(TransferErrorKind::Io).with_source(error)
    }
}

impl std::error::Error for TransferError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(match self.kind {
            TransferErrorKind::Store => "the store failed",
            TransferErrorKind::Io => "the file could not be read or written",
            TransferErrorKind::NotAnExport => "this is not an exported session",
            TransferErrorKind::NewerFormat => "a newer program wrote this; use that one to read it",
            TransferErrorKind::Malformed => {
                "the line is damaged; get the file again, or salvage what is before"
            }
            TransferErrorKind::Broken => {
                "the line does not follow the one before; get the file again, or salvage what is before"
            }
            TransferErrorKind::Truncated => {
                "the file ends too early; get the whole of it, or salvage what is there"
            }
        })
    }
}
