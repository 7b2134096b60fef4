//! When a request is tried again, and how long to wait before.

use std::time::{Duration, SystemTime};

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
    /// A server that asks for a longer wait than configured gets its error shown instead: nobody is helped by
    /// an agent that sleeps for an hour.
    pub(crate) fn next_delay(&mut self, error: &AgentError) -> Option<Duration> {
        if !error.is_retryable() {
            return None;
        }
        let delay = self.backoff.next()?;
        match error.retry_after() {
            Some(asked) if asked > self.longest => None,
            Some(asked) => Some(asked),
            None => Some(delay),
        }
    }
}

/// Reads `Retry-After`: seconds, or a date. A date in the past asks for no wait.
pub(crate) fn parse_retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value.trim()).ok()?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_both_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let date = httpdate::fmt_http_date(now + Duration::from_secs(30));
        let cases = [
            ("7", Some(Duration::from_secs(7))),
            (" 0.5 ", Some(Duration::from_millis(500))),
            (date.as_str(), Some(Duration::from_secs(30))),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(Duration::ZERO)),
            ("-3", None),
            ("soon", None),
        ];
        for (value, expected) in cases {
            assert_eq!(parse_retry_after(value, now), expected, "{value}");
        }
    }
}
