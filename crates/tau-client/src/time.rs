//! Durations of the interface.

use std::time::Duration;

use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;

/// A duration as the interface has it; one that is too long is the longest.
pub(crate) fn to_wire(duration: Duration) -> WireDuration {
    WireDuration {
        seconds: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        nanos: duration.subsec_nanos().cast_signed(),
        ..Default::default()
    }
}

/// A duration that is not negative.
pub(crate) fn from_wire(duration: &WireDuration) -> Option<Duration> {
    let seconds = u64::try_from(duration.seconds).ok()?;
    let nanos = u32::try_from(duration.nanos).ok()?;
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into())))
}
