//! Where an event stands: session, order, time and cause.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::body::EventBody;
use crate::id::{EventId, SessionId};

/// The place of an event in its session: contiguous from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[expect(clippy::exhaustive_structs, reason = "a number with a name")]
pub struct Seq(pub u64);

impl Seq {
    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// A moment: milliseconds since 1970-01-01 UTC. For people only; order comes from [`Seq`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
#[expect(clippy::exhaustive_structs, reason = "a number with a name")]
pub struct Timestamp(pub u64);

impl From<SystemTime> for Timestamp {
    /// Moments before 1970 become 0.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// What is known of an event beside what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the envelope of the journal's schema; adding a field is a new version"
)]
pub struct EventHeader {
    /// The session it belongs to.
    pub session: SessionId,
    /// Its place there.
    pub seq: Seq,
    /// Who was entitled to write: grows with every new writer, so that an old one can be fenced off.
    pub epoch: u64,
    /// Its own id.
    pub id: EventId,
    /// When it was decided.
    pub time: Timestamp,
    /// The event that brought it about, when one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<EventId>,
}

/// Something that happened, at its place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "a header and a body are all there is")]
pub struct Event {
    /// Where it stands.
    #[serde(flatten)]
    pub header: EventHeader,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}
