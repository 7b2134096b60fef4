//! Stored events as the events they are.

use tau_core::event::{Event, EventHash, EventHeader, Record, RecordErrorKind, Seq, Timestamp};
use tau_proto::runtime::v1 as wire;

use super::entry::Unreadable;

/// The event that a stored one is.
pub(super) fn event(stored: &wire::Event) -> Result<Event, Unreadable> {
    let record = record(stored).ok_or(Unreadable::Foreign)?;
    record.open().map_err(|error| match error.kind() {
        RecordErrorKind::NewerVersion => Unreadable::Newer,
        RecordErrorKind::UnknownKind => Unreadable::UnknownKind,
        _ => Unreadable::Malformed,
    })
}

/// The record that a stored event is; `None` for one that no tau wrote.
fn record(stored: &wire::Event) -> Option<Record> {
    let cause = match &stored.cause_event_id {
        Some(cause) => Some(cause.parse().ok()?),
        None => None,
    };
    Some(Record {
        header: EventHeader {
            session: stored.session_id.parse().ok()?,
            seq: Seq(stored.seq),
            epoch: stored.epoch,
            id: stored.event_id.parse().ok()?,
            time: time(stored),
            cause,
        },
        kind: stored.kind.clone(),
        // A version too large for our type is newer than ours in any case.
        schema_version: u16::try_from(stored.schema_version).unwrap_or(u16::MAX),
        body: std::str::from_utf8(&stored.body).ok()?.to_owned(),
        prev_hash: EventHash(stored.prev_hash.as_ref().try_into().ok()?),
    })
}

/// When a stored event was decided. A time before 1970 becomes 0.
pub(super) fn time(stored: &wire::Event) -> Timestamp {
    let seconds = u64::try_from(stored.time.seconds).unwrap_or_default();
    let millis = u64::try_from(stored.time.nanos).unwrap_or_default() / 1_000_000;
    Timestamp(seconds.saturating_mul(1_000).saturating_add(millis))
}
