//! Appending and reading events.

use std::fmt;

use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::{Event, SessionPosition};

use crate::hash::Sha256Hash;
use crate::id::SessionId;

/// A point in a session: everything up to and including `seq`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "the position of the interface, without the session's name")]
pub struct Position {
    /// The last event included. 0: none.
    pub seq: u64,
    /// The newest epoch of the session at that point. 0: the session is not fenced.
    pub epoch: u64,
    /// Hash of the event at `seq`; zeros where there is none.
    pub hash: Sha256Hash,
}

impl Position {
    /// The position as the interface tells it.
    #[must_use]
    pub fn to_wire(self, session: &SessionId) -> SessionPosition {
        SessionPosition {
            session_id: session.to_string(),
            seq: self.seq,
            epoch: self.epoch,
            // Where nothing is held there is no hash to state.
            hash: if self.seq == 0 { Bytes::new() } else { Bytes::copy_from_slice(&self.hash.0) },
            ..Default::default()
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, fourth, ..] = self.hash.0;
        write!(
            f,
            "event {} of epoch {} ({first:02x}{second:02x}{third:02x}{fourth:02x})",
            self.seq, self.epoch
        )
    }
}

/// Events to make durable, all or none.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Append {
    /// The events: of one session and one epoch, in order, at least one.
    pub events: Vec<Event>,
    /// Messages to commit with them, for somebody to send on.
    pub messages: Vec<OutboxMessage>,
}

impl Append {
    /// Events alone.
    #[must_use]
    pub const fn new(events: Vec<Event>) -> Self {
        Self { events, messages: Vec::new() }
    }

    /// Commits messages together with the events: both become durable or neither. A repetition writes none.
    #[must_use]
    pub fn with_messages(mut self, messages: Vec<OutboxMessage>) -> Self {
        self.messages = messages;
        self
    }
}

/// A message to be sent on after the commit, for example to a message broker.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutboxMessage {
    /// Where to, 1 to 128 bytes.
    pub topic: String,
    /// What.
    pub body: Bytes,
}

impl OutboxMessage {
    /// A message for a topic.
    pub fn new(topic: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self { topic: topic.into(), body: body.into() }
    }
}

/// A message that waits to be sent on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredMessage {
    /// Its number: later commits have larger ones. Never used again.
    pub id: u64,
    /// The session whose append left it.
    pub session: SessionId,
    /// The last event of that append.
    pub seq: u64,
    /// The message.
    pub message: OutboxMessage,
}

/// A request for the events after a position.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReadEvents {
    /// The session.
    pub session: SessionId,
    /// The last event that is not wanted. 0: from the first.
    pub after: u64,
    /// At most so many events. 1,000 unless set.
    pub max_events: usize,
    /// At most so many bytes of bodies. 8 MiB unless set.
    pub max_bytes: usize,
}

impl ReadEvents {
    /// The first page after a position.
    #[must_use]
    pub const fn after(session: SessionId, after: u64) -> Self {
        Self { session, after, max_events: 1_000, max_bytes: 8 << 20 }
    }

    /// Another number of events at most.
    #[must_use]
    pub const fn with_max_events(mut self, max_events: usize) -> Self {
        self.max_events = max_events;
        self
    }

    /// Another number of bytes at most.
    #[must_use]
    pub const fn with_max_bytes(mut self, max_bytes: usize) -> Self {
        self.max_bytes = max_bytes;
        self
    }
}

/// Ends a page: counts what is in it against the limits of the request.
#[derive(Debug)]
pub(crate) struct Page {
    events: usize,
    bytes: usize,
    max_events: usize,
    max_bytes: usize,
}

impl Page {
    pub(crate) const fn new(request: &ReadEvents) -> Self {
        Self { events: 0, bytes: 0, max_events: request.max_events, max_bytes: request.max_bytes }
    }

    /// Whether one more event with a body of that size belongs to the page. The first always does.
    pub(crate) const fn admits(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        let fits = self.events < self.max_events && self.bytes <= self.max_bytes;
        let admits = fits || self.events == 0;
        self.events += 1;
        admits
    }
}
