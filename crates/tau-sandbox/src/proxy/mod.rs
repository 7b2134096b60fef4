//! The way out of a sandbox: an HTTP proxy with an allow-list of domains.
//!
//! The network namespace of a sandbox is empty. With [`Network::Proxy`](crate::policy::Network::Proxy) it has one port, and
//! what accepts there is this process, outside, with the [`Sandbox::take_proxy_listener`](crate::Sandbox::take_proxy_listener)
//! that was passed out. So there is nothing to bypass: a program that ignores `HTTP_PROXY` reaches nothing.
//!
//! A request is let through when its host is on the list (an empty list is no way out), its port is allowed, and *every*
//! address of the host is one of the public network: a name that leads to a private address too is refused. The name is
//! resolved once, and the connection goes to an address that was checked, so nothing can change in between.
//!
//! `CONNECT` is a tunnel: what is said in it, and to which name, is between the program and that server. A plain HTTP
//! request is one request: its head is written anew, its length has to be known, and headers such as credentials can be
//! added here, where the sandbox does not see them.

mod address;
mod connection;
mod domains;
mod egress;
mod request;
mod resolve;
mod serve;

pub use domains::{DomainError, Domains};
pub use egress::{Egress, EgressError};
pub use resolve::{Addresses, Resolver, SystemResolver};
pub use serve::{Header, Proxy};
