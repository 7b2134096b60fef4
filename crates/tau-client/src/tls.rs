//! Connections with TLS: whom they trust, and as whom they call.
//!
//! `connectrpc` has its own, which brings a cryptography library that needs cmake.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::Service;

/// Whom connections over TLS trust, and as whom they call. Without anything: the authorities that the system trusts, and
/// nobody.
#[derive(Clone, Default)]
pub struct Tls {
    /// `None`: those of the system.
    roots: Option<Arc<RootCertStore>>,
    identity: Option<Arc<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (has_roots, has_identity) = (self.roots.is_some(), self.identity.is_some());
        f.debug_struct("Tls").field("roots", &has_roots).field("identity", &has_identity).finish()
    }
}

/// What was given for TLS cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTls {
    /// There is no authority in it, as PEM, or one that is none.
    Roots,
    /// There is no certificate in it, as PEM, or one that is none.
    Certificate,
    /// There is no private key in it, as PEM, or it is not the certificate's.
    Key,
}

impl fmt::Display for InvalidTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Roots => "the authorities to trust cannot be read; give certificates as PEM",
            Self::Certificate => "the certificate cannot be read; give it as PEM, the caller's own first",
            Self::Key => "the private key cannot be read, or is not the certificate's; give it as PEM",
        })
    }
}

impl std::error::Error for InvalidTls {}

impl Tls {
    /// Trusts these authorities, as PEM, and no others: for a server whose certificate the system does not know.
    ///
    /// # Errors
    /// [`InvalidTls::Roots`].
    pub fn with_roots(mut self, pem: &[u8]) -> Result<Self, InvalidTls> {
        let mut roots = RootCertStore::empty();
        for root in certificates(pem).ok_or(InvalidTls::Roots)? {
            roots.add(root).map_err(|_| InvalidTls::Roots)?;
        }
        self.roots = Some(Arc::new(roots));
        Ok(self)
    }

    /// Calls with a certificate (mutual TLS): its chain, the caller's own first, and its private key (PKCS #8, PKCS #1 or
    /// SEC 1), as PEM.
    ///
    /// # Errors
    /// [`InvalidTls::Certificate`] and [`InvalidTls::Key`]. No error repeats a key.
    pub fn with_identity(mut self, chain: &[u8], key: &[u8]) -> Result<Self, InvalidTls> {
        let chain = certificates(chain).ok_or(InvalidTls::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| InvalidTls::Key)?;
        self.identity = Some(Arc::new((chain, key)));
        // Whether they belong together is found out now and not when a connection is made.
        self.config().map_err(|_| InvalidTls::Key)?;
        Ok(self)
    }

    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let config = match &self.roots {
            Some(roots) => config.with_root_certificates(Arc::clone(roots)),
            None => config.with_platform_verifier()?,
        };
        let mut config = match self.identity.as_deref() {
            Some((chain, key)) => config.with_client_auth_cert(chain.clone(), key.clone_key())?,
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

/// Certificates as PEM, at least one.
fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    read.ok().filter(|read| !read.is_empty())
}

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector(TlsConnector);

impl Connector {
    pub(crate) fn new(tls: &Tls) -> Result<Self, rustls::Error> {
        Ok(Self(TlsConnector::from(Arc::new(tls.config()?))))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<TlsStream<TcpStream>>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.0.clone();
        async move {
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
            let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(443))).await?;
            stream.set_nodelay(true)?;
            let stream = connector.connect(name, stream).await?;
            if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                return Err(io::Error::other("the server does not speak HTTP/2"));
            }
            Ok(TokioIo::new(stream))
        }
        .boxed()
    }
}
