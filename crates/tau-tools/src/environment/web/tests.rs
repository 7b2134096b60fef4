//! Pages of a server on loopback, which the tests let be reached by name.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tau_sandbox::proxy::{Addresses, Domains, Resolver};

use super::*;

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Names that lead to loopback, to a private network, or nowhere; how often it was asked.
#[derive(Debug, Clone, Default)]
struct Names(Arc<AtomicUsize>);

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let found: Vec<IpAddr> = match host {
            "page.test" | "other.test" => vec![LOOPBACK],
            "private.test" => vec![[10, 0, 0, 1].into()],
            "mixed.test" => vec![LOOPBACK, [169, 254, 169, 254].into()],
            _ => Vec::new(),
        };
        Box::pin(async move { Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect()) })
    }
}

/// A server of pages, and a web that reaches it and trusts its certificate.
struct Served {
    port: u16,
    names: Names,
    web: Web,
}

impl Served {
    fn new(answer: &'static str, addresses: &[IpAddr]) -> Self {
        let made = rcgen::generate_simple_self_signed(["page.test".to_owned()]).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let provider = || Arc::new(rustls::crypto::ring::default_provider());
        let server =
            ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let server =
            server.with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind((LOOPBACK, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Arc::new(server);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&server)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        let names = Names::default();
        let domains = Domains::new(["page.test", "private.test", "mixed.test", "nowhere.test"]).unwrap();
        let egress = Egress::new(domains).ports([443, port]).resolver(names.clone());
        let web = Web::new(egress.allow_addresses(addresses.iter().copied()));
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).unwrap();
        let tls =
            ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
        let tls = tls.with_root_certificates(roots).with_no_client_auth();
        web.client.set(client(&web.egress, tls)).unwrap();
        Self { port, names, web }
    }

    async fn get(&self, host: &str, limit: usize) -> Result<Fetched, FetchErrorKind> {
        let url = format!("https://{host}:{}/a", self.port);
        self.web.get(&url, limit).await.map_err(|error| error.kind())
    }
}

const PAGE: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";

#[tokio::test]
async fn a_page_of_an_allowed_host_comes() {
    let served = Served::new(PAGE, &[LOOPBACK]);
    assert_eq!(
        served.get("page.test", 100).await,
        Ok(Fetched::new(200, "hello").with_content_type("text/plain"))
    );
    assert_eq!(served.names.0.load(Ordering::SeqCst), 1, "resolved once");
}

#[tokio::test]
async fn no_more_of_it_than_the_limit() {
    let served = Served::new(PAGE, &[LOOPBACK]);
    let mut expected = Fetched::new(200, "hel").with_content_type("text/plain");
    expected.is_cut = true;
    assert_eq!(served.get("page.test", 3).await, Ok(expected));
}

#[tokio::test]
async fn a_redirect_is_given_back() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: https://other.test/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let served = Served::new(answer, &[LOOPBACK]);
    assert_eq!(
        served.get("page.test", 9).await,
        Ok(Fetched::new(302, "").with_location("https://other.test/"))
    );
}

#[tokio::test]
async fn what_is_not_on_the_list_is_not_even_resolved() {
    let served = Served::new(PAGE, &[LOOPBACK]);
    for host in ["other.test", "page.test.evil.test", "127.0.0.1", "[::1]", "2130706433", "localhost"] {
        assert_eq!(served.get(host, 9).await, Err(FetchErrorKind::Denied), "{host}");
    }
    let plain = format!("http://page.test:{}/", served.port);
    assert_eq!(served.web.get(&plain, 9).await.unwrap_err().kind(), FetchErrorKind::Denied, "no https");
    let port = "https://page.test:1/";
    assert_eq!(served.web.get(port, 9).await.unwrap_err().kind(), FetchErrorKind::Denied, "another port");
    assert_eq!(served.names.0.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_host_that_leads_into_the_own_network_is_denied() {
    let served = Served::new(PAGE, &[]);
    for host in ["page.test", "private.test", "mixed.test", "nowhere.test"] {
        assert_eq!(served.get(host, 9).await, Err(FetchErrorKind::Denied), "{host}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error() {
    let served = Served::new("nonsense", &[LOOPBACK]);
    assert_eq!(served.get("page.test", 9).await, Err(FetchErrorKind::Malformed));
    let closed =
        Served { port: TcpListener::bind((LOOPBACK, 0)).unwrap().local_addr().unwrap().port(), ..served };
    assert_eq!(closed.get("page.test", 9).await, Err(FetchErrorKind::Denied), "a port that is not allowed");
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_refused() {
    let served = Served::new(PAGE, &[LOOPBACK]);
    let web = Web::new(served.web.egress.clone());
    let url = format!("https://page.test:{}/", served.port);
    assert_eq!(web.get(&url, 9).await.unwrap_err().kind(), FetchErrorKind::Unreachable);
}
