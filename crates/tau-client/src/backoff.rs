//! How long to wait before a server is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// Waits that double up to five seconds, each a little different, so that clients of a server that restarts do not come
/// back all at once.
#[derive(Debug, Clone)]
pub struct Backoff(Duration);

impl Backoff {
    /// Before the first try.
    #[must_use]
    pub const fn new() -> Self {
        Self(FIRST)
    }

    /// How long to wait now.
    pub fn next_wait(&mut self) -> Duration {
        let longest = self.0;
        self.0 = (longest * 2).min(LONGEST);
        // Between half of it and all of it.
        longest.mul_f64(0.5 + f64::from(uuid::Uuid::new_v4().as_bytes()[0]) / 510.0)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, LONGEST};

    #[test]
    fn waits_grow_and_stay_bounded() {
        let mut backoff = Backoff::new();
        let waits: Vec<_> = std::iter::repeat_with(|| backoff.next_wait()).take(12).collect();
        assert!(waits[0] >= super::FIRST / 2 && waits[0] <= super::FIRST);
        assert!(waits[11] >= LONGEST / 2);
        assert!(waits.iter().all(|wait| *wait <= LONGEST), "{waits:?}");
    }
}
