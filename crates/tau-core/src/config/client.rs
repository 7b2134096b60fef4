//! How to talk to a provider's server: time limits, retries, and what all sessions of a process share.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, ConfigErrorKind};
use super::merge::merge_fields;
use crate::duration::HumanDuration;

/// Time limits and retries of a client, and the limits that all sessions of a process keep together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Until the connection stands. Default: 10s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_timeout: Option<HumanDuration>,
    /// From the request until the first byte of the answer: a local model may first have to load. Default: 5m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_token_timeout: Option<HumanDuration>,
    /// Between two parts of an answer; keep-alives do not count. Default: 2m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_timeout: Option<HumanDuration>,
    /// How long an answer that is an error may take to say what is wrong. Default: 5s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_body_timeout: Option<HumanDuration>,
    /// From the first try to the end of the answer, retries and waits included. Default: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_timeout: Option<HumanDuration>,
    /// How often a request is tried again before anything of its answer came. Default: 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<u32>,
    /// The longest wait before a retry; a server that asks for more gets an error instead. Default: 1m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retry_delay: Option<HumanDuration>,
    /// Retries within a minute that all requests of the process to the provider may make together. Default: 120.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_budget: Option<u32>,
    /// After so many failures of the server in a row it is not asked for a while; 0 for never. Default: 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker_failures: Option<u32>,
    /// How long the server is then not asked. Default: 30s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub breaker_cooldown: Option<HumanDuration>,
    /// Requests to the provider that may be under way at a time, of all sessions of the process. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<u32>,
    /// Tokens, read and written, that all sessions of the process may use of the provider within a minute. Default: no
    /// limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u64>,
}

merge_fields!(ClientConfig {
    connect_timeout,
    first_token_timeout,
    idle_timeout,
    error_body_timeout,
    total_timeout,
    max_retries,
    max_retry_delay,
    retry_budget,
    breaker_failures,
    breaker_cooldown,
    max_concurrent,
    tokens_per_minute,
});

impl ClientConfig {
    /// Until the connection stands.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        self.connect_timeout.map_or(Duration::from_secs(10), HumanDuration::get)
    }

    /// From the request until the first byte of the answer.
    #[must_use]
    pub fn first_token_timeout(&self) -> Duration {
        self.first_token_timeout.map_or(Duration::from_secs(300), HumanDuration::get)
    }

    /// Between two parts of an answer.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        self.idle_timeout.map_or(Duration::from_secs(120), HumanDuration::get)
    }

    /// How long an error may take to say what is wrong.
    #[must_use]
    pub fn error_body_timeout(&self) -> Duration {
        self.error_body_timeout.map_or(Duration::from_secs(5), HumanDuration::get)
    }

    /// From the first try to the end of the answer; `None` for no limit.
    #[must_use]
    pub fn total_timeout(&self) -> Option<Duration> {
        self.total_timeout.map(HumanDuration::get)
    }

    /// How often a request is tried again.
    #[must_use]
    pub fn max_retries(&self) -> u32 {
        self.max_retries.unwrap_or(3)
    }

    /// The longest wait before a retry.
    #[must_use]
    pub fn max_retry_delay(&self) -> Duration {
        self.max_retry_delay.map_or(Duration::from_secs(60), HumanDuration::get)
    }
    /// Retries within a minute that all requests to the provider may make together.
    #[must_use]
    pub fn retry_budget(&self) -> u32 {
        self.retry_budget.unwrap_or(120)
    }

    /// After how many failures in a row the server is not asked for a while; 0 for never.
    #[must_use]
    pub fn breaker_failures(&self) -> u32 {
        self.breaker_failures.unwrap_or(10)
    }

    /// How long the server is then not asked.
    #[must_use]
    pub fn breaker_cooldown(&self) -> Duration {
        self.breaker_cooldown.map_or(Duration::from_secs(30), HumanDuration::get)
    }

    pub(super) fn validate(&self, path: &str, problems: &mut Vec<ConfigError>) {
        let mut refuse = |key: &str, problem: &str| {
            problems.push(ConfigError::new(ConfigErrorKind::InvalidValue, format!("{path}.{key}"), problem));
        };
        if self.max_concurrent == Some(0) {
            refuse("max_concurrent", "no request could ever be made; leave it out for no limit");
        }
        if self.tokens_per_minute == Some(0) {
            refuse("tokens_per_minute", "no request could ever be made; leave it out for no limit");
        }
        let limits = [
            ("connect_timeout", self.connect_timeout),
            ("first_token_timeout", self.first_token_timeout),
            ("idle_timeout", self.idle_timeout),
            ("total_timeout", self.total_timeout),
        ];
        for (key, limit) in limits {
            if limit.is_some_and(|limit| limit.get().is_zero()) {
                refuse(key, "no answer can come in no time");
            }
        }
    }
}
