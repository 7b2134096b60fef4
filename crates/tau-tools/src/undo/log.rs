//! The port through which undo records are kept.

use std::fmt;

use tau_core::SessionId;

use super::content::ContentHash;
use super::error::UndoError;
use super::record::Record;

/// Records and the contents they name, by session, outside the tree they are about.
///
/// An implementer must keep true:
/// - Once [`append`](Self::append) has returned, its records and everything that was [kept](Self::keep) before survive
///   the end of the program, and of the machine where that is within reach.
/// - Records come back in the order they were appended, all but those of an append that never returned, which may be
///   missing from some point on.
/// - Content comes back as it was kept, or not at all.
/// - The contents of a session stay within the [limits](Self::limits).
///
/// A session has one writer at a time; whoever opens the session sees to that. Calls block: they are made on a thread
/// for blocking work.
pub trait UndoLog: fmt::Debug + Send + Sync {
    /// How much is kept.
    fn limits(&self) -> UndoLimits;

    /// Keeps a content by its hash. It is durable once the next append is.
    ///
    /// # Errors
    /// When the log cannot be written.
    fn keep(&self, session: SessionId, content: &[u8]) -> Result<Keeping, UndoError>;

    /// Appends records.
    ///
    /// # Errors
    /// When the log cannot be written; none of the records may then be relied on.
    fn append(&self, session: SessionId, records: &[Record]) -> Result<(), UndoError>;

    /// All records of a session; none for a session without any.
    ///
    /// # Errors
    /// When the log cannot be read, is damaged, or was written by a newer version.
    fn records(&self, session: SessionId) -> Result<Vec<Record>, UndoError>;

    /// A content that was kept.
    ///
    /// # Errors
    /// When it is not there or not what it was.
    fn content(&self, session: SessionId, hash: &ContentHash) -> Result<Vec<u8>, UndoError>;

    /// Removes all of a session. Nothing there is no error.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn forget(&self, session: SessionId) -> Result<(), UndoError>;
}

/// Whether a content was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Keeping {
    /// It was, now or before.
    Kept,
    /// It is over the limits.
    OverLimits,
}

/// How much an [`UndoLog`] keeps, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct UndoLimits {
    /// Of one file.
    pub file: u64,
    /// Of all contents of a session.
    pub session: u64,
}

impl Default for UndoLimits {
    /// 16 MiB of one file, 256 MiB of a session.
    fn default() -> Self {
        Self { file: 16 << 20, session: 256 << 20 }
    }
}

impl UndoLimits {
    /// So many bytes of one file, and of a session.
    #[must_use]
    pub const fn new(file: u64, session: u64) -> Self {
        Self { file, session }
    }

    /// Whether a content may be kept where so many bytes are kept already.
    pub(super) const fn allow(self, len: u64, held: u64) -> bool {
        len <= self.file && held.saturating_add(len) <= self.session
    }
}
