//! What the runtime grants.

use std::time::Duration;

use tau_proto::runtime::v1::{AttachResponse, attach_response};

use super::attach::PROTOCOL_VERSION;
use super::error::{JournalError, Violation};

/// The interval of heartbeats that the first message grants.
pub(super) fn heartbeat_interval(message: Option<AttachResponse>) -> Result<Duration, JournalError> {
    let Some(attach_response::Message::Welcome(welcome)) = message.and_then(|message| message.message) else {
        return Err(JournalError::violation(Violation::NotWelcomed));
    };
    if welcome.protocol_version != PROTOCOL_VERSION {
        return Err(JournalError::violation(Violation::Version));
    }
    let granted = &welcome.heartbeat_interval;
    let interval = u64::try_from(granted.seconds).ok().zip(u32::try_from(granted.nanos).ok());
    let interval = interval.map(|(seconds, nanos)| {
        Duration::from_secs(seconds).saturating_add(Duration::from_nanos(nanos.into()))
    });
    let interval = interval.filter(|interval| !interval.is_zero());
    interval.ok_or_else(|| JournalError::violation(Violation::Heartbeat))
}
