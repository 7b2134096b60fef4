//! Sessions as a whole: lists, retention, room.

use std::time::SystemTime;

use crate::id::SessionId;
use crate::store::Position;

/// A request for a list of sessions, the last written first.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListSessions {
    /// At most so many.
    pub limit: usize,
    /// The last one of the page before: its time and name.
    pub after: Option<(SystemTime, SessionId)>,
}

impl ListSessions {
    /// The first page.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self { limit, after: None }
    }

    /// The page after a session of an earlier one. A session that is written between two pages may be missed or
    /// come twice.
    #[must_use]
    pub fn after(mut self, last: &SessionInfo) -> Self {
        self.after = Some((last.updated, last.session.clone()));
        self
    }
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionInfo {
    /// Its name.
    pub session: SessionId,
    /// What is held of it.
    pub head: Position,
    /// Size of the bodies of its events together, in bytes.
    pub bytes: u64,
    /// When it was first heard of.
    pub created: SystemTime,
    /// When it was last opened or appended to.
    pub updated: SystemTime,
    /// Who has it open, as far as the clock tells. A [`Holder`](crate::Holder) knows more.
    pub holder: Option<String>,
}

/// Which sessions are to be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Retention {
    /// Those last written before a time.
    NotWrittenSince(SystemTime),
}

/// What cleaning up has brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct VacuumReport {
    /// Blobs that no session needed any more.
    pub blobs: u64,
    /// Size of the store before, in bytes.
    pub bytes_before: u64,
    /// Size of the store after.
    pub bytes_after: u64,
}
