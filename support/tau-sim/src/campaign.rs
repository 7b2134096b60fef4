//! Many seeds on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::bugs::Bug;
use crate::coverage::Coverage;
use crate::generate::generate;
use crate::invariant::Violation;
use crate::simulate::{Trace, simulate};

/// Seeds that a thread takes at once.
const BATCH: u64 = 64;

/// What many simulations came to.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Campaign {
    /// Seeds that were simulated.
    pub seeds: u64,
    /// Operations of their scripts.
    pub operations: u64,
    /// Inputs that kernels decided about.
    pub inputs: u64,
    /// How long it took.
    pub elapsed: Duration,
    /// What was met.
    pub coverage: Coverage,
    /// The lowest seed that broke a promise, of those that were simulated.
    pub failure: Option<(u64, Violation)>,
}

impl Campaign {
    /// Seeds for each second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.seeds as f64 / self.elapsed.as_secs_f64().max(f64::EPSILON)
    }
}

/// Simulates so many seeds from one on, until one breaks a promise.
#[must_use]
pub fn run(from: u64, seeds: u64, bug: Option<Bug>) -> Campaign {
    let begin = Instant::now();
    let next = AtomicU64::new(0);
    let whole = Mutex::new(Campaign::default());
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let part = work(from, seeds, bug, &next);
                whole.lock().unwrap_or_else(std::sync::PoisonError::into_inner).add(part);
            });
        }
    });
    let mut campaign = whole.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    campaign.elapsed = begin.elapsed();
    campaign
}

/// What one thread does.
fn work(from: u64, seeds: u64, bug: Option<Bug>, next: &AtomicU64) -> Campaign {
    let mut part = Campaign::default();
    loop {
        let first = next.fetch_add(BATCH, Ordering::Relaxed);
        if first >= seeds {
            return part;
        }
        for seed in first..(first + BATCH).min(seeds) {
            let seed = from.wrapping_add(seed);
            let script = generate(seed);
            let outcome = simulate(&script, bug, Trace::Off);
            part.seeds += 1;
            part.operations += script.len() as u64;
            part.inputs += outcome.inputs;
            part.coverage.add(&outcome.coverage);
            if let Some(violation) = outcome.violation {
                part.failure = Some((seed, violation));
                // Batches are taken in order, so those before this one are being simulated.
                next.store(u64::MAX / 2, Ordering::Relaxed);
                return part;
            }
        }
    }
}

impl Campaign {
    fn add(&mut self, part: Self) {
        self.seeds += part.seeds;
        self.operations += part.operations;
        self.inputs += part.inputs;
        self.coverage.add(&part.coverage);
        let failures = [self.failure.take(), part.failure];
        self.failure = failures.into_iter().flatten().min_by_key(|failure| failure.0);
    }
}
