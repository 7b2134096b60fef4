//! When a server that has ended is started again.

use std::time::{Duration, Instant};

/// A server that ran this long before it ended is started again at once.
const STEADY: Duration = Duration::from_secs(60);
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// How often in a row a server has ended soon after it was started, or was not started at all.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
    not_before: Option<Instant>,
}

impl Backoff {
    /// How long until the next start is due, if it is not yet.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        self.not_before.and_then(|due| due.checked_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    pub(super) const fn failures(&self) -> u32 {
        self.failures
    }

    /// Counts a start that failed.
    pub(super) fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now + delay(self.failures));
    }

    /// Counts the end of a server that was started at a time. The first is started again at once: one that crashed
    /// in a call mostly does not crash in the next.
    pub(super) fn ended(&mut self, started: Instant, now: Instant) {
        if now.duration_since(started) >= STEADY {
            *self = Self::default();
        } else {
            self.failures = self.failures.saturating_add(1);
            self.not_before = Some(now + delay(self.failures - 1));
        }
    }
}

/// Nothing, then half a second, doubled up to half a minute.
fn delay(failures: u32) -> Duration {
    match failures {
        0 => Duration::ZERO,
        failures => LONGEST.min(FIRST.saturating_mul(2_u32.saturating_pow(failures - 1))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_a_steady_server_is_forgiven() {
        let start = Instant::now();
        let mut backoff = Backoff::default();
        assert_eq!(backoff.wait(start), None);
        let mut waits = Vec::new();
        for _ in 0..9 {
            backoff.ended(start, start);
            waits.push(backoff.wait(start).unwrap_or_default().as_millis());
        }
        assert_eq!(waits, [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
        assert_eq!(backoff.wait(start + Duration::from_secs(30)), None);
        backoff.failed(start);
        assert_eq!(backoff.wait(start), Some(LONGEST));
        backoff.ended(start, start + STEADY);
        assert_eq!((backoff.wait(start + STEADY), backoff.failures()), (None, 0));
    }
}
