//! TLS: the certificate of the server, and those of its callers.

use std::fmt;
use std::io;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tau_core::Secret;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What HTTP is spoken, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS for connections over TCP: 1.2 and 1.3, with HTTP/2 and HTTP/1.1.
#[derive(Clone)]
pub struct Tls(TlsAcceptor);

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// Which callers a server with TLS talks to.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::exhaustive_enums, reason = "they have certificates or need none")]
pub enum TlsClients<'a> {
    /// Anybody.
    Any,
    /// Those with a certificate that one of these authorities signed (mutual TLS), as PEM.
    SignedBy(&'a [u8]),
}

/// The certificates of a caller, its own first, as DER: an extension of every request that came over mutual TLS. Who that
/// is, interceptors say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerCertificates(pub(super) Arc<[CertificateDer<'static>]>);

impl PeerCertificates {
    /// The certificates.
    pub fn der(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.0.iter().map(|certificate| &**certificate)
    }
}

/// TLS cannot be offered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// There is no certificate, or one that is none.
    #[error("the certificate: {0}")]
    Certificate(String),
    /// There is no private key, or it is not the certificate's.
    #[error("the private key: {0}")]
    Key(String),
    /// There is no authority of callers, or one that is none.
    #[error("the authorities of callers: {0}")]
    Authorities(String),
}

impl Tls {
    /// TLS with a chain of certificates, the server's own first, and its private key (PKCS #8, PKCS #1 or SEC 1), as PEM.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together. No error repeats a key.
    pub fn new(chain: &[u8], key: &Secret, clients: TlsClients<'_>) -> Result<Self, TlsError> {
        let chain = certificates(chain).map_err(TlsError::Certificate)?;
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
            .map_err(|_| TlsError::Key("there is none in it, as PEM".to_owned()))?;
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Certificate(error.to_string()))?;
        let config = match clients {
            TlsClients::Any => config.with_no_client_auth(),
            TlsClients::SignedBy(authorities) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(authorities).map_err(TlsError::Authorities)? {
                    roots.add(authority).map_err(|error| TlsError::Authorities(error.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(
                    verifier.map_err(|error| TlsError::Authorities(error.to_string()))?,
                )
            }
        };
        let mut config =
            config.with_single_cert(chain, key).map_err(|error| TlsError::Key(error.to_string()))?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// Shakes hands, and says who the caller is where it had to.
    pub(super) async fn accept<I>(&self, io: I) -> io::Result<(TlsStream<I>, Option<PeerCertificates>)>
    where
        I: AsyncRead + AsyncWrite + Unpin,
    {
        let stream = self.0.accept(io).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let certificates = certificates.map(|certificates| PeerCertificates(certificates.into()));
        Ok((stream, certificates))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|error| error.to_string())?;
    if read.is_empty() { Err("there is none in it, as PEM".to_owned()) } else { Ok(read) }
}
