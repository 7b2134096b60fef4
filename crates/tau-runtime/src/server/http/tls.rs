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

/// Which of the files that TLS needs is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsErrorKind {
    /// The server's certificate: there is none, or one that is none.
    Certificate,
    /// Its private key: there is none, or it is not the certificate's.
    Key,
    /// The authorities of callers: there is none, or one that is none.
    Authorities,
}

/// TLS cannot be offered. What is wrong with a file, other than that nothing is in it, is the source.
#[derive(Debug, thiserror::Error)]
#[error("{}", match (.kind, .source.is_some()) {
    (TlsErrorKind::Certificate, true) => "the certificate cannot be used",
    (TlsErrorKind::Certificate, false) => "there is no certificate in it, as PEM",
    (TlsErrorKind::Key, true) => "the private key cannot be used",
    (TlsErrorKind::Key, false) => "there is no private key in it, as PEM",
    (TlsErrorKind::Authorities, true) => "the authorities of callers cannot be used",
    (TlsErrorKind::Authorities, false) => "there is no authority of callers in it, as PEM",
})]
pub struct TlsError {
    kind: TlsErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TlsError {
    /// That there is nothing of the kind.
    const fn none(kind: TlsErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// What makes one of the kind unusable.
    fn of<E: std::error::Error + Send + Sync + 'static>(kind: TlsErrorKind) -> impl Fn(E) -> Self {
        move |source| Self { kind, source: Some(Box::new(source)) }
    }

    /// Which file is at fault.
    #[must_use]
    pub const fn kind(&self) -> TlsErrorKind {
        self.kind
    }
}

impl Tls {
    /// TLS with a chain of certificates, the server's own first, and its private key (PKCS #8, PKCS #1 or SEC 1), as PEM.
    ///
    /// # Errors
    /// When one of them cannot be read, or they do not belong together. No error repeats a key.
    pub fn new(chain: &[u8], key: &Secret, clients: TlsClients<'_>) -> Result<Self, TlsError> {
        let chain = certificates(TlsErrorKind::Certificate, chain)?;
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
            // No source: it could repeat a part of the key.
            .map_err(|_| TlsError::none(TlsErrorKind::Key))?;
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::of(TlsErrorKind::Certificate))?;
        let config = match clients {
            TlsClients::Any => config.with_no_client_auth(),
            TlsClients::SignedBy(authorities) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(TlsErrorKind::Authorities, authorities)? {
                    roots.add(authority).map_err(TlsError::of(TlsErrorKind::Authorities))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                config.with_client_cert_verifier(verifier.map_err(TlsError::of(TlsErrorKind::Authorities))?)
            }
        };
        let mut config = config.with_single_cert(chain, key).map_err(TlsError::of(TlsErrorKind::Key))?;
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

fn certificates(kind: TlsErrorKind, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(TlsError::of(kind))?;
    if read.is_empty() { Err(TlsError::none(kind)) } else { Ok(read) }
}
