//! TLS, and callers with certificates.

use std::error::Error;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use http::Request;
use http_body_util::Full;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tau_core::Secret;
use tau_runtime::server::http::{HttpOptions, Tls, TlsClients, TlsError, TlsErrorKind};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::support::{GET, PATIENCE, Server, reply};

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

/// An authority, and what it signs.
struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap().pem();
        Self { certificate, issuer: Issuer::new(params, key) }
    }

    fn sign(&self) -> Identity {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Identity { certificate, key: key.serialize_pem() }
    }
}

async fn serve(authority: &Authority, clients: TlsClients<'_>) -> Server {
    let identity = authority.sign();
    let tls = Tls::new(identity.certificate.as_bytes(), &Secret::new(identity.key), clients).unwrap();
    let mut options = HttpOptions::default();
    options.tls = Some(tls);
    options.connections.header_timeout = std::time::Duration::from_millis(300);
    Server::start(options).await
}

async fn connect(
    server: &Server,
    authority: &Authority,
    own: Option<&Identity>,
    protocol: &str,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.certificate.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match own {
        Some(own) => {
            let certificate = CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap();
            let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).unwrap();
            config.with_client_auth_cert(vec![certificate], key).unwrap()
        }
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![protocol.into()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await
}

fn request() -> Request<Full<bytes::Bytes>> {
    let request = Request::post(format!("https://localhost{GET}")).header("host", "localhost");
    request.header("content-type", "application/json").body(Full::from("{}")).unwrap()
}

/// A call over whichever HTTP was agreed on: its status, or why there was none.
async fn call(
    server: &Server,
    authority: &Authority,
    own: Option<&Identity>,
    protocol: &str,
) -> Result<u16, String> {
    let io = connect(server, authority, own, protocol).await.map_err(|error| error.to_string())?;
    let agreed = io.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    assert_eq!(agreed.as_deref(), Some(protocol.as_bytes()));
    let answer = async {
        if protocol == "h2" {
            let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await?;
            tokio::spawn(connection);
            sender.send_request(request()).await
        } else {
            let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await?;
            tokio::spawn(connection);
            sender.send_request(request()).await
        }
    };
    let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer");
    match answer {
        Ok(answer) => Ok(reply(answer).await.status.as_u16()),
        Err(error) => Err(error.to_string()),
    }
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_over_tls() {
    let authority = Authority::new();
    let server = serve(&authority, TlsClients::Any).await;
    for protocol in ["h2", "http/1.1"] {
        assert_eq!(call(&server, &authority, None, protocol).await, Ok(200), "{protocol}");
    }
    // Without TLS nobody is answered.
    let plain = server.raw(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(!plain.starts_with(b"HTTP"), "{plain:?}");
}

#[tokio::test]
async fn a_caller_without_the_right_certificate_is_not_talked_to() {
    let (authority, other) = (Authority::new(), Authority::new());
    let clients = TlsClients::SignedBy(authority.certificate.as_bytes());
    let server = serve(&authority, clients).await;
    let (own, stranger) = (authority.sign(), other.sign());
    assert_eq!(call(&server, &authority, Some(&own), "h2").await, Ok(200));
    for wrong in [None, Some(&stranger)] {
        let refused = call(&server, &authority, wrong, "h2").await;
        assert!(refused.is_err(), "{refused:?}");
    }
}

/// Interceptors and handlers are told by which certificate.
#[tokio::test]
async fn who_calls_is_told_by_the_certificate() {
    let authority = Authority::new();
    let server = serve(&authority, TlsClients::SignedBy(authority.certificate.as_bytes())).await;
    let own = authority.sign();
    let io = connect(&server, &authority, Some(&own), "http/1.1").await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(io)).await.unwrap();
    tokio::spawn(connection);
    let who: Request<Full<bytes::Bytes>> = request().map(|_| Full::from(r#"{"sessionId":"who"}"#));
    let answer = tokio::time::timeout(PATIENCE, sender.send_request(who)).await.expect("an answer");
    let told = reply(answer.unwrap()).await.json()["session"]["sessionId"].clone();
    let certificate = CertificateDer::from_pem_slice(own.certificate.as_bytes()).unwrap();
    assert_eq!(told, BASE64_STANDARD_NO_PAD.encode(certificate));
}

#[tokio::test]
async fn whoever_connects_and_says_nothing_is_let_go() {
    let server = serve(&Authority::new(), TlsClients::Any).await;
    assert_eq!(server.raw(b"").await, b"");
}

#[test]
fn what_is_no_certificate_or_key_is_told_apart_and_not_repeated() {
    let authority = Authority::new();
    let (one, other) = (authority.sign(), authority.sign());
    let tls = |certificate: &str, key: &str, clients| {
        Tls::new(certificate.as_bytes(), &Secret::new(key), clients).unwrap_err()
    };
    let check = |error: TlsError, kind, said: &str, has_source| {
        assert_eq!((error.kind(), error.to_string().as_str()), (kind, said));
        assert_eq!(error.source().is_some(), has_source, "{error:?}");
    };
    let (certificate, key) = (TlsErrorKind::Certificate, TlsErrorKind::Key);
    check(
        tls("no PEM", &one.key, TlsClients::Any),
        certificate,
        "there is no certificate in it, as PEM",
        false,
    );
    let cut = one.certificate.replace("-----END", "");
    check(tls(&cut, &one.key, TlsClients::Any), certificate, "the certificate cannot be used", true);
    let of_another = tls(&one.certificate, &other.key, TlsClients::Any);
    check(of_another, key, "the private key cannot be used", true);
    let error = tls(&one.certificate, "sesame", TlsClients::Any);
    assert!(!format!("{error:?}").contains("sesame"), "{error:?}");
    check(error, key, "there is no private key in it, as PEM", false);
    let nobody = tls(&one.certificate, &one.key, TlsClients::SignedBy(b""));
    check(nobody, TlsErrorKind::Authorities, "there is no authority of callers in it, as PEM", false);
}
