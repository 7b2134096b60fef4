//! The way out: what is let through, and the tricks that are not.

mod inside;
mod upstream;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tau_sandbox::proxy::{Addresses, Domains, Header, Proxy, Resolver};

use upstream::Upstream;

/// Names of the tests, and what they lead to.
#[derive(Clone, Debug, Default)]
struct Names {
    names: BTreeMap<String, Vec<IpAddr>>,
    asked: Arc<AtomicUsize>,
}

impl Names {
    fn new() -> Self {
        let names = [
            ("allowed.test", "127.0.0.1"),
            ("a.wild.test", "127.0.0.1"),
            ("wild.test", "127.0.0.1"),
            ("other.test", "127.0.0.1"),
            ("private.test", "10.0.0.1"),
            ("metadata.test", "169.254.169.254"),
            ("mapped.test", "::ffff:127.0.0.1"),
            ("mixed.test", "127.0.0.1 192.168.0.1"),
            ("nowhere.test", ""),
        ];
        let addresses =
            |text: &str| text.split_whitespace().map(|address| address.parse().unwrap()).collect();
        let names = names.map(|(name, text)| (name.to_owned(), addresses(text))).into();
        Self { names, asked: Arc::default() }
    }
}

impl Resolver for Names {
    fn resolve<'a>(&'a self, host: &'a str, port: u16) -> Addresses<'a> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let addresses = self.names.get(host).cloned().unwrap_or_default();
        Box::pin(
            async move { Ok(addresses.into_iter().map(|address| SocketAddr::new(address, port)).collect()) },
        )
    }
}

/// The proxy of the tests: loopback is allowed by name, because the server of the tests is there.
fn proxy(names: Names, port: u16) -> Proxy {
    let domains = [
        "allowed.test",
        "*.wild.test",
        "private.test",
        "metadata.test",
        "mapped.test",
        "mixed.test",
        "nowhere.test",
    ];
    Proxy::new(Domains::new(domains).unwrap())
        .ports([port])
        .allow_addresses(["127.0.0.1".parse().unwrap()])
        .resolver(names)
        .add_headers(|host| match host {
            "allowed.test" => Header::new("authorization", "Bearer of-the-host").into_iter().collect(),
            _ => Vec::new(),
        })
}

/// Serves on a thread of its own, which ends with the process.
fn serve(proxy: Proxy, listener: TcpListener) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(proxy.serve(listener)).unwrap();
    });
}

