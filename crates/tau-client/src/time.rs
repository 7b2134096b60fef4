//! Durations of the interface.

use std::time::Duration;

use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;

/// A duration that is not negative.
pub(crate) fn from_wire(duration: &WireDuration) -> Option<Duration> {
    let seconds = u64::try_from(duration.seconds).ok()?;
    let nanos = u32::try_from(duration.nanos).ok()?;
    Some(Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into())))
}
