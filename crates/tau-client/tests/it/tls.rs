//! Servers behind `https://`.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tau_client::{Client, ClientOptions, ErrorKind, InvalidTls, Tls, Token, pb};
use tau_core::Secret;
use tau_runtime::server::http::{self, TlsClients};
use tau_testkit::Reply;

use crate::support::{Server, TOKEN, in_time};

/// An authority, and what it signs.
struct Authority {
    certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
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

    async fn serve(&self, clients: TlsClients<'_>) -> Server {
        let Identity { certificate, key } = self.sign();
        let tls = http::Tls::new(certificate.as_bytes(), &Secret::new(key), clients).unwrap();
        Server::start_with([Reply::text("Four.")], Some(tls)).await
    }

    fn trusted(&self) -> Tls {
        Tls::default().with_roots(self.certificate.as_bytes()).unwrap()
    }
}

async fn connect(server: &Server, tls: Tls) -> Result<Client, tau_client::Error> {
    let options = ClientOptions::default().with_token(Token::new(TOKEN)).with_tls(tls);
    let client = in_time(Client::connect_with(server.secure(), options)).await?;
    // With TLS 1.3 a server that wants a certificate says so after the client took the connection for made.
    in_time(client.admin().info()).await?;
    Ok(client)
}

#[tokio::test]
async fn a_run_over_https_with_roots_of_ones_own() {
    let authority = Authority::new();
    let server = authority.serve(TlsClients::Any).await;
    let client = connect(&server, authority.trusted()).await.unwrap();
    let session = client.create_session(pb::CreateSessionRequest::default()).await.unwrap();
    let run = session.run("two and two?").await.unwrap();
    assert_eq!(in_time(run.result()).await.unwrap().text, "Four.");
    for wrong in [Authority::new().trusted(), Tls::default()] {
        let error = connect(&server, wrong).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_wants_a_certificate_gets_it() {
    let authority = Authority::new();
    let server = authority.serve(TlsClients::SignedBy(authority.certificate.as_bytes())).await;
    let with = |identity: &Identity| {
        let (chain, key) = (identity.certificate.as_bytes(), identity.key.as_bytes());
        authority.trusted().with_identity(chain, key).unwrap()
    };
    connect(&server, with(&authority.sign())).await.unwrap();
    for wrong in [authority.trusted(), with(&Authority::new().sign())] {
        assert!(connect(&server, wrong).await.is_err());
    }
}

#[test]
fn what_cannot_be_used_is_told_apart_and_not_repeated() {
    let authority = Authority::new();
    let (one, other) = (authority.sign(), authority.sign());
    let identity = |chain: &str, key: &str| {
        authority.trusted().with_identity(chain.as_bytes(), key.as_bytes()).map(drop)
    };
    assert_eq!(Tls::default().with_roots(b"none").map(drop), Err(InvalidTls::Roots));
    assert_eq!(identity("none", &one.key), Err(InvalidTls::Certificate));
    assert_eq!(identity(&one.certificate, "none"), Err(InvalidTls::Key));
    assert_eq!(identity(&one.certificate, &other.key), Err(InvalidTls::Key));
    let shown =
        format!("{:?}", authority.trusted().with_identity(one.certificate.as_bytes(), one.key.as_bytes()));
    assert_eq!(shown, "Ok(Tls { roots: true, identity: true })");
}
