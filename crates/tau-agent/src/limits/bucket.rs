//! A token bucket: so much within a minute, with a minute's worth to begin with.

use std::time::Duration;

use tokio::time::Instant;

/// An amount that refills steadily.
#[derive(Debug)]
pub(super) struct Bucket {
    per_minute: f64,
    /// Below zero when more was taken than was there; whoever took it waits.
    level: f64,
    at: Instant,
}

impl Bucket {
    pub(super) fn new(per_minute: u64, now: Instant) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
        let per_minute = per_minute as f64;
        Self { per_minute, level: per_minute, at: now }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = self.per_minute.min(self.level + passed * self.per_minute / 60.0);
        self.at = now;
    }

    /// Takes an amount, and gives how long to wait until it is there. Who asks first waits the least.
    pub(super) fn take(&mut self, amount: f64, now: Instant) -> Duration {
        self.refill(now);
        self.level -= amount;
        Duration::try_from_secs_f64(-self.level.min(0.0) * 60.0 / self.per_minute).unwrap_or(Duration::MAX)
    }

    /// How long it would be until an amount is there; nothing is taken.
    pub(super) fn wait_for(&mut self, amount: f64, now: Instant) -> Duration {
        let wait = self.take(amount, now);
        self.level += amount;
        wait
    }

    /// Takes an amount if it is there.
    pub(super) fn try_take(&mut self, amount: f64, now: Instant) -> bool {
        self.refill(now);
        let is_there = self.level >= amount;
        if is_there {
            self.level -= amount;
        }
        is_there
    }

    /// Gives back what was taken and not used; less than nothing takes what was used beyond.
    pub(super) fn give(&mut self, amount: f64) {
        self.level = self.per_minute.min(self.level + amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_comes_back_within_a_minute() {
        let now = Instant::now();
        let mut bucket = Bucket::new(600, now);
        assert_eq!(bucket.take(600.0, now), Duration::ZERO);
        assert_eq!(bucket.take(100.0, now), Duration::from_secs(10));
        assert_eq!(bucket.take(100.0, now), Duration::from_secs(20), "behind the one before");
        assert_eq!(bucket.wait_for(100.0, now), Duration::from_secs(30));
        assert_eq!(bucket.wait_for(100.0, now), Duration::from_secs(30), "nothing was taken");
        assert!(!bucket.try_take(1.0, now));
        assert!(bucket.try_take(1.0, now + Duration::from_secs(21)));
    }

    #[test]
    fn more_than_a_minute_is_worth_takes_longer() {
        let now = Instant::now();
        let mut bucket = Bucket::new(600, now);
        assert_eq!(bucket.take(1_200.0, now), Duration::from_secs(60));
    }

    #[test]
    fn what_is_given_back_can_be_taken_and_is_no_more_than_was_there() {
        let now = Instant::now();
        let mut bucket = Bucket::new(600, now);
        bucket.take(600.0, now);
        bucket.give(500.0);
        assert!(bucket.try_take(500.0, now));
        bucket.give(10_000.0);
        assert!(bucket.try_take(600.0, now) && !bucket.try_take(1.0, now));
    }
}
