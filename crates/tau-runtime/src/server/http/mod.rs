//! The HTTP side of the interface: connections, who may call, and what may be said.
//!
//! It knows nothing of the services: it takes anything that [dispatches](connectrpc::Dispatcher) calls, and serves it over
//! Connect, gRPC and gRPC-Web, on HTTP/1.1 and HTTP/2, on TCP with or without TLS and on Unix sockets, or in the same process.
//!
//! A request passes, in this order:
//!
//! 1. the connection: limits of number, time and size, TLS, and protection from floods of resets;
//! 2. [`HttpService`]: the `Host` and `Origin` headers, CORS, the token, the declared size, the deadline;
//! 3. `connectrpc`: protocol, decompression, size;
//! 4. the guard of the handlers: JSON that says what the descriptors do not know, deadlines of streams, panics.
//!
//! Every refusal on this way is an error of the caller's own protocol with an `ErrorDetail`.

mod access;
mod body;
mod connection;
mod cors;
mod guarded;
mod json;
mod leftover;
mod listener;
mod options;
mod panic;
mod peer;
mod refuse;
mod repair;
mod rpc;
mod serve;
mod service;
mod slots;
mod stream;
mod tls;

pub use body::RpcBody;
pub use json::{DescriptorError, JsonShapes};
pub use listener::Listener;
pub use options::{
    AccessOptions, AllowedHosts, ConnectionOptions, DeadlineOptions, HttpOptions, LoadOptions, MessageOptions,
};
pub use peer::Peer;
pub use serve::{Drained, serve};
pub use service::HttpService;
pub use stream::catch_stream;
pub use tls::{PeerCertificates, Tls, TlsClients, TlsError, TlsErrorKind};
