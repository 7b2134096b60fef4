//! Who may be reached, for the proxy and for whoever asks beside it.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;

use super::domains::Domains;
use super::resolve::{Resolver, SystemResolver, checked};

const PORTS: [u16; 2] = [80, 443];

/// Who may be reached: domains, ports, and addresses of the public network.
///
/// A name is resolved once, and each of its addresses is checked, so what is connected to is what was checked.
#[derive(Debug, Clone)]
#[must_use]
pub struct Egress {
    domains: Domains,
    ports: Vec<u16>,
    addresses: Vec<IpAddr>,
    resolver: Arc<dyn Resolver>,
}

/// Why a host was not reached.
#[derive(Debug)]
#[non_exhaustive]
pub enum EgressError {
    /// It is not on the list, nor its port, its name does not resolve, or one of its addresses is not of the public network.
    Forbidden,
    /// Nobody answered.
    Unreachable(io::Error),
}

impl fmt::Display for EgressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forbidden => f.write_str("this host is not on the list of those that may be reached"),
            Self::Unreachable(error) => write!(f, "the host cannot be reached: {error}"),
        }
    }
}

impl std::error::Error for EgressError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Forbidden => None,
            Self::Unreachable(error) => Some(error),
        }
    }
}

impl Egress {
    /// The way out to these domains, ports 80 and 443.
    pub fn new(domains: Domains) -> Self {
        Self { domains, ports: PORTS.to_vec(), addresses: Vec::new(), resolver: Arc::new(SystemResolver) }
    }

    /// The same to these ports and no others.
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.ports = ports.into_iter().collect();
        self
    }

    /// The same, with addresses that are not of the public network and may be reached all the same.
    pub fn allow_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.addresses = addresses.into_iter().collect();
        self
    }

    /// The same with another resolver.
    pub fn resolver(mut self, resolver: impl Resolver + 'static) -> Self {
        self.resolver = Arc::new(resolver);
        self
    }

    /// Whether a host, by its name, and a port may be reached. Where the name leads is still to be checked.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16) -> bool {
        self.domains.allow(host) && self.ports.contains(&port)
    }

    /// The addresses of a host, resolved now, where every one of them may be reached.
    ///
    /// # Errors
    /// [`EgressError::Forbidden`] when the host, the port or one of the addresses may not be reached, or the name does not
    /// resolve.
    pub async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, EgressError> {
        if !self.allows(host, port) {
            return Err(EgressError::Forbidden);
        }
        checked(&*self.resolver, &self.addresses, host, port).await.ok_or(EgressError::Forbidden)
    }

    /// A connection to a host that may be reached.
    ///
    /// # Errors
    /// As [`addresses`](Self::addresses), and [`EgressError::Unreachable`].
    pub async fn connect(&self, host: &str, port: u16) -> Result<TcpStream, EgressError> {
        let addresses = self.addresses(host, port).await?;
        TcpStream::connect(addresses.as_slice()).await.map_err(EgressError::Unreachable)
    }
}
