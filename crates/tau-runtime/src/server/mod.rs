//! The interface: sessions of a [`Runtime`](crate::runtime::Runtime) over ConnectRPC.

pub mod http;

mod admin;
mod extension;
mod failure;
mod interface;
mod reason;
mod service;
mod stream;
pub(crate) mod wire;

pub use admin::{Document, Finding, Operator, Probe, Severity};
pub use interface::{Interface, InterfaceError, InterfaceOptions, Readiness};
pub use reason::Reason;
pub use service::ServiceOptions;
