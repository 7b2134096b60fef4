//! Where sessions that are not live are found.

use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_core::event::{Event, EventHash, Seq, Timestamp};
use tau_session::SessionOverview;

use crate::driver::SessionOpener;

/// Sessions as something outside keeps them. The runtime stores nothing: to resume, copy and list sessions it asks here.
///
/// Opening is [`SessionOpener`], and the rule there holds. An implementer must keep true: what is read was stored durably.
/// A caller may not assume that two answers are of the same moment.
pub trait SessionStore: SessionOpener {
    /// Takes a session for writing from whoever has it.
    fn take_over(&self, session: SessionId) -> BoxFuture<'_, Result<crate::OpenedSession, StoreError>>;

    /// Gives a session back that was taken under an epoch.
    fn release(&self, session: SessionId, epoch: u64) -> BoxFuture<'_, ()>;

    /// The events of a session after a place, some of them; none where there are no more.
    fn read(&self, session: SessionId, after: Seq) -> BoxFuture<'_, Result<Vec<Event>, StoreError>>;

    /// A page of sessions. What it costs should not grow with how many there are.
    fn list(&self, query: StoredQuery) -> BoxFuture<'_, Result<StoredPage, StoreError>>;
}

/// Which sessions a list is to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredQuery {
    /// Where the page begins: the token of a session of an earlier page, or what that gave for the next; empty for the first.
    pub page_token: String,
    /// At most so many; 0 where the store may choose.
    pub limit: usize,
    /// In which order.
    pub order: StoredOrder,
    /// Only these; all where there are none.
    pub sessions: Vec<SessionId>,
    /// Only those whose id begins so; any where it is empty.
    pub id_prefix: String,
    /// Only those last written at this time or later.
    pub updated_from: Option<Timestamp>,
    /// Only those last written before this time.
    pub updated_before: Option<Timestamp>,
}

/// The order of a list. Of the same time the id decides, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StoredOrder {
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

/// A page of a list.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct StoredPage {
    /// The sessions.
    pub sessions: Vec<StoredSession>,
    /// For the next page; empty where this is the last.
    pub next_page_token: String,
}

/// A session as a store has it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoredSession {
    /// Its id.
    pub id: SessionId,
    /// What a list says of it.
    pub overview: SessionOverview,
    /// The hash of its last event.
    pub last_hash: EventHash,
    /// Whoever has it open, for people; empty for nobody.
    pub holder: String,
    /// When it was made, as the store counts: what lists are ordered by.
    pub created: Timestamp,
    /// When it was last written, as the store counts.
    pub updated: Timestamp,
    /// Where a list goes on after it.
    pub page_token: String,
}

impl StoredSession {
    /// A session that nobody has open, with the times of its events.
    pub fn new(id: SessionId, overview: SessionOverview, page_token: impl Into<String>) -> Self {
        let (created, updated) = (overview.created, overview.updated);
        let (last_hash, holder) = (EventHash::ZERO, String::new());
        Self { id, overview, last_hash, holder, created, updated, page_token: page_token.into() }
    }
}

/// A store cannot do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct StoreError {
    kind: StoreErrorKind,
    message: String,
    holder: String,
}

/// Why a store cannot do what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It has no such session.
    NotFound,
    /// Another writer has the session.
    InUse,
    /// The session was deleted.
    Deleted,
    /// What it holds is damaged.
    Damaged,
    /// A newer version wrote what it holds.
    NewerVersion,
    /// It cannot answer now.
    Unavailable,
    /// It cannot be written.
    ReadOnly,
}

impl StoreError {
    /// An error, with words for people.
    pub fn new(kind: StoreErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), holder: String::new() }
    }

    /// With who has the session, for people.
    #[must_use]
    pub fn with_holder(mut self, holder: impl Into<String>) -> Self {
        self.holder = holder.into();
        self
    }

    /// Who has the session, for people; empty where that is not known.
    #[must_use]
    pub fn holder(&self) -> &str {
        &self.holder
    }

    /// Why.
    #[must_use]
    pub const fn kind(&self) -> StoreErrorKind {
        self.kind
    }
}
