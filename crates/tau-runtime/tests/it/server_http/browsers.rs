//! Pages of this and other origins.

use http::Method;
use http::header::{HeaderName, HeaderValue, ORIGIN};
use tau_core::Secret;
use tau_runtime::server::http::HttpOptions;

use super::support::{GET, Reply, SUBSCRIBE, Server, envelope, expected};

const CONSOLE: &str = "https://console.example";

async fn server() -> Server {
    let mut options = HttpOptions::default();
    options.access.allowed_origins = vec![CONSOLE.into()];
    options.access.token = Some(Secret::new("t"));
    Server::start(options).await
}

async fn call_from(server: &Server, origin: &str, path: &str) -> Reply {
    let mut request = server.json(path, "{}");
    request.headers_mut().insert(ORIGIN, HeaderValue::from_str(origin).unwrap());
    server.call(request).await
}

async fn preflight(server: &Server, origin: &'static str) -> Reply {
    let mut request = server.json(GET, "");
    *request.method_mut() = Method::OPTIONS;
    let asked = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization,connect-protocol-version,content-type"),
    ];
    for (name, value) in asked {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    server.call(request).await
}

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_listed_origin_may_ask_before_and_needs_no_token_for_that() {
    let reply = preflight(&server().await, CONSOLE).await;
    assert_eq!(reply.status, 200);
    assert_eq!(header(&reply, "access-control-allow-origin"), CONSOLE);
    assert_eq!(header(&reply, "access-control-allow-methods"), "GET,POST");
    assert_eq!(header(&reply, "access-control-max-age"), "7200");
    let allowed = header(&reply, "access-control-allow-headers");
    for name in [
        "authorization",
        "connect-protocol-version",
        "connect-timeout-ms",
        "content-type",
        "grpc-timeout",
        "x-grpc-web",
    ] {
        assert!(allowed.split(',').any(|allowed| allowed == name), "{name} is not in {allowed}");
    }
}

#[tokio::test]
async fn another_origin_is_refused_before_and_after() {
    let server = server().await;
    for origin in ["https://evil.example", "null", "http://console.example", "https://console.example:8443"] {
        let reply = preflight(&server, origin).await;
        assert_eq!(reply.status, 403, "{origin}");
        assert_eq!(header(&reply, "access-control-allow-origin"), "");
        let reply = call_from(&server, origin, GET).await;
        assert_eq!(reply.error(), expected(403, "permission_denied", "origin_not_allowed"), "{origin}");
    }
}

#[tokio::test]
async fn a_listed_origin_can_read_errors() {
    let reply = call_from(&server().await, CONSOLE, GET).await;
    assert_eq!(reply.error(), expected(401, "unauthenticated", "unauthenticated"));
    assert_eq!(header(&reply, "access-control-allow-origin"), CONSOLE);
    assert!(header(&reply, "access-control-expose-headers").contains("grpc-status-details-bin"));
}

#[tokio::test]
async fn pages_of_the_server_itself_are_always_allowed() {
    let server = Server::start(HttpOptions::default()).await;
    let own = format!("http://{}", server.address);
    assert_eq!(call_from(&server, &own, GET).await.status, 200);
    let other_port = format!("http://127.0.0.1:{}", server.address.port() ^ 1);
    assert_eq!(call_from(&server, &other_port, GET).await.status, 403);
}

#[tokio::test]
async fn a_stream_is_refused_as_a_stream() {
    let server = server().await;
    let mut request = server.post(SUBSCRIBE, "application/connect+json", envelope(b"{}"));
    request.headers_mut().insert(ORIGIN, HeaderValue::from_static("https://evil.example"));
    let (messages, error) = server.call(request).await.stream();
    assert!(messages.is_empty());
    assert_eq!(error, Some(("permission_denied".into(), "origin_not_allowed".into())));
}
