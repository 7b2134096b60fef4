//! Connections to servers.

mod elicitation;
mod handler;
mod handshake;
mod link;
mod listing;
mod options;
mod progress;
mod rounds;
mod server;
mod subscription;
mod tasks;

pub use elicitation::{Elicitation, ElicitationAnswer, Elicitor};
pub use options::{AnnotationTrust, ConnectOptions, Lifecycle};
pub use server::{Server, ServerInfo};

pub(crate) use link::Link;
