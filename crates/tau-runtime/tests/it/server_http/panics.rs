//! Handlers that panic.

use tau_runtime::server::http::HttpOptions;

use super::support::{GET, SUBSCRIBE, Server, envelope, expected};

#[tokio::test]
async fn a_panic_is_an_error_of_its_call_alone() {
    let server = Server::start(HttpOptions::default()).await;
    let reply = server.call(server.json(GET, r#"{"sessionId":"panic"}"#)).await;
    assert_eq!(reply.error(), expected(500, "internal", "internal"));
    let message = reply.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("incident"), "{message}");
    assert!(!message.contains("as ordered"), "what the handler said goes to the log alone: {message}");
    assert_eq!(server.call(server.json(GET, "{}")).await.status, 200);
}

#[tokio::test]
async fn a_panic_in_a_stream_ends_it_with_an_error_after_what_came_before() {
    let server = Server::start(HttpOptions::default()).await;
    let body = envelope(br#"{"eventKinds":["panic"]}"#);
    let (messages, error) =
        server.call(server.post(SUBSCRIBE, "application/connect+json", body)).await.stream();
    assert_eq!(messages.len(), 2);
    assert_eq!(error, Some(("internal".into(), "internal".into())));
    assert_eq!(server.call(server.json(GET, "{}")).await.status, 200);
}
