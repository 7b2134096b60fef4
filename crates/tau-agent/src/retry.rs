//! When a request is tried again, and how long to wait before.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use tau_core::config::ClientConfig;

use crate::error::AgentError;

/// The waits before the retries of one request.
#[derive(Debug)]
pub(crate) struct RetrySchedule {
    backoff: ExponentialBackoff,
    longest: Duration,
}

impl RetrySchedule {
    /// Half a second, doubled each time, with jitter, as often and as long as the configuration says.
    pub(crate) fn new(config: &ClientConfig) -> Self {
        let longest = config.max_retry_delay();
        let backoff = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(Duration::from_millis(500).min(longest))
            .with_max_delay(longest)
            .with_max_times(config.max_retries() as usize)
            .build();
        Self { backoff, longest }
    }

    /// How long to wait before trying again; `None` when the error stands.
    ///
    /// A server that asks for none is given the usual one. A server that asks for a longer wait than configured gets its error shown instead: nobody is helped by
    /// an agent that sleeps for an hour. A server that is not asked at all is not waited for either.
    pub(crate) fn next_delay(&mut self, error: &AgentError) -> Option<Duration> {
        if !error.is_retryable() || error.is_circuit_open() {
            return None;
        }
        let delay = self.backoff.next()?;
        match error.retry_after().filter(|asked| !asked.is_zero()) {
            Some(asked) if asked > self.longest => None,
            Some(asked) => Some(asked.saturating_add(jitter(asked))),
            None => Some(delay),
        }
    }
}

/// A little more than was asked for, so that all who were told the same do not come back at the same moment.
fn jitter(asked: Duration) -> Duration {
    const MOST: Duration = Duration::from_secs(2);
    (asked / 8).min(MOST).mul_f64(fastrand::f64())
}
