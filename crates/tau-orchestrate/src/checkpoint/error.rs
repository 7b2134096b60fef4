//! Why a store did not do what it was asked.

use std::error::Error;
use std::fmt;

/// What kind of thing went wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The run has other records than whoever appends believes: somebody else goes on with it, or it was deleted.
    Conflict,
    /// What is in the file or database is no store of runs, or one of a newer version.
    NotAStore,
    /// Disk full, connection lost, file damaged: the source says which.
    Unavailable,
}

/// A request that a store did not carry out.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error of that kind, without a source.
    #[must_use]
    pub fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// With what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Conflict => "the run was continued or deleted by somebody else; load it again",
            StoreErrorKind::NotAStore => {
                "not a store of runs of this version; choose another file or database"
            }
            StoreErrorKind::Unavailable => {
                "the store does not answer; what is not stored can be resumed later"
            }
        })
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
