//! Events as the interface carries them, and what comes back as the kernel knows it.

use tau_core::event::{EventHash, EventHeader, Record, RecordRef, Seq, Timestamp};
use tau_core::{EventId, SessionId};
use tau_proto::buffa_types::google::protobuf::Timestamp as WireTime;
use tau_proto::runtime::v1::{Event, Nack, NackReason};

use super::error::{FromWireError, FromWireErrorKind};
use crate::kernel::gate::{PauseReason, Position, Refusal, RefusalReason, StopReason};

/// A record as the interface carries it. Its [hash](Record::hash) is that of the message.
#[must_use]
pub fn to_wire(record: Record) -> Event {
    let Record { header, kind, schema_version, body, prev_hash } = record;
    Event {
        session_id: header.session.to_string(),
        seq: header.seq.0,
        epoch: header.epoch,
        event_id: header.id.to_string(),
        kind,
        schema_version: schema_version.into(),
        cause_event_id: header.cause.as_ref().map(EventId::to_string),
        time: wire_time(header.time).into(),
        body: body.into_bytes().into(),
        prev_hash: prev_hash.0.to_vec().into(),
        ..Default::default()
    }
}

/// The record that a message is: what [`to_wire`] made, as a journal gives it back. A copy; whoever only reads the event
/// uses [`record_of`].
///
/// # Errors
/// Those of [`record_of`].
pub fn from_wire(message: Event) -> Result<Record, FromWireError> {
    record_of(&message).map(RecordRef::into_owned)
}

/// The record that a message is, with the message's texts.
///
/// Its time is the [`event_time`]. A version of the vocabulary beyond 65,535 becomes that: newer than this one either way,
/// as [`RecordRef::open`] will say. Ids are read in every form of a UUID.
///
/// # Errors
/// [`FromWireErrorKind`] names the first field that a record cannot have: somebody else made the message.
pub fn record_of(message: &Event) -> Result<RecordRef<'_>, FromWireError> {
    let seq = Seq(message.seq);
    let wrong = |kind| FromWireError { kind, seq };
    let cause = message.cause_event_id.as_deref().map(str::parse).transpose();
    Ok(RecordRef {
        header: EventHeader {
            session: message.session_id.parse().map_err(|_| wrong(FromWireErrorKind::Session))?,
            seq,
            epoch: message.epoch,
            id: message.event_id.parse().map_err(|_| wrong(FromWireErrorKind::Id))?,
            time: event_time(message),
            cause: cause.map_err(|_| wrong(FromWireErrorKind::Cause))?,
        },
        kind: &message.kind,
        schema_version: u16::try_from(message.schema_version).unwrap_or(u16::MAX),
        body: std::str::from_utf8(&message.body).map_err(|_| wrong(FromWireErrorKind::Body))?,
        prev_hash: match hash(&message.prev_hash) {
            Stated::Hash(hash) => hash,
            Stated::Nothing | Stated::NoHash => return Err(wrong(FromWireErrorKind::PrevHash)),
        },
    })
}

/// When a message says that its event was decided, cut to milliseconds. A time before 1970 becomes 0.
#[must_use]
pub fn event_time(message: &Event) -> Timestamp {
    time_of(&message.time)
}

/// A time as the interface carries it.
pub(crate) fn wire_time(time: Timestamp) -> WireTime {
    WireTime {
        seconds: i64::try_from(time.0 / 1_000).unwrap_or(i64::MAX),
        nanos: i32::try_from(time.0 % 1_000).unwrap_or_default() * 1_000_000,
        ..Default::default()
    }
}

/// A time of the interface, cut to milliseconds; one before 1970 becomes 0.
pub(crate) fn time_of(wire: &WireTime) -> Timestamp {
    let seconds = u64::try_from(wire.seconds).unwrap_or_default();
    let millis = u64::try_from(wire.nanos).unwrap_or_default() / 1_000_000;
    Timestamp(seconds.saturating_mul(1_000).saturating_add(millis))
}

/// The session that a text names; `None` for one that is not of this runtime's making. Ids have one spelling on the
/// wire.
pub(super) fn session(text: &str) -> Option<SessionId> {
    text.parse().ok().filter(|id: &SessionId| id.to_string() == text)
}

/// The hash that a position states.
pub(super) fn hash(bytes: &[u8]) -> Stated {
    match <[u8; 32]>::try_from(bytes) {
        Ok(hash) => Stated::Hash(EventHash(hash)),
        Err(_) if bytes.is_empty() => Stated::Nothing,
        Err(_) => Stated::NoHash,
    }
}

/// What a position states of its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stated {
    /// This.
    Hash(EventHash),
    /// Nothing: it is not compared.
    Nothing,
    /// Something that is no hash, and so equal to none.
    NoHash,
}

impl Stated {
    /// Whether it speaks against a hash. One that is not known any more cannot be compared.
    pub(super) fn contradicts(self, known: Option<EventHash>) -> bool {
        match self {
            Self::Hash(hash) => known.is_some_and(|known| known != hash),
            Self::Nothing => false,
            Self::NoHash => true,
        }
    }
}

/// A refusal as the kernel knows it. A reason that this version does not know is final, and a journal that does not
/// say what it holds is taken to hold what it `acked`.
pub(super) fn refusal(nack: &Nack, acked: Seq) -> Refusal {
    let stop = RefusalReason::Final;
    let reason = match nack.reason.as_known() {
        Some(NackReason::Fenced) => stop(StopReason::Fenced),
        Some(NackReason::Conflict) => stop(StopReason::Conflict),
        Some(NackReason::HashMismatch) => stop(StopReason::HashMismatch),
        Some(NackReason::ReadOnly) => stop(StopReason::ReadOnly),
        Some(NackReason::TooLarge) => stop(StopReason::TooLarge),
        Some(NackReason::Invalid) => stop(StopReason::Invalid),
        Some(NackReason::Unspecified) | None => stop(StopReason::Unspecified),
        Some(NackReason::StorageFull) => RefusalReason::Later(PauseReason::StorageFull),
        Some(NackReason::Unavailable) => RefusalReason::Later(PauseReason::Unavailable),
        Some(NackReason::Gap) => {
            RefusalReason::Gap { held: nack.held.as_option().map_or(acked, |held| Seq(held.seq)) }
        }
    };
    Refusal { at: Position { epoch: nack.epoch, seq: Seq(nack.seq) }, reason }
}
