//! The ways out of the network namespace.

use serde::{Deserialize, Serialize};

/// The ways out of the network namespace. Inside there is a loopback of its own and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Network {
    /// No way out.
    #[default]
    None,
    /// A port inside on which the *host* accepts: the listener is passed out
    /// ([`Sandbox::take_proxy_listener`](crate::Sandbox::take_proxy_listener)), `HTTP_PROXY` and its kin name it inside.
    /// Whoever accepts decides what gets out; the feature `proxy` has a server with an allow-list of domains.
    Proxy,
}
