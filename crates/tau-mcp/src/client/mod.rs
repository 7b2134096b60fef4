//! Connections to servers.

mod link;
mod listing;
mod options;
mod probe;
mod process;
mod server;
mod stderr;
mod stdio;

pub use options::{AnnotationTrust, ConnectOptions, Lifecycle};
pub use server::{Server, ServerInfo};

pub(crate) use link::Link;
