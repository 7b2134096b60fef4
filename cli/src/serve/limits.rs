//! What a server allows, as the configuration says.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tau_core::HumanDuration;
use tau_core::config::ServeConfig;
use tau_runtime::runtime::DEFAULT_MAX_SESSIONS;
use tau_runtime::server::ServiceOptions;
use tau_runtime::server::http::{AllowedHosts, HttpOptions};

use crate::config::{LoadError, Loaded};

/// Where a server listens unless said otherwise.
const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8321);

/// How long runs may still take when a server ends, unless said otherwise.
const DRAIN: HumanDuration = HumanDuration::from_secs(30);

/// What a server is started with.
#[derive(Debug)]
pub(crate) struct Limits {
    pub(crate) http: HttpOptions,
    pub(crate) service: ServiceOptions,
    pub(crate) max_sessions: usize,
    pub(crate) listen: SocketAddr,
    pub(crate) drain: Duration,
}

impl Limits {
    /// What the configuration says.
    ///
    /// # Errors
    /// When a key of the server's is wrong. What else is wrong is told to those who ask for a session.
    pub(crate) fn new(loaded: &Loaded) -> Result<Self, LoadError> {
        let mut problems = loaded.problems();
        problems.retain(|problem| problem.path().starts_with("serve."));
        if !problems.is_empty() {
            return Err(LoadError::from_problems(&problems));
        }
        let config = &loaded.config.serve;
        let mut service = ServiceOptions::default();
        set(&mut service.heartbeat_interval, time(config.deadlines.heartbeat));
        set(&mut service.read_timeout, time(config.deadlines.read));
        set(&mut service.max_queued_runs, size(config.max_queued_runs));
        Ok(Self {
            http: http(config),
            service,
            max_sessions: size(config.max_sessions).unwrap_or(DEFAULT_MAX_SESSIONS),
            listen: config.listen.unwrap_or(LISTEN),
            drain: config.deadlines.drain.unwrap_or(DRAIN).get(),
        })
    }
}

fn http(config: &ServeConfig) -> HttpOptions {
    let mut http = HttpOptions::default();
    let messages = &mut http.messages;
    set(&mut messages.max_bytes, size(config.messages.max_bytes));
    set(&mut messages.max_json_depth, size(config.messages.max_json_depth));
    let connections = &mut http.connections;
    set(&mut connections.max_connections, size(config.connections.max));
    set(&mut connections.max_connections_per_address, size(config.connections.max_per_address));
    set(&mut connections.max_concurrent_streams, config.connections.max_concurrent_streams);
    set(&mut connections.max_headers, size(config.connections.max_headers));
    set(&mut connections.max_header_bytes, config.connections.max_header_bytes);
    set(&mut connections.header_timeout, time(config.deadlines.headers));
    set(&mut connections.keepalive_interval, time(config.connections.keepalive_interval));
    set(&mut connections.keepalive_timeout, time(config.connections.keepalive_timeout));
    set(&mut http.load.max_calls, size(config.load.max_calls));
    set(&mut http.load.max_streams, size(config.load.max_streams));
    let deadlines = &mut http.deadlines;
    set(&mut deadlines.request, time(config.deadlines.request));
    set(&mut deadlines.default_unary, time(config.deadlines.unary));
    set(&mut deadlines.max_unary, time(config.deadlines.max_unary));
    set(&mut http.access.allowed_origins, config.allowed_origins.clone());
    set(&mut http.access.allowed_hosts, config.allowed_hosts.clone().map(hosts));
    http
}

fn hosts(names: Vec<String>) -> AllowedHosts {
    if names.iter().any(|name| name == "*") { AllowedHosts::Any } else { AllowedHosts::Listed(names) }
}

fn set<T>(option: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *option = value;
    }
}

fn size(count: Option<u32>) -> Option<usize> {
    count.map(|count| count as usize)
}

fn time(time: Option<HumanDuration>) -> Option<Duration> {
    time.map(HumanDuration::get)
}

/// What is so unless said otherwise, as the configuration would say it. The names of the server follow its address.
pub(crate) fn defaults() -> ServeConfig {
    let (http, service) = (HttpOptions::default(), ServiceOptions::default());
    let count = |size: usize| u32::try_from(size).ok();
    let mut config = ServeConfig::default();
    config.listen = Some(LISTEN);
    config.max_sessions = count(DEFAULT_MAX_SESSIONS);
    config.max_queued_runs = count(service.max_queued_runs);
    config.messages.max_bytes = count(http.messages.max_bytes);
    config.messages.max_json_depth = count(http.messages.max_json_depth);
    config.connections.max = count(http.connections.max_connections);
    config.connections.max_per_address = count(http.connections.max_connections_per_address);
    config.connections.max_concurrent_streams = Some(http.connections.max_concurrent_streams);
    config.connections.max_headers = count(http.connections.max_headers);
    config.connections.max_header_bytes = Some(http.connections.max_header_bytes);
    config.connections.keepalive_interval = Some(http.connections.keepalive_interval.into());
    config.connections.keepalive_timeout = Some(http.connections.keepalive_timeout.into());
    config.load.max_calls = count(http.load.max_calls);
    config.load.max_streams = count(http.load.max_streams);
    config.deadlines.headers = Some(http.connections.header_timeout.into());
    config.deadlines.request = Some(http.deadlines.request.into());
    config.deadlines.unary = Some(http.deadlines.default_unary.into());
    config.deadlines.max_unary = Some(http.deadlines.max_unary.into());
    config.deadlines.read = Some(service.read_timeout.into());
    config.deadlines.heartbeat = Some(service.heartbeat_interval.into());
    config.deadlines.drain = Some(DRAIN);
    config
}
