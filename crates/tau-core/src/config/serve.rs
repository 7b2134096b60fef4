//! How `tau serve` serves: where, whom, and how much at a time.

use std::net::SocketAddr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::error::{ConfigError, ConfigErrorKind};
use super::merge::merge_fields;
use crate::duration::HumanDuration;

/// The least that a server's buffer for headers takes.
const LEAST_HEADER_BYTES: u32 = 8 << 10;

/// How deep the decoder of JSON reads.
const DEEPEST_JSON: u32 = 120;

/// How `tau serve` serves. The defaults are safe on a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServeConfig {
    /// The address and port to listen on; port 0 takes any that is free. Default: `127.0.0.1:8321`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "address")]
    #[cfg_attr(feature = "schema", schemars(with = "Option<String>"))]
    pub listen: Option<SocketAddr>,
    /// Origins of web pages that may call, such as `https://console.example`. Default: none but the server's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_origins: Option<Vec<String>>,
    /// Names under which the server may be called, each with its port or, for any port, without; `*` stands for all, where
    /// something in front of the server checks. Default: the names of loopback, where the server listens there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_hosts: Option<Vec<String>>,
    /// How many sessions may be live. Default: 10000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_sessions: Option<u32>,
    /// How many runs may wait in one session. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_queued_runs: Option<u32>,
    /// Sizes and shapes of messages.
    pub messages: ServeMessages,
    /// Connections, and what one of them may use.
    pub connections: ServeConnections,
    /// Calls of all connections together.
    pub load: ServeLoad,
    /// How long things may take.
    pub deadlines: ServeDeadlines,
}

merge_fields!(ServeConfig {
    listen,
    allowed_origins,
    allowed_hosts,
    max_sessions,
    max_queued_runs,
    messages,
    connections,
    load,
    deadlines,
});

/// Sizes and shapes of what callers send.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServeMessages {
    /// Bytes of one message, before and after decompression. Default: 16777216, which is 16 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u32>,
    /// How deep objects and arrays of a JSON message may be nested, at most 120. Default: 64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_json_depth: Option<u32>,
}

merge_fields!(ServeMessages { max_bytes, max_json_depth });

/// Connections, and what one of them may use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServeConnections {
    /// Connections at a time; the next is closed at once. Default: 16384.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Connections of one address at a time; loopback is not counted. Default: 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_per_address: Option<u32>,
    /// Calls at a time on one HTTP/2 connection. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent_streams: Option<u32>,
    /// Headers of one request. Default: 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_headers: Option<u32>,
    /// Bytes of all headers of one request, at least 8192. Default: 32768.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_header_bytes: Option<u32>,
    /// After what silence an HTTP/2 client is pinged. Default: 20s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive_interval: Option<HumanDuration>,
    /// How long it may take to answer that. Default: 10s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive_timeout: Option<HumanDuration>,
}

merge_fields!(ServeConnections {
    max,
    max_per_address,
    max_concurrent_streams,
    max_headers,
    max_header_bytes,
    keepalive_interval,
    keepalive_timeout,
});

/// How much is done at a time, of all connections together; more is refused as `overloaded`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServeLoad {
    /// Calls that are answered at once. Default: 8192.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_calls: Option<u32>,
    /// Streams. Default: 131072.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_streams: Option<u32>,
}

merge_fields!(ServeLoad { max_calls, max_streams });

/// How long things may take.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ServeDeadlines {
    /// The first request of a connection, TLS included, and over HTTP/1.1 the headers of each: so long may a connection be
    /// idle before it. Default: 5s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headers: Option<HumanDuration>,
    /// The one message that a call of a stream begins with. Default: 30s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<HumanDuration>,
    /// A unary call whose caller sets no deadline. Default: 1m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unary: Option<HumanDuration>,
    /// A unary call, whatever its caller asks for. Default: 10m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_unary: Option<HumanDuration>,
    /// How long a stream lies before a caller that takes nothing of it, before it ends as `subscriber_too_slow`. Default:
    /// 2m.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<HumanDuration>,
    /// After what silence a stream sends a sign of life. Default: 15s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<HumanDuration>,
    /// How long runs may still take when the server ends. Default: 30s.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drain: Option<HumanDuration>,
}

merge_fields!(ServeDeadlines { headers, request, unary, max_unary, read, heartbeat, drain });

/// An address with its port. Serde's own words say neither what is wrong nor how it is written.
fn address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let wrong = |_| {
        let hint = "write numbers, such as \"127.0.0.1:8321\" or \"[::1]:8321\"";
        D::Error::custom(format_args!("`{text}` is not an address with a port; {hint}"))
    };
    text.parse().map(Some).map_err(wrong)
}

