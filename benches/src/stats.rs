//! Medians.

use std::time::Duration;

/// The middle of some numbers; 0 of none.
pub(crate) fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}

/// Milliseconds, as a number.
pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The median of the ratios of pairs: what disturbs a machine for a while disturbs both halves of a pair.
pub(crate) fn ratio<T>(floor: &[T], measured: &[T], of: impl Fn(&T) -> f64) -> f64 {
    median(floor.iter().zip(measured).map(|(floor, measured)| of(measured) / of(floor)))
}

/// How far the middle half of some numbers lies apart, as a part of their median: how noisy a run was.
pub(crate) fn spread(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = numbers.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    let at =
        |quarter: usize| sorted.get((sorted.len().saturating_sub(1)) * quarter / 4).copied().unwrap_or(0.0);
    let middle = at(2);
    if middle == 0.0 { 0.0 } else { (at(3) - at(1)) / middle }
}

/// Whether a goal is met, as a word.
pub(crate) fn verdict(is_met: bool) -> &'static str {
    if is_met { "met" } else { "MISSED" }
}
