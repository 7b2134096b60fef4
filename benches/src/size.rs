//! Bytes of the release binary.

use crate::startup::tau_binary;
use crate::stats::verdict;

/// Twenty-five megabytes.
const GOAL: u64 = 25_000_000;

pub(crate) fn bench() -> anyhow::Result<()> {
    let len = std::fs::metadata(tau_binary()?)?.len();
    println!("Release binary: {:.1} MB, goal <= 25 MB: {}", len as f64 / 1e6, verdict(len <= GOAL));
    Ok(())
}
