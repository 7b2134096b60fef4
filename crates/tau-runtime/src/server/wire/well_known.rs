//! Times and ids.

use std::time::Duration;

use tau_core::event::Timestamp;
use tau_core::{RunId, SessionId};
use tau_proto::buffa_types::google::protobuf::{Duration as WireDuration, Timestamp as WireTime};

use super::error::WireError;

use crate::journals::{time_of, wire_time};

/// The longest duration that protobuf's JSON can write, in seconds: 10,000 years
/// (`google/protobuf/duration.proto`).
const LONGEST: u64 = 315_576_000_000;

/// The last moment that protobuf's JSON can write, in milliseconds: the end of the year 9999
/// (`google/protobuf/timestamp.proto`).
const LAST: u64 = 253_402_300_799_999;

/// A duration; one beyond what the interface can say is told as the longest.
pub(crate) fn duration(duration: Duration) -> WireDuration {
    duration.min(Duration::from_secs(LONGEST)).into()
}

/// A duration that is not negative.
pub(crate) fn read_duration(field: &str, wire: &WireDuration) -> Result<Duration, WireError> {
    Duration::try_from(wire.clone()).map_err(|_| {
        WireError::invalid(field, "a duration must not be negative, and its parts must have one sign")
    })
}

/// A moment; one beyond what the interface can say is told as the last.
pub(crate) fn timestamp(time: Timestamp) -> WireTime {
    wire_time(Timestamp(time.0.min(LAST)))
}

/// A moment, cut to milliseconds; one before 1970 becomes 0.
pub(crate) fn read_timestamp(wire: &WireTime) -> Timestamp {
    time_of(wire)
}

/// A session's id.
pub(super) fn read_session(field: &str, text: &str) -> Result<SessionId, WireError> {
    text.parse().map_err(|_| WireError::invalid(field, "not a UUID"))
}

/// A run's id.
pub(super) fn read_run(field: &str, text: &str) -> Result<RunId, WireError> {
    text.parse().map_err(|_| WireError::invalid(field, "not a UUID"))
}
