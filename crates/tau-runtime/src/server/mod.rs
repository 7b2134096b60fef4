//! The interface: sessions of a [`Runtime`](crate::runtime::Runtime) over ConnectRPC.

pub mod http;

mod admin;
mod extension;
mod failure;
mod hook_report;
mod interface;
mod operator;
mod reason;
mod respond;
mod service;
mod stream;
pub(crate) mod wire;

pub use interface::{Interface, InterfaceError, InterfaceOptions, Readiness};
pub use operator::{Document, Finding, LogDirectives, LogFilter, Operator, Probe, Severity};
pub use reason::Reason;
pub(crate) use respond::respond;
pub use service::ServiceOptions;
