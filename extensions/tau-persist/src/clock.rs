//! What time it is.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock on the wall, read for leases, retention and lists.
///
/// It may jump in either direction: no promise of a store about its events rests on it. A clock that jumps ahead
/// ends leases early, which costs their holders the session and nothing else.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> SystemTime;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Milliseconds since 1970; 0 for any time before, the largest number for one too far ahead.
pub(crate) fn to_millis(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The time that [`to_millis`] counted.
pub(crate) fn from_millis(millis: i64) -> SystemTime {
    let millis = u64::try_from(millis).unwrap_or_default();
    UNIX_EPOCH.checked_add(std::time::Duration::from_millis(millis)).unwrap_or(UNIX_EPOCH)
}
