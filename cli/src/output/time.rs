//! Moments as people read them, in UTC.

use std::time::{Duration, SystemTime};

use tau_core::event::Timestamp;

/// The last millisecond of the year 9999, after which there is no way to write a moment.
const LAST: u64 = 253_402_300_799_999;

/// `2026-11-21T10:31:35Z`.
pub(crate) fn rfc3339(time: Timestamp) -> String {
    let since = Duration::from_millis(time.0.min(LAST));
    let time = SystemTime::UNIX_EPOCH.checked_add(since).unwrap_or(SystemTime::UNIX_EPOCH);
    humantime::format_rfc3339_seconds(time).to_string()
}

/// `2026-11-21 10:31`.
pub(crate) fn day_and_minute(time: Timestamp) -> String {
    rfc3339(time).get(..16).unwrap_or_default().replace('T', " ")
}

/// The time of day of a moment in RFC 3339: `10:31:35`.
pub(crate) fn clock(rfc3339: &str) -> &str {
    rfc3339.get(11..19).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Timestamp, day_and_minute, rfc3339};

    #[test]
    fn every_number_is_some_moment() {
        assert_eq!(rfc3339(Timestamp(0)), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(Timestamp(1_790_000_000_999)), "2026-09-21T14:13:20Z");
        assert_eq!(day_and_minute(Timestamp(1_790_000_000_999)), "2026-09-21 14:13");
        assert_eq!(rfc3339(Timestamp(u64::MAX)), "9999-12-31T23:59:59Z");
    }
}
