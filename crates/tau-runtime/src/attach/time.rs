//! Time as the interface carries it, and waiting for it.

use std::future::pending;
use std::time::Duration;

use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tokio::time::{Instant, sleep_until};

/// The duration that a message states, unless it is negative.
pub(super) fn duration(message: &WireDuration) -> Option<Duration> {
    let (seconds, nanos) = (u64::try_from(message.seconds).ok()?, u32::try_from(message.nanos).ok()?);
    Duration::from_secs(seconds).checked_add(Duration::from_nanos(nanos.into()))
}

/// Ready at a moment; never without one.
pub(super) async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// Ready when a time has passed; never where that is beyond the clock.
pub(super) async fn elapsed(start: Instant, duration: Duration) {
    moment(start.checked_add(duration)).await;
}
