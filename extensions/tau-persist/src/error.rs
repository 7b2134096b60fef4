//! What goes wrong with a store.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use crate::hash::Sha256Hash;
use crate::holder::Holder;
use crate::id::SessionId;
use crate::store::Position;

/// What kind of thing went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// Something else is held than the writer expected: another event at the same `seq`, or, when a lease is taken
    /// over, another epoch.
    Conflict {
        /// What the writer took for held.
        expected: Position,
        /// What is held.
        found: Position,
    },
    /// A newer epoch owns the session; its writer runs elsewhere.
    Fenced {
        /// What is held, with the epoch that owns it.
        held: Position,
    },
    /// Somebody else has opened the session.
    Leased {
        /// Who.
        holder: String,
        /// Under which epoch.
        epoch: u64,
        /// Until when, unless they renew it.
        expires: SystemTime,
    },
    /// An event between the last one held and the first one given is missing.
    Gap {
        /// What is held.
        held: Position,
    },
    /// `prev_hash` is not the hash of the event before.
    HashMismatch {
        /// The hash of the event before.
        expected: Sha256Hash,
        /// What the event carries.
        found: Sha256Hash,
    },
    /// The session was deleted. Ids are never used again.
    Deleted,
    /// There is no such session.
    NotFound,
    /// The request breaks a rule of the interface.
    Invalid(Rule),
    /// More bytes than the store takes.
    TooLarge {
        /// How many there are.
        bytes: u64,
        /// How many may be.
        limit: u64,
    },
    /// What is stored is damaged.
    Corrupt(Damage),
    /// A newer program wrote the database.
    NewerSchema {
        /// Version of the database.
        found: u32,
        /// The newest version that this program reads.
        supported: u32,
    },
    /// An older program wrote the database, and reading alone cannot bring it up to date.
    OlderSchema {
        /// Version of the database.
        found: u32,
        /// The version that this program reads.
        supported: u32,
    },
    /// The file is a database of something else.
    NotAStore,
    /// No room.
    StorageFull,
    /// The store may not be written.
    ReadOnly,
    /// Another process keeps the whole store locked.
    Locked,
    /// Input or output failed.
    Io,
    /// The store was closed before it answered.
    Closed,
}

/// A rule of the interface that a request can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// `session_id` is 1 to 128 ASCII letters, digits, `-`, `_` and `.`.
    SessionId,
    /// `event_id` has 1 to 128 bytes.
    EventId,
    /// `kind` has 1 to 128 bytes.
    Kind,
    /// `schema_version` begins at 1.
    SchemaVersion,
    /// `cause_event_id`, where set, has 1 to 128 bytes.
    CauseEventId,
    /// `time` is set, and its `nanos` are within a second.
    Time,
    /// `prev_hash` has 32 bytes.
    PrevHash,
    /// `seq` begins at 1, and neither it nor an epoch exceeds 63 bits.
    Range,
    /// An append has at least one event.
    Empty,
    /// The events of an append are of one session.
    OneSession,
    /// The events of an append are of one epoch.
    OneEpoch,
    /// The events of an append follow each other.
    Contiguous,
    /// A holder of a lease has a name of 1 to 256 bytes, and a snapshot and a topic one of 1 to 128.
    Name,
}

/// What is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Damage {
    /// The database file as such: its pages or indexes.
    File,
    /// An event cannot be read as one.
    Event,
    /// An event is missing inside a session.
    MissingEvent,
    /// The body of an event is missing.
    MissingBlob,
    /// The bytes of a blob are not those it is named after.
    Blob,
    /// The chain of hashes is broken: this event does not follow the one before.
    Chain,
    /// A session's head is not its last event.
    Head,
    /// A row of a session cannot be read.
    Session,
    /// An exported session ends too early, or is none.
    Export,
}

/// A request to a store failed.
///
/// It prints what went wrong and, where that can be said, what to do.
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: Box<StoreErrorKind>,
    session: Option<SessionId>,
    seq: Option<u64>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// An error of a kind, about nothing in particular.
    #[must_use]
    pub fn new(kind: StoreErrorKind) -> Self {
        Self { kind: Box::new(kind), session: None, seq: None, source: None }
    }

    /// The same error about a session.
    #[must_use]
    pub fn in_session(mut self, session: &SessionId) -> Self {
        self.session = Some(session.clone());
        self
    }

    /// The same error about an event.
    #[must_use]
    pub const fn at(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }

    /// The same error with its cause.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> &StoreErrorKind {
        &self.kind
    }

    /// The session it is about.
    #[must_use]
    pub const fn session(&self) -> Option<&SessionId> {
        self.session.as_ref()
    }

    /// The event it is about. Of a refused append: the first event that is not stored.
    #[must_use]
    pub const fn seq(&self) -> Option<u64> {
        self.seq
    }

    /// Whether the same request may succeed later, without anybody changing anything but the storage's load.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        use StoreErrorKind as Kind;
        matches!(*self.kind, Kind::StorageFull | Kind::Locked | Kind::Io | Kind::Leased { .. })
    }
}

