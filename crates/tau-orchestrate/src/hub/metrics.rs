//! What a hub and its participants did so far, in figures.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::dead_letter::DeadLetterReason;
use super::name::ParticipantId;

/// A hub in figures. Counts are since it was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HubMetrics {
    /// Messages that were handed to the hub to be sent, requests among them.
    pub sent: u64,
    /// Requests among them.
    pub requests: u64,
    /// Requests whose deadline passed.
    pub timeouts: u64,
    /// Frames that came over the transport, those that could not be read among them.
    pub frames_received: u64,
    /// Frames that the transport took.
    pub frames_sent: u64,
    /// Frames that could not be read, and were dropped.
    pub frames_malformed: u64,
    /// Copies of messages that had come already, and were dropped.
    pub duplicates: u64,
    /// Messages in the outbox, that wait to arrive.
    pub outbox_depth: usize,
    /// Messages that were sent again, because nobody said that they arrived.
    pub resent: u64,
    /// Dead letters by reason; reasons that did not occur are left out.
    pub dead_letters: BTreeMap<DeadLetterReason, u64>,
    /// Those who take part.
    pub participants: BTreeMap<ParticipantId, ParticipantMetrics>,
}

/// A participant in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ParticipantMetrics {
    /// Messages that wait in its mailbox.
    pub depth: usize,
    /// How many may.
    pub capacity: usize,
    /// Messages that its handler finished well.
    pub handled: u64,
    /// Messages that its handler failed on.
    pub failed: u64,
    /// Messages that its handler panicked on.
    pub panicked: u64,
    /// Messages that had no room in its mailbox, or made room for others.
    pub dropped: u64,
    /// How long messages waited in the mailbox.
    pub waiting: Latency,
    /// How long the handler took.
    pub handling: Latency,
}

/// A distribution of times, known to a factor of two: a figure is the upper bound of the bucket that it lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Latency {
    /// How many times were measured.
    pub count: u64,
    /// Half of them are not longer.
    pub p50: Duration,
    /// 99 of 100 are not longer.
    pub p99: Duration,
    /// None is longer, but for times over nine minutes, which count as nine.
    pub max: Duration,
}

/// Times counted by their magnitude: one addition each.
#[derive(Debug)]
pub(super) struct Histogram {
    /// Index `n` counts times below 2^n nanoseconds that no earlier one counts. The last one is 9 minutes and more.
    buckets: [AtomicU64; 40],
}

impl Default for Histogram {
    fn default() -> Self {
        Self { buckets: [const { AtomicU64::new(0) }; 40] }
    }
}

impl Histogram {
    pub(super) fn record(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let magnitude = (u64::BITS - nanoseconds.leading_zeros()) as usize;
        self.buckets[magnitude.min(self.buckets.len() - 1)].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn latency(&self) -> Latency {
        let counts = self.buckets.each_ref().map(|bucket| bucket.load(Ordering::Relaxed));
        let count: u64 = counts.iter().sum();
        let at = |rank: u64| {
            let mut below = 0;
            let bucket = counts.iter().position(|count| {
                below += count;
                below >= rank
            });
            Duration::from_nanos(bucket.map_or(0, |bucket| 1 << bucket))
        };
        if count == 0 {
            return Latency::default();
        }
        Latency { count, p50: at(count.div_ceil(2)), p99: at((count * 99).div_ceil(100)), max: at(count) }
    }
}

/// A number that only grows, and that nobody waits for.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    pub(super) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts of a hub.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: Counter,
    pub(super) requests: Counter,
    pub(super) timeouts: Counter,
    pub(super) frames_received: Counter,
    pub(super) frames_sent: Counter,
    pub(super) frames_malformed: Counter,
    pub(super) duplicates: Counter,
    pub(super) resent: Counter,
    dead_letters: [Counter; DeadLetterReason::ALL.len()],
}

impl Counters {
    pub(super) fn dead_letter(&self, reason: DeadLetterReason) {
        self.dead_letters[reason as usize].add();
    }

    pub(super) fn snapshot(&self) -> HubMetrics {
        let dead_letters = DeadLetterReason::ALL.into_iter().zip(&self.dead_letters);
        let dead_letters = dead_letters.map(|(reason, counter)| (reason, counter.get()));
        HubMetrics {
            sent: self.sent.get(),
            requests: self.requests.get(),
            timeouts: self.timeouts.get(),
            frames_received: self.frames_received.get(),
            frames_sent: self.frames_sent.get(),
            frames_malformed: self.frames_malformed.get(),
            duplicates: self.duplicates.get(),
            resent: self.resent.get(),
            dead_letters: dead_letters.filter(|(_, count)| *count > 0).collect(),
            ..HubMetrics::default()
        }
    }
}

/// The counts of a participant.
#[derive(Debug, Default)]
pub(super) struct ParticipantCounters {
    pub(super) handled: Counter,
    pub(super) failed: Counter,
    pub(super) panicked: Counter,
    pub(super) dropped: Counter,
    pub(super) waiting: Histogram,
    pub(super) handling: Histogram,
}

impl ParticipantCounters {
    pub(super) fn snapshot(&self, depth: usize, capacity: usize) -> ParticipantMetrics {
        ParticipantMetrics {
            depth,
            capacity,
            handled: self.handled.get(),
            failed: self.failed.get(),
            panicked: self.panicked.get(),
            dropped: self.dropped.get(),
            waiting: self.waiting.latency(),
            handling: self.handling.latency(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Duration, Histogram, Latency};

    #[test]
    fn figures_are_upper_bounds_within_a_factor_of_two() {
        let histogram = Histogram::default();
        assert_eq!(histogram.latency(), Latency::default());
        for _ in 0..98 {
            histogram.record(Duration::from_nanos(700));
        }
        histogram.record(Duration::from_micros(3));
        histogram.record(Duration::from_secs(100_000));
        let max = Duration::from_nanos(1 << 39);
        let (p50, p99) = (Duration::from_nanos(1024), Duration::from_nanos(4096));
        assert_eq!(histogram.latency(), Latency { count: 100, p50, p99, max });
    }
}
