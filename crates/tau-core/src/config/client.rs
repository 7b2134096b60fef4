//! How to talk to a provider's server: time limits and retries.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::merge::merge_fields;
use crate::duration::HumanDuration;

/// Time limits and retries of a client.
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
    /// How often a request is tried again before anything of its answer came. Default: 3.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retries: Option<u32>,
    /// The longest wait before a retry; a server that asks for more gets an error instead. Default: 1m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_retry_delay: Option<HumanDuration>,
}

merge_fields!(ClientConfig {
    connect_timeout,
    first_token_timeout,
    idle_timeout,
    max_retries,
    max_retry_delay
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
}
