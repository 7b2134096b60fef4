//! The port: what a store of sessions is.

mod content;
mod events;
mod lease;
mod options;
mod sessions;

use std::fmt;

use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::Event;

pub use content::{NoText, Search, SearchHit, Snapshot, TextExtractor};
pub(crate) use content::{text_of, words};
pub(crate) use events::Page;
pub use events::{Append, OutboxMessage, Position, ReadEvents, StoredMessage};
pub use lease::{Claim, Lease, OpenSession};
pub(crate) use lease::{LeaseRow, check_newest, claim};
pub use options::StoreOptions;
pub use sessions::{ListOrder, ListSessions, Retention, SessionInfo, VacuumReport};

use crate::error::StoreError;
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::pending::Pending;

/// A store of sessions: lists of events that only grow, each with one writer at a time.
///
/// # What an implementation keeps true
///
/// - An append is atomic, and durable when it is answered. It is carried out only if it continues the session: the
///   next `seq`, an epoch that is not older, the hash of the event before. Events that are held already, with the
///   same content, are a repetition: they are answered again and not stored again.
/// - An epoch that was replaced by a newer one never writes again, whatever a clock says. The newest epoch of a
///   session is the largest that an event carried or [`open_session`](Self::open_session) gave out.
/// - What a request wrote is seen by every request made after its answer.
/// - Requests that write are carried out in the order in which they were made through one value.
/// - Event bodies are opaque, and fields that this version does not know are kept.
///
/// # What a caller may not assume
///
/// That a failed append left nothing behind: where storage fails in the middle of making it durable, the events may
/// be there afterwards. Sending them again is safe. Nor that `event_id` is unique: nobody checks it.
///
/// Requests are under way when the method returns, and their number is not bounded: wait for answers. Every answer
/// is a [`Pending`], a future that needs no runtime, because a store that commits many appends at once answers them
/// together and much later than it took them; one blocking call per append would need a thread for each.
pub trait Store: fmt::Debug + Send + Sync {
    /// Takes a session for one writer, under a new epoch. Creates the session if there is none.
    ///
    /// Fails at once with `Leased` if somebody else has it, with `Conflict` if it is taken over from an epoch that is
    /// not the newest, with `Deleted` if there was one.
    fn open_session(&self, request: OpenSession) -> Pending<Lease>;

    /// Keeps a session for another while, counted from now. A lease that has run out can be renewed if nobody took
    /// the session in between; if somebody did, it is `Fenced`.
    fn renew_lease(&self, lease: &Lease, ttl: std::time::Duration) -> Pending<Lease>;

    /// Gives a session back. The epoch stays the newest, so its events still waiting are taken. `Fenced` if somebody
    /// else has the session.
    fn release_lease(&self, lease: &Lease) -> Pending<()>;

    /// The leases that were given and not given back, be their time over or not; those granted last first, at most so many.
    fn leases(&self, limit: usize) -> Pending<Vec<Lease>>;

    /// Makes events durable; answers with the position of the last of them, which is not the head of the session if
    /// they are a repetition. A session that does not exist begins with its event 1.
    fn append(&self, append: Append) -> Pending<Position>;

    /// The events after a position, in order. At least one if there is one, however small the limits are.
    fn read(&self, request: ReadEvents) -> Pending<Vec<Event>>;

    /// What is held of a session; `None` if it does not exist.
    fn head(&self, session: &SessionId) -> Pending<Option<Position>>;

    /// A page of sessions. What it costs grows with the page and not with the store, unless a filter lets few through.
    fn list(&self, request: ListSessions) -> Pending<Vec<SessionInfo>>;

    /// Keeps a cache of what the events of a session up to a point amount to. It replaces the one of that name. It
    /// must name a point that is held, by its hash.
    fn put_snapshot(&self, snapshot: Snapshot) -> Pending<()>;

    /// The snapshot of a name, if there is one that is whole and of this history. It can be missing at any time.
    fn snapshot(&self, session: &SessionId, name: &str) -> Pending<Option<Snapshot>>;

    /// Keeps bytes for as long as the session exists, under their hash. The same bytes are kept once.
    fn put_blob(&self, session: &SessionId, bytes: Bytes) -> Pending<Sha256Hash>;

    /// Bytes that were kept for any session. They are compared with their hash: what comes back is what was put in.
    fn blob(&self, hash: Sha256Hash) -> Pending<Option<Bytes>>;

    /// Events whose text holds every word of a query, best first.
    ///
    /// Text is what the store's [`TextExtractor`] found in an event when it was appended, at most 64 KB of it. Words
    /// are runs of letters and digits, compared without regard to case.
    fn search(&self, query: Search) -> Pending<Vec<SearchHit>>;

    /// Messages that appends left to be sent on, in the order in which they were committed, after the one with that
    /// id.
    fn outbox(&self, after: u64, limit: usize) -> Pending<Vec<StoredMessage>>;

    /// Forgets messages that were sent on. A message is delivered at least once, because this can fail.
    fn settle(&self, messages: Vec<u64>) -> Pending<()>;

    /// Removes a session with all that was kept for it. Its id stays taken: later appends are refused, so a writer
    /// that comes back does not bring it back. `Leased` while somebody has it.
    fn delete(&self, session: &SessionId) -> Pending<()>;

    /// Deletes the sessions that a rule names and nobody has open; answers with their names.
    fn retain(&self, rule: Retention) -> Pending<Vec<SessionId>>;

    /// Gives back the room of what was deleted.
    fn vacuum(&self) -> Pending<VacuumReport>;

    /// Looks for damage below the level of events, at most a hundred pieces of it. The chain of a session's events is
    /// checked by [`verify_session`](crate::verify_session), through [`read`](Self::read).
    fn check(&self) -> Pending<Vec<StoreError>>;
}
