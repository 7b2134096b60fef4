//! Opening the sessions of subagents.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_core::event::EventHash;

use super::past::Past;

/// Opens the sessions of subagents for writing. The driver stores nothing, so whoever journals sessions says under which
/// epoch one may be written and what its journal holds.
///
/// An implementer must keep true: after an answer, nobody else writes the session under that epoch or an older one. A
/// caller may ask for the same session again after a crash, and for sessions that do not exist yet.
pub trait SessionOpener: fmt::Debug + Send + Sync {
    /// Takes a session for writing.
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, OpenError>>;
}

/// Why a session cannot be opened.
pub type OpenError = Arc<dyn std::error::Error + Send + Sync>;

/// A session that may be written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenedSession {
    /// The epoch to write under.
    pub epoch: u64,
    /// What its journal holds; empty for a session that does not exist yet.
    pub past: Past,
    /// The hash of its last record.
    pub last_hash: EventHash,
}

impl OpenedSession {
    /// A session that does not exist yet.
    #[must_use]
    pub fn new(epoch: u64) -> Self {
        Self { epoch, past: Past::default(), last_hash: EventHash::ZERO }
    }

    /// A session that goes on after this.
    #[must_use]
    pub fn with_past(mut self, past: Past, last_hash: EventHash) -> Self {
        (self.past, self.last_hash) = (past, last_hash);
        self
    }
}
