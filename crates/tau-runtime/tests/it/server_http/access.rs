//! Names and tokens.

use http::header::{AUTHORIZATION, HOST, HeaderValue};
use http::request::Builder;
use tau_core::Secret;
use tau_runtime::server::http::{AllowedHosts, HttpOptions, Peer};
use tower::ServiceExt;

use super::support::{GET, Server, expected, reply, service};

async fn status_under(server: &Server, host: &str) -> u16 {
    let mut request = server.json(GET, "{}");
    request.headers_mut().insert(HOST, HeaderValue::from_str(host).unwrap());
    server.call(request).await.status.as_u16()
}

#[tokio::test]
async fn on_loopback_only_its_names_are_taken() {
    let server = Server::start(HttpOptions::default()).await;
    for host in ["localhost", "LocalHost:80", "127.0.0.1", "127.0.0.1:9", "[::1]", "[::1]:9"] {
        assert_eq!(status_under(&server, host).await, 200, "{host}");
    }
    let others = [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "user@localhost",
        "10.0.0.1",
        "",
    ];
    for host in others {
        assert_eq!(status_under(&server, host).await, 403, "{host}");
    }
    let mut request = server.json(GET, "{}");
    request.headers_mut().insert(HOST, HeaderValue::from_static("evil.example"));
    let reply = server.call(request).await;
    assert_eq!(reply.error(), expected(403, "permission_denied", "origin_not_allowed"));
}

#[tokio::test]
async fn a_second_host_header_does_not_hide_the_first() {
    let server = Server::start(HttpOptions::default()).await;
    let head =
        format!("POST {GET} HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\nconnection: close\r\n");
    let request = format!("{head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}");
    let reply = String::from_utf8(server.raw(request.as_bytes()).await).unwrap();
    assert!(reply.starts_with("HTTP/1.1 403"), "{reply}");
}

#[tokio::test]
async fn over_http2_the_authority_is_the_name() {
    let server = Server::start(HttpOptions::default()).await;
    let mut sender = server.http2().await;
    for (host, status) in [("localhost", 200), ("evil.example", 403)] {
        let (mut head, body) = server.json(GET, "{}").into_parts();
        head.headers.remove(HOST);
        head.uri = format!("http://{host}{GET}").parse().unwrap();
        let response = sender.send_request(http::Request::from_parts(head, body)).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn listed_hosts_replace_the_names_of_loopback() {
    let mut options = HttpOptions::default();
    options.access.allowed_hosts = AllowedHosts::Listed(vec!["Tau.example".into(), "a.example:80".into()]);
    let server = Server::start(options).await;
    for (host, status) in [
        ("tau.example", 200),
        ("tau.example:81", 200),
        ("a.example:80", 200),
        ("a.example:81", 403),
        ("localhost", 403),
    ] {
        assert_eq!(status_under(&server, host).await, status, "{host}");
    }
}

fn with_token() -> HttpOptions {
    let mut options = HttpOptions::default();
    options.access.token = Some(Secret::new("open sesame"));
    options
}

#[tokio::test]
async fn a_token_is_asked_of_every_call() {
    let server = Server::start(with_token()).await;
    let refused = expected(401, "unauthenticated", "unauthenticated");
    for given in [
        None,
        Some("open sesame"),
        Some("Bearer open"),
        Some("Bearer open sesame!"),
        Some("Basic open sesame"),
    ] {
        let mut request = server.json(GET, "{}");
        if let Some(given) = given {
            request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static(given));
        }
        assert_eq!(server.call(request).await.error(), refused, "{given:?}");
    }
    // Also of calls that do not exist: what there is, is nobody's business.
    assert_eq!(server.call(server.json("/a.B/C", "{}")).await.error(), refused);
    let mut request = server.json(GET, r#"{"sessionId":"s"}"#);
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static("bearer open sesame"));
    assert_eq!(server.call(request).await.json()["session"]["sessionId"], "s");
}

#[tokio::test]
async fn a_get_is_asked_for_the_token_too() {
    let server = Server::start(with_token()).await;
    let uri = format!("{GET}?connect=v1&encoding=json&message=%7B%7D");
    let request =
        |builder: Builder| builder.uri(&uri).header(HOST, "localhost").body(Default::default()).unwrap();
    assert_eq!(server.call(request(http::Request::get("/"))).await.status, 401);
    let builder = http::Request::get("/").header(AUTHORIZATION, "Bearer open sesame");
    assert_eq!(server.call(request(builder)).await.status, 200);
}

#[tokio::test]
async fn callers_in_the_process_are_known_and_nobody_else_is() {
    let service = service(&with_token());
    let server = Server::start(with_token()).await;
    let call = async |peer: Option<Peer>, host: &'static str| {
        let mut request = server.json(GET, "{}");
        request.headers_mut().insert(HOST, HeaderValue::from_static(host));
        request.extensions_mut().extend(
            peer.map(|peer| {
                let mut extensions = http::Extensions::new();
                extensions.insert(peer);
                extensions
            })
            .unwrap_or_default(),
        );
        reply(service.clone().oneshot(request).await.unwrap()).await.status.as_u16()
    };
    assert_eq!(call(Some(Peer::InProcess), "in.process").await, 200);
    assert_eq!(call(None, "in.process").await, 403);
    assert_eq!(call(None, "localhost").await, 401);
}

/// A client that pools connections would send its next call into one that closes.
#[tokio::test]
async fn whoever_is_refused_over_http1_is_told_that_the_connection_ends() {
    let server = Server::start(with_token()).await;
    let head = "POST /tau.runtime.v1.AdminService/GetInfo HTTP/1.1\r\nhost: localhost\r\n\
                content-type: application/json\r\ncontent-length: 2\r\n\r\n";
    let answer = String::from_utf8(server.raw(head.as_bytes()).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
}
