//! Tokens a model read and wrote.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

/// Tokens of one exchange, or of several added up.
///
/// `input` counts everything the model read, so `cached_input` and `cache_write` are parts of it; `output`
/// counts everything it wrote, so `reasoning` is a part of it. Providers that count otherwise are converted
/// where they are decoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "five counters that callers build and take apart")]
pub struct TokenUsage {
    /// Tokens read, cached ones included.
    pub input: u64,
    /// Of the input: read from the provider's prompt cache.
    #[serde(default)]
    pub cached_input: u64,
    /// Of the input: written to the provider's prompt cache.
    #[serde(default)]
    pub cache_write: u64,
    /// Tokens written, reasoning included.
    pub output: u64,
    /// Of the output: reasoning.
    #[serde(default)]
    pub reasoning: u64,
}

impl TokenUsage {
    /// Input and output together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl Add for TokenUsage {
    type Output = Self;

    /// Adds field by field; sums that would overflow stay at the maximum.
    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cached_input: self.cached_input.saturating_add(other.cached_input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            output: self.output.saturating_add(other.output),
            reasoning: self.reasoning.saturating_add(other.reasoning),
        }
    }
}

impl AddAssign for TokenUsage {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
