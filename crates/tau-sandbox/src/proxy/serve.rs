//! The proxy and what it goes by.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::connection;
use super::domains::Domains;
use super::egress::Egress;
use super::resolve::Resolver;

/// Connections at a time. More wait to be accepted.
const CONNECTIONS: usize = 128;

/// An HTTP proxy with an allow-list of domains.
#[derive(Debug)]
#[must_use]
pub struct Proxy {
    pub(super) egress: Egress,
    pub(super) headers: Headers,
}

/// A header that is added to a plain HTTP request. Neither it nor what holds it prints its value.
#[derive(Clone)]
#[non_exhaustive]
pub struct Header {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl Header {
    /// A header; nothing when it would not be one line of visible text.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Option<Self> {
        let (name, value) = (name.into(), value.into());
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let is_value = value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        (is_name && is_value).then_some(Self { name, value })
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("name", &self.name).finish_non_exhaustive()
    }
}

type ForHost = dyn Fn(&str) -> Vec<Header> + Send + Sync;

pub(super) struct Headers(Option<Box<ForHost>>);

impl Headers {
    pub(super) fn of(&self, host: &str) -> Vec<Header> {
        self.0.as_ref().map(|headers| headers(host)).unwrap_or_default()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Headers(..)" } else { "Headers(none)" })
    }
}

impl Proxy {
    /// A proxy to these domains, ports 80 and 443.
    pub fn new(domains: Domains) -> Self {
        Self { egress: Egress::new(domains), headers: Headers(None) }
    }

    /// The same to these ports and no others.
    pub fn ports(mut self, ports: impl IntoIterator<Item = u16>) -> Self {
        self.egress = self.egress.ports(ports);
        self
    }

    /// The same, with addresses that are not of the public network and may be reached all the same, such as a mirror in
    /// the own network. A host still has to be on the list.
    pub fn allow_addresses(mut self, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.egress = self.egress.allow_addresses(addresses);
        self
    }

    /// The same with another resolver.
    pub fn resolver(mut self, resolver: impl Resolver + 'static) -> Self {
        self.egress = self.egress.resolver(resolver);
        self
    }

    /// The same, adding headers to plain HTTP requests to a host: credentials that the sandbox never sees. What is said in
    /// a tunnel (HTTPS) cannot be added to.
    pub fn add_headers(mut self, headers: impl Fn(&str) -> Vec<Header> + Send + Sync + 'static) -> Self {
        self.headers = Headers(Some(Box::new(headers)));
        self
    }

    /// Serves until it is dropped; every connection ends with it. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub async fn serve(self, listener: std::net::TcpListener) -> io::Result<()> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let proxy = Arc::new(self);
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
            let (stream, _) = listener.accept().await?;
            let proxy = Arc::clone(&proxy);
            connections.spawn(async move {
                // A connection that breaks is the program's to notice.
                let _ = connection::serve(&proxy, stream).await;
                drop(permit);
            });
            while connections.try_join_next().is_some() {}
        }
    }
}
