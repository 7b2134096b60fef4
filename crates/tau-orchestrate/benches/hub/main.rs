//! The hub against a bare tokio channel and against bare async-nats, in turns in the same run.
//!
//! `cargo bench -p tau-orchestrate --features nats --bench hub`. One thread does everything, so a rate is one of a core.
//! Rates are messages a second of that thread's CPU time, so that what else the machine does matters less; times of requests are
//! those of a clock. Floor and hub take turns; medians are printed, and a ratio is the median of the ratios of the pairs. Over NATS there
//! need be a server: what `cargo xtask test --only hub` installs.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the person at the terminal")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot measure fails")]

#[cfg(feature = "nats")]
mod nats;
mod process;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Pairs of measurements.
const PAIRS: usize = 9;

/// The middle of some numbers.
fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// The middle of some times, in microseconds.
fn p50(times: &mut [Duration]) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e6
}

/// CPU time of this thread so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    // A CPU clock counts up from zero.
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A figure of the floor and the same of the hub.
type Pair = (f64, f64);

/// One line: rates, or times.
fn row(name: &str, unit: &str, pairs: &[Pair]) {
    let floor = median(pairs.iter().map(|pair| pair.0));
    let hub = median(pairs.iter().map(|pair| pair.1));
    let ratio = median(pairs.iter().map(|pair| pair.1 / pair.0));
    println!("  {name:44} {floor:>12.1} {hub:>12.1} {unit:10} {ratio:>6.2}");
}

fn header(title: &str) {
    println!("{title}, {PAIRS} pairs, medians");
    println!("  {:44} {:>12} {:>12} {:10} {:>6}", "", "floor", "hub", "", "ratio");
}

fn main() {
    // Cargo says `--bench`; there is nothing to choose.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        process::bench().await;
        #[cfg(feature = "nats")]
        nats::bench().await;
    });
}
