//! Whom a request came from.

use std::net::SocketAddr;

/// Whom a request came from. It is an extension of every request; one without it is refused what only known peers may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Peer {
    /// Over TCP.
    Tcp {
        /// The caller's address.
        remote: SocketAddr,
        /// The address that it reached.
        local: SocketAddr,
    },
    /// Over a Unix socket.
    Unix {
        /// The caller's user.
        uid: u32,
        /// The caller's process, where the system tells.
        pid: Option<i32>,
    },
    /// From this process.
    InProcess,
}

impl Peer {
    /// Whether it may be anybody who reaches the network.
    pub(super) const fn is_network(self) -> bool {
        matches!(self, Self::Tcp { .. })
    }

    /// Whether it reached the server over the loopback interface.
    pub(super) fn is_loopback(self) -> bool {
        matches!(self, Self::Tcp { local, .. } if local.ip().to_canonical().is_loopback())
    }
}
