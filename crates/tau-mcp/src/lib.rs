//! Model Context Protocol client: servers' tools as tool executors.

pub mod client;
pub mod config;
pub mod tool;

mod error;
mod text;

pub use client::{AnnotationTrust, ConnectOptions, Lifecycle, Server, ServerInfo};
pub use error::{McpError, McpErrorKind};
pub use tool::McpTool;
