//! What the HTTP side allows, with defaults that are safe on a network.

use std::time::Duration;

use tau_core::Secret;

use super::tls::Tls;

/// What the HTTP side allows.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct HttpOptions {
    /// Sizes and shapes of messages.
    pub messages: MessageOptions,
    /// Connections.
    pub connections: ConnectionOptions,
    /// Calls of all connections together.
    pub load: LoadOptions,
    /// Times.
    pub deadlines: DeadlineOptions,
    /// Who may call.
    pub access: AccessOptions,
    /// TLS on connections over TCP. None: they are not encrypted, so what is listened on should be loopback, or something
    /// in front should encrypt.
    pub tls: Option<Tls>,
}

/// Sizes and shapes of what callers send.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MessageOptions {
    /// Bytes of one message, before and after decompression. 16 MiB.
    pub max_bytes: usize,
    /// How deep objects and arrays of a JSON message may be nested. 64; more than 120 has no effect, the decoder ends there.
    pub max_json_depth: usize,
}

impl Default for MessageOptions {
    fn default() -> Self {
        Self { max_bytes: 16 << 20, max_json_depth: 64 }
    }
}

/// Connections, and what one of them may use.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ConnectionOptions {
    /// Connections at a time. 16,384; the next is closed at once.
    pub max_connections: usize,
    /// Connections of one address at a time. 256. Loopback and Unix sockets are not counted.
    pub max_connections_per_address: usize,
    /// Calls at a time on one HTTP/2 connection. 1,000.
    pub max_concurrent_streams: u32,
    /// Bytes that an HTTP/2 client may send of one call before they are read. 64 KiB.
    pub stream_window: u32,
    /// The same of all calls of a connection. 64 MiB: many small unread frames in a small window end the connection
    /// (h2 since 0.4.16, `too_many_data_frames`).
    pub connection_window: u32,
    /// Headers of one request. 100.
    pub max_headers: usize,
    /// Bytes of all headers of one request. 32 KiB; no less than 8 KiB.
    pub max_header_bytes: u32,
    /// How long a connection may take for its first request, TLS included, and over HTTP/1.1 for the headers of each. 5 s.
    pub header_timeout: Duration,
    /// After what silence an HTTP/2 client is pinged. 20 s.
    pub keepalive_interval: Duration,
    /// How long it may take to answer. 10 s.
    pub keepalive_timeout: Duration,
}

impl Default for ConnectionOptions {
    fn default() -> Self {
        Self {
            max_connections: 16_384,
            max_connections_per_address: 256,
            max_concurrent_streams: 1_000,
            stream_window: 64 << 10,
            connection_window: 64 << 20,
            max_headers: 100,
            max_header_bytes: 32 << 10,
            header_timeout: Duration::from_secs(5),
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
        }
    }
}

/// How much is done at a time. What is over it is refused with
/// [`Reason::Overloaded`](crate::server::Reason::Overloaded) before its message is read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LoadOptions {
    /// Calls that are answered at once: from their headers until their answer has left. 8,192.
    pub max_calls: usize,
    /// Streams. 131,072.
    pub max_streams: usize,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self { max_calls: 8 << 10, max_streams: 128 << 10 }
    }
}

/// How long things may take.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeadlineOptions {
    /// The deadline of a unary call whose client sets none: from its headers to the end of its work. 60 s. Streams have none.
    pub default_unary: Duration,
    /// The longest deadline of a unary call; a client that asks for more gets this. 10 min.
    pub max_unary: Duration,
    /// How long the one message that a call of a stream begins with may take to arrive. 30 s.
    pub request: Duration,
    /// How long a drain waits for what is on before it cuts the rest. 30 s.
    pub drain: Duration,
}

impl Default for DeadlineOptions {
    fn default() -> Self {
        Self {
            default_unary: Duration::from_secs(60),
            max_unary: Duration::from_secs(600),
            request: Duration::from_secs(30),
            drain: Duration::from_secs(30),
        }
    }
}

/// Who may call.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct AccessOptions {
    /// Origins of web pages that may call, such as `https://console.example`. None: only pages of this very server. Callers
    /// that send no `Origin`, which are no browsers, are not concerned.
    pub allowed_origins: Vec<String>,
    /// The names under which the server may be called.
    pub allowed_hosts: AllowedHosts,
    /// What callers over TCP must send as `authorization: Bearer`. None: nobody is asked. Callers over a Unix socket are not
    /// asked either: the mode of its file says who they may be.
    pub token: Option<Secret>,
}

/// The names under which the server may be called: the `Host` header of a request. A web page can give its own name the
/// address of this machine (DNS rebinding) and then calls with that name. Unix sockets are not concerned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AllowedHosts {
    /// On connections over loopback `localhost`, `127.0.0.1` and `[::1]`; on others any.
    #[default]
    LoopbackNames,
    /// These, each with its port or, for any port, without.
    Listed(Vec<String>),
    /// Any: something in front of the server checks.
    Any,
}