/// What the proxy says to these bytes.
fn ask(proxy: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(proxy).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    let mut chunk = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        answer.extend_from_slice(&chunk[..read]);
        // A tunnel stays open.
        if answer.ends_with(b"established\r\n\r\n") {
            break;
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or(answer)
}

fn started() -> (Upstream, SocketAddr, Names) {
    let (upstream, names) = (Upstream::start(), Names::new());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    serve(proxy(names.clone(), upstream.port()), listener);
    (upstream, address, names)
}

#[test]
fn hosts_on_the_list_are_let_through_and_no_others() {
    let (upstream, address, _) = started();
    let port = upstream.port();
    for (host, expected) in [
        ("allowed.test", "200"),
        ("ALLOWED.Test", "200"),
        ("allowed.test.", "200"),
        ("a.wild.test", "200"),
        ("other.test", "403"),
        ("wild.test", "403"),
        ("sub.allowed.test", "403"),
        ("evilallowed.test", "403"),
        ("awild.test", "403"),
        ("allowed.test.evil.test", "403"),
        ("allowed", "403"),
        ("localhost", "403"),
        ("127.0.0.1", "403"),
        ("2130706433", "403"),
        ("0x7f.1", "403"),
        ("127.1", "403"),
        ("[::1]", "400"),
        ("[::ffff:127.0.0.1]", "400"),
        ("user@allowed.test", "400"),
        ("allowed.test@other.test", "400"),
        ("allowed.test:80@other.test", "400"),
        ("other.test#allowed.test", "400"),
        ("other.test%2eallowed.test", "400"),
        ("other.test\\.allowed.test", "400"),
        ("allowed..test", "400"),
        (".allowed.test", "400"),
        ("-allowed.test", "400"),
        ("allowed_.test", "400"),
        ("*.wild.test", "400"),
        ("", "400"),
        // Names on the list that lead into a network of the host.
        ("private.test", "403"),
        ("metadata.test", "403"),
        ("mapped.test", "403"),
        ("mixed.test", "403"),
        ("nowhere.test", "403"),
    ] {
        let connect = ask(address, format!("CONNECT {host}:{port} HTTP/1.1\r\n\r\n").as_bytes());
        assert_eq!(status(&connect), expected, "CONNECT {host}");
        let get = ask(address, format!("GET http://{host}:{port}/ HTTP/1.1\r\n\r\n").as_bytes());
        assert_eq!(status(&get), expected, "GET {host}");
    }
}

#[test]
fn requests_that_can_be_read_in_two_ways_are_refused() {
    let (upstream, address, _) = started();
    let host = format!("allowed.test:{}", upstream.port());
    for (request, expected) in [
        ("GET / HTTP/1.1\r\nHost: allowed.test\r\n\r\n".to_owned(), "400"),
        (format!("GET https://{host}/ HTTP/1.1\r\n\r\n"), "400"),
        (format!("GET ftp://{host}/ HTTP/1.1\r\n\r\n"), "400"),
        (format!("GET //{host}/ HTTP/1.1\r\n\r\n"), "400"),
        ("CONNECT allowed.test HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("CONNECT allowed.test:99999 HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("CONNECT allowed.test:+80 HTTP/1.1\r\n\r\n".to_owned(), "400"),
        ("CONNECT allowed.test:22 HTTP/1.1\r\n\r\n".to_owned(), "403"),
        (format!("POST http://{host}/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), "411"),
        (format!("POST http://{host}/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), "400"),
        (format!("POST http://{host}/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), "400"),
        (format!("GET http://{host}/ HTTP/1.1\r\n folded: x\r\n\r\n"), "400"),
        (format!("GET http://{host}/\u{0} HTTP/1.1\r\n\r\n"), "400"),
        ("\u{16}\u{3}\u{1}".to_owned() + "not HTTP\r\n\r\n", "400"),
        (format!("GET http://{host}/ HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(40_000)), "400"),
    ] {
        assert_eq!(
            status(&ask(address, request.as_bytes())),
            expected,
            "{}",
            &request[..request.len().min(80)]
        );
    }
    assert_eq!(upstream.seen(), "");
}

#[test]
fn one_request_is_forwarded_with_its_head_written_anew() {
    let (upstream, address, names) = started();
    let port = upstream.port();
    let request = format!(
        "POST http://allowed.test:{port}/path?q=1 HTTP/1.1\r\nHost: other.test\r\nAuthorization: mine\r\n\
         Proxy-Authorization: x\r\nConnection: keep-alive\r\nX-Kept: yes\r\nContent-Length: 4\r\n\r\nbody\
         GET / HTTP/1.1\r\nHost: other.test\r\n\r\n"
    );
    let answer = ask(address, request.as_bytes());
    assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
    assert!(!answer.contains("of-the-host"));
    let expected = format!(
        "POST /path?q=1 HTTP/1.1\r\nhost: allowed.test:{port}\r\nconnection: close\r\nx-kept: yes\r\n\
         content-length: 4\r\nauthorization: Bearer of-the-host\r\n\r\nbody"
    );
    assert_eq!(upstream.seen(), expected);
    assert_eq!(names.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn lists_that_were_not_meant_so_are_refused() {
    for entry in [
        "",
        "*",
        "*.",
        "*.com",
        "com",
        "a.*.com",
        "*a.com",
        "http://a.com",
        "a.com/",
        "a.com:80",
        "1.2.3.4",
        "1.2.3",
        "a.0x1",
        "ä.com",
        "a b.com",
    ] {
        assert_eq!(Domains::new([entry]).unwrap_err().entry, entry);
    }
    let none = Domains::new::<&str>([]).unwrap();
    assert!(!none.allow("example.com"));
}

#[test]
fn headers_are_one_line_and_are_not_printed() {
    assert!(Header::new("a", "x\r\nb: y").is_none());
    assert!(Header::new("a: b", "x").is_none());
    let header = Header::new("authorization", "secret").unwrap();
    assert!(!format!("{header:?}").contains("secret"));
}
