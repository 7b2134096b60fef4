//! Names to addresses.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use super::address;

/// Addresses of a host, to come.
pub type Addresses<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Whoever knows the addresses of hosts. It is asked once for each connection.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of a host whose name is on the list, with the port.
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a>;
}

/// The resolver of the system.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// The addresses of a host, all of which may be reached; nothing when one may not, or there is none.
pub(super) async fn checked(
    resolver: &dyn Resolver,
    also: &[IpAddr],
    host: &str,
    port: u16,
) -> Option<Vec<SocketAddr>> {
    let addresses = resolver.resolve(host, port).await.ok()?;
    let may = |address: &SocketAddr| address::is_public(address.ip()) || also.contains(&address.ip());
    (!addresses.is_empty() && addresses.iter().all(may)).then_some(addresses)
}