impl ServeConfig {
    pub(super) fn validate(&self, path: &str, problems: &mut Vec<ConfigError>) {
        let mut add = |kind, key: &str, problem: String, hint: &str| {
            let error = ConfigError::new(kind, format!("{path}.{key}"), problem);
            problems.push(if hint.is_empty() { error } else { error.with_hint(hint) });
        };
        for (key, _) in self.counts().into_iter().filter(|(_, count)| *count == Some(0)) {
            add(ConfigErrorKind::InvalidValue, key, "with 0 nobody could be served".to_owned(), "");
        }
        let is_zero = |time: Option<HumanDuration>| time.is_some_and(|time| time.get().is_zero());
        for (key, _) in self.times().into_iter().filter(|(_, time)| is_zero(*time)) {
            add(ConfigErrorKind::InvalidValue, key, "nothing is done in no time".to_owned(), "");
        }
        if let Some(bytes) = self.connections.max_header_bytes.filter(|bytes| *bytes < LEAST_HEADER_BYTES) {
            let problem = format!("{bytes} is less than headers may need, which is {LEAST_HEADER_BYTES}");
            add(ConfigErrorKind::InvalidValue, "connections.max_header_bytes", problem, "");
        }
        if let Some(depth) = self.messages.max_json_depth.filter(|depth| *depth > DEEPEST_JSON) {
            let problem = format!("{depth} levels are more than can be read, which is {DEEPEST_JSON}");
            add(ConfigErrorKind::InvalidValue, "messages.max_json_depth", problem, "");
        }
        if let (Some(usual), Some(most)) = (self.deadlines.unary, self.deadlines.max_unary)
            && usual.get() > most.get()
        {
            let problem = format!("{usual} is longer than `{path}.deadlines.max_unary`, which is {most}");
            add(ConfigErrorKind::Conflict, "deadlines.unary", problem, "");
        }
        for (place, origin) in self.allowed_origins.iter().flatten().enumerate() {
            if !is_origin(origin) {
                let (key, problem) = (format!("allowed_origins[{place}]"), "not an origin".to_owned());
                let hint = "write scheme, host and port as browsers do, such as \"https://console.example\"";
                add(ConfigErrorKind::InvalidValue, &key, problem, hint);
            }
        }
        for (place, host) in self.allowed_hosts.iter().flatten().enumerate() {
            if host.is_empty() || host.contains(['/', '@']) || host.contains(char::is_whitespace) {
                let (key, problem) = (format!("allowed_hosts[{place}]"), "not a host".to_owned());
                let hint = "write a name, with its port or without, such as \"agents.example\"";
                add(ConfigErrorKind::InvalidValue, &key, problem, hint);
            }
        }
    }

    /// What may not be none.
    fn counts(&self) -> [(&'static str, Option<u32>); 10] {
        let (messages, connections, load) = (&self.messages, &self.connections, &self.load);
        [
            ("max_sessions", self.max_sessions),
            ("max_queued_runs", self.max_queued_runs),
            ("messages.max_bytes", messages.max_bytes),
            ("messages.max_json_depth", messages.max_json_depth),
            ("connections.max", connections.max),
            ("connections.max_per_address", connections.max_per_address),
            ("connections.max_concurrent_streams", connections.max_concurrent_streams),
            ("connections.max_headers", connections.max_headers),
            ("load.max_calls", load.max_calls),
            ("load.max_streams", load.max_streams),
        ]
    }

    /// What may not be at once. A drain may.
    fn times(&self) -> [(&'static str, Option<HumanDuration>); 8] {
        let (connections, deadlines) = (&self.connections, &self.deadlines);
        [
            ("connections.keepalive_interval", connections.keepalive_interval),
            ("connections.keepalive_timeout", connections.keepalive_timeout),
            ("deadlines.headers", deadlines.headers),
            ("deadlines.request", deadlines.request),
            ("deadlines.unary", deadlines.unary),
            ("deadlines.max_unary", deadlines.max_unary),
            ("deadlines.read", deadlines.read),
            ("deadlines.heartbeat", deadlines.heartbeat),
        ]
    }
}

/// Whether a text is scheme, host and perhaps port, and nothing after them: a browser sends no more.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let is_scheme = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_host = !host.is_empty() && !host.contains(['/', '?', '#', '@', '*']);
    is_scheme && is_host && !scheme.is_empty() && !host.contains(char::is_whitespace)
}