impl From<StoreErrorKind> for StoreError {
    fn from(kind: StoreErrorKind) -> Self {
        Self::new(kind)
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.session, self.seq) {
            (Some(session), Some(seq)) => write!(f, "session {session}, event {seq}: ")?,
            (Some(session), None) => write!(f, "session {session}: ")?,
            (None, Some(seq)) => write!(f, "event {seq}: ")?,
            (None, None) => {}
        }
        write!(f, "{}", self.kind)
    }
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { expected, found } => {
                write!(f, "expected {expected}, but {found} is held; another writer was here")
            }
            Self::Fenced { held } => {
                write!(f, "epoch {} owns it now; it went on elsewhere after event {}", held.epoch, held.seq)
            }
            Self::Leased { holder, epoch, .. } => {
                let holder = Holder::parse(holder);
                write!(f, "in use by {}", holder.label())?;
                if let Some(id) = holder.process_id() {
                    write!(f, " (process {id})")?;
                }
                write!(f, "; end that one first, or take over its epoch {epoch}")
            }
            Self::Gap { held } => {
                write!(f, "events before it are missing; the last one held is {}", held.seq)
            }
            Self::HashMismatch { expected, found } => {
                write!(f, "it names {found} as its predecessor, which is {expected}")
            }
            Self::Deleted => f.write_str("it was deleted, and its id is not used again"),
            Self::NotFound => f.write_str("not found"),
            Self::Invalid(rule) => rule.fmt(f),
            Self::TooLarge { bytes, limit } => write!(f, "{bytes} bytes are more than the {limit} allowed"),
            Self::Corrupt(damage) => damage.fmt(f),
            Self::NewerSchema { found, supported } => write!(
                f,
                "the database has version {found} and this program reads up to {supported}; use a newer one"
            ),
            Self::OlderSchema { found, supported } => write!(
                f,
                "the database has version {found} and this program reads {supported}; open it once for writing, \
                 which brings it up to date"
            ),
            Self::NotAStore => f.write_str("the file is not a store of sessions"),
            Self::StorageFull => f.write_str("no room; free some, or raise the limit, and try again"),
            Self::ReadOnly => f.write_str(
                "the store cannot be written: it is open for reading alone, or its file or folder may not be \
                 written; allow that, or use a copy elsewhere",
            ),
            Self::Locked => f.write_str("another process keeps the store locked; end that one, or try again"),
            Self::Io => {
                f.write_str("the file could not be read or written; see the cause, the path and the disk")
            }
            Self::Closed => f.write_str("the store is closed"),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SessionId => "session_id is not 1 to 128 ASCII letters, digits, `-`, `_` and `.`",
            Self::EventId => "event_id does not have 1 to 128 bytes",
            Self::Kind => "kind does not have 1 to 128 bytes",
            Self::SchemaVersion => "schema_version is 0",
            Self::CauseEventId => "cause_event_id does not have 1 to 128 bytes",
            Self::Time => "time is not set, or its nanos are not within a second",
            Self::PrevHash => "prev_hash does not have 32 bytes",
            Self::Range => "seq is 0, or a number exceeds 63 bits",
            Self::Empty => "there is nothing in it",
            Self::OneSession => "the events are of several sessions",
            Self::OneEpoch => "the events are of several epochs",
            Self::Contiguous => "the events do not follow each other",
            Self::Name => "a name is empty or too long",
        })
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File => "the database file is damaged; restore a copy, or export what can be read",
            Self::Event => "it is damaged and cannot be read; what is before it can be",
            Self::MissingEvent => "it is missing; what is before it can be read",
            Self::MissingBlob => "its body is missing; restore a copy of the database",
            Self::Blob => {
                "the bytes of a blob are not those it is named after; restore a copy of the database"
            }
            Self::Chain => "it does not follow the event before: the chain of hashes is broken",
            Self::Head => "the head is not the last event; events were lost or changed after it",
            Self::Session => "its row is damaged; restore a copy of the database",
            Self::Export => "the export is damaged or ends too early",
        })
    }
}
