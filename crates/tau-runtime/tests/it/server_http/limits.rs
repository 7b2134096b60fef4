//! Sizes and times.

use std::io::Write;
use std::time::{Duration, Instant};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http_body_util::Full;
use tau_runtime::server::http::HttpOptions;

use super::support::{GET, SUBSCRIBE, Server, envelope, expected};

fn limited() -> HttpOptions {
    let mut options = HttpOptions::default();
    options.messages.max_bytes = 64 << 10;
    options
}

fn session(size: usize) -> String {
    format!(r#"{{"sessionId":"{}"}}"#, "s".repeat(size))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused() {
    let server = Server::start(limited()).await;
    assert_eq!(server.call(server.json(GET, session(60 << 10))).await.status, 200);
    let too_large = expected(429, "resource_exhausted", "message_too_large");
    assert_eq!(server.call(server.json(GET, session(70 << 10))).await.error(), too_large);
}

#[tokio::test]
async fn the_largest_limit_there_is_lets_everything_in() {
    let mut options = HttpOptions::default();
    options.messages.max_bytes = usize::MAX;
    let server = Server::start(options).await;
    assert_eq!(server.call(server.json(GET, session(60 << 10))).await.status, 200);
}

#[tokio::test]
async fn a_size_that_is_not_declared_is_counted() {
    let server = Server::start(limited()).await;
    let head = format!(
        "POST {GET} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nconnection: close\r\n"
    );
    let body = session(70 << 10);
    let request = format!("{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let reply = String::from_utf8(server.raw(request.as_bytes()).await).unwrap();
    assert!(reply.starts_with("HTTP/1.1 429"), "{reply}");
    // The error is connectrpc's own, and has a detail nevertheless.
    assert!(reply.contains("tau.runtime.v1.ErrorDetail"), "{reply}");
}

#[tokio::test]
async fn a_bomb_is_not_unpacked() {
    let server = Server::start(limited()).await;
    let packed = |size: usize| {
        let mut request = server.json(GET, gzip(&session(size)));
        request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        request
    };
    assert_eq!(server.call(packed(60 << 10)).await.status, 200);
    let bomb = packed(50 << 20);
    assert_eq!(server.call(bomb).await.error(), expected(429, "resource_exhausted", "message_too_large"));
}

#[tokio::test]
async fn an_answer_of_one_message_tells_its_length() {
    let server = Server::start(limited()).await;
    for body in ["{}", "[]"] {
        let reply = server.call(server.json(GET, body)).await;
        assert_eq!(reply.headers[CONTENT_LENGTH], reply.body.len().to_string(), "{body}");
        assert!(!reply.headers.contains_key(TRANSFER_ENCODING));
    }
}

#[tokio::test]
async fn a_connection_that_asks_for_nothing_is_closed() {
    let mut options = HttpOptions::default();
    options.connections.header_timeout = Duration::from_millis(300);
    let server = Server::start(options).await;
    let slow = format!("POST {GET} HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    for first in [&b""[..], b"PRI * HT", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", slow.as_bytes()] {
        let start = Instant::now();
        server.raw(first).await;
        assert!(start.elapsed() >= Duration::from_millis(250), "closed at once: {first:?}");
    }
}

#[tokio::test]
async fn a_connection_that_asked_once_is_kept() {
    let mut options = HttpOptions::default();
    options.connections.header_timeout = Duration::from_millis(200);
    let server = Server::start(options).await;
    let mut sender = server.http2().await;
    for _ in 0..3 {
        let (mut head, body) = server.json(GET, "{}").into_parts();
        head.uri = format!("http://localhost{GET}").parse().unwrap();
        head.headers.remove("host");
        let response = sender.send_request(http::Request::from_parts(head, body)).await.unwrap();
        assert_eq!(response.status(), 200);
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[tokio::test]
async fn connections_over_the_limit_are_closed() {
    let mut options = HttpOptions::default();
    options.connections.max_connections = 2;
    let server = Server::start(options).await;
    let request = format!("GET {GET} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let held = [server.connect().await, server.connect().await];
    assert!(server.raw(request.as_bytes()).await.is_empty());
    drop(held);
    for _ in 0..100 {
        if !server.raw(request.as_bytes()).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the places were not given back");
}

/// Calls and streams over the limit are shed before anything is done for them, and a place is free when its answer is gone.
#[tokio::test]
async fn what_is_too_much_at_a_time_is_refused_and_told_when_to_come_again() {
    let mut options = HttpOptions::default();
    (options.load.max_calls, options.load.max_streams) = (1, 1);
    let server = Server::start(options).await;
    let overloaded = expected(429, "resource_exhausted", "overloaded");
    let error = |reply: super::support::Reply| {
        let (status, code, reasons) = reply.error();
        (
            status,
            code,
            reasons.split(',').next().unwrap().to_owned(),
            reply.json()["details"][1]["type"].clone(),
        )
    };
    let says_when = (overloaded.0, overloaded.1, overloaded.2, "google.rpc.RetryInfo".into());

    let late = server.call(server.json(GET, r#"{"sessionId":"late"}"#));
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.call(server.json(GET, "{}")).await
    };
    let (late, refused) = tokio::join!(late, other);
    assert_eq!((late.status.as_u16(), error(refused)), (200, says_when.clone()));
    assert_eq!(server.call(server.json(GET, "{}")).await.status, 200);

    let follow = |order: &str| {
        let body = envelope(format!(r#"{{"eventKinds":["{order}"]}}"#).as_bytes());
        server.post(SUBSCRIBE, "application/connect+json", body)
    };
    let held = tokio::time::timeout(Duration::from_millis(300), server.call(follow("never")));
    let other = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.call(follow("")).await.stream().1.unwrap().1
    };
    let (held, refused) = tokio::join!(held, other);
    assert!(held.is_err() && refused.starts_with("overloaded"), "{refused}");
    for _ in 0..100 {
        if server.call(follow("")).await.stream().1.is_none() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place was not given back");
}

fn with_timeout(mut request: http::Request<Full<Bytes>>, millis: &str) -> http::Request<Full<Bytes>> {
    let name = HeaderName::from_static("connect-timeout-ms");
    request.headers_mut().insert(name, HeaderValue::from_str(millis).unwrap());
    request
}

#[tokio::test]
async fn a_clients_deadline_ends_calls_and_streams() {
    let server = Server::start(HttpOptions::default()).await;
    let request = with_timeout(server.json(GET, r#"{"sessionId":"never"}"#), "200");
    assert_eq!(server.call(request).await.error(), expected(504, "deadline_exceeded", "deadline_exceeded"));
    let body = envelope(br#"{"eventKinds":["never"]}"#);
    let request = with_timeout(server.post(SUBSCRIBE, "application/connect+json", body), "200");
    let (messages, error) = server.call(request).await.stream();
    assert_eq!(messages.len(), 2);
    assert_eq!(error, Some(("deadline_exceeded".into(), "deadline_exceeded".into())));
}

#[tokio::test]
async fn the_servers_deadlines_are_for_unary_calls_alone() {
    let mut options = HttpOptions::default();
    options.deadlines.default_unary = Duration::from_millis(200);
    options.deadlines.max_unary = Duration::from_secs(100);
    let server = Server::start(options).await;
    let reply = server.call(server.json(GET, r#"{"sessionId":"never"}"#)).await;
    assert_eq!(reply.error(), expected(504, "deadline_exceeded", "deadline_exceeded"));
    let request = with_timeout(server.json(GET, r#"{"sessionId":"deadline"}"#), "500000");
    assert_eq!(server.call(request).await.json()["session"]["sessionId"], "99");
    let body = envelope(br#"{"eventKinds":["never"]}"#);
    let request = with_timeout(server.post(SUBSCRIBE, "application/connect+json", body), "700");
    let start = Instant::now();
    let (messages, _) = server.call(request).await.stream();
    assert_eq!(messages.len(), 2);
    assert!(start.elapsed() >= Duration::from_millis(650), "cut by the default of unary calls");
}

#[tokio::test]
async fn a_request_that_does_not_arrive_ends() {
    let mut options = HttpOptions::default();
    options.deadlines.default_unary = Duration::from_millis(300);
    options.deadlines.request = Duration::from_millis(300);
    let server = Server::start(options).await;
    for (path, kind) in [(GET, "json"), (SUBSCRIBE, "connect+json")] {
        let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        let request = format!("{head}content-type: application/{kind}\r\ncontent-length: 100\r\n\r\n{{");
        let reply = server.raw(request.as_bytes()).await;
        let reply = String::from_utf8_lossy(&reply);
        assert!(reply.contains(r#""code":"deadline_exceeded""#), "{path}: {reply}");
        assert!(reply.contains("tau.runtime.v1.ErrorDetail"), "{path}: {reply}");
    }
}
