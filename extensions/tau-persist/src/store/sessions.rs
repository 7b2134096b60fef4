//! Sessions as a whole: lists, retention, room.

use std::time::SystemTime;

use crate::id::SessionId;
use crate::store::Position;

/// A request for a list of sessions. All that is asked must be met.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListSessions {
    /// At most so many.
    pub limit: usize,
    /// In which order. The last written first unless set.
    pub order: ListOrder,
    /// The last one of the page before: its time in that order, and its name.
    pub after: Option<(SystemTime, SessionId)>,
    /// Only these. None: all.
    pub sessions: Vec<SessionId>,
    /// Only those whose name begins so.
    pub prefix: String,
    /// Only those last written at this moment or later.
    pub updated_from: Option<SystemTime>,
    /// Only those last written before this moment.
    pub updated_before: Option<SystemTime>,
}

/// The order of a list. Times count in milliseconds; of the same time the name decides, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ListOrder {
    /// The last written first.
    #[default]
    UpdatedDescending,
    /// The last written last.
    UpdatedAscending,
    /// The newest first.
    CreatedDescending,
    /// The oldest first.
    CreatedAscending,
}

impl ListOrder {
    /// The time of a session that decides where it stands.
    #[must_use]
    pub const fn time(self, info: &SessionInfo) -> SystemTime {
        match self {
            Self::UpdatedDescending | Self::UpdatedAscending => info.updated,
            Self::CreatedDescending | Self::CreatedAscending => info.created,
        }
    }

    pub(crate) const fn is_descending(self) -> bool {
        matches!(self, Self::UpdatedDescending | Self::CreatedDescending)
    }
}

impl ListSessions {
    /// The first page of all sessions.
    #[must_use]
    pub const fn first(limit: usize) -> Self {
        Self {
            limit,
            order: ListOrder::UpdatedDescending,
            after: None,
            sessions: Vec::new(),
            prefix: String::new(),
            updated_from: None,
            updated_before: None,
        }
    }

    /// The same in another order.
    #[must_use]
    pub const fn in_order(mut self, order: ListOrder) -> Self {
        self.order = order;
        self
    }

    /// The page after a session of an earlier one. In an order of writing, a session that is written between two pages
    /// may be missed or come twice.
    #[must_use]
    pub fn after(mut self, last: &SessionInfo) -> Self {
        self.after = Some((self.order.time(last), last.session.clone()));
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
