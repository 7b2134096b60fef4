//! JSON that the decoder would take, or choke on.

use http::header::HOST;
use tau_runtime::server::http::HttpOptions;

use super::support::{ATTACH, GET, SUBSCRIBE, Server, UPDATE, envelope, expected};

fn nested(depth: usize) -> String {
    format!(r#"{{"sessionId":{}0{}}}"#, "[".repeat(depth), "]".repeat(depth))
}

fn malformed() -> (u16, String, String) {
    expected(400, "invalid_argument", "malformed")
}

#[tokio::test]
async fn what_the_descriptors_do_not_know_is_refused() {
    let server = Server::start(HttpOptions::default()).await;
    let wrong: [&[u8]; 13] = [
        br#"{"sessionid":"s"}"#,
        br#"{"session_id":"s","sessionId":"s"}"#,
        br#"{"sessionId":"s","sessionId":"t"}"#,
        br#"["s"]"#,
        br#""s""#,
        b"null",
        b"",
        br#"{"sessionId":"s"} x"#,
        br#"{"sessionId":"s""#,
        b"{\"sessionId\":\"\xff\"}",
        br#"{"sessionId":{"a":1}}"#,
        br#"{"sessionId":["s"]}"#,
        br#"{"view":"NO_SUCH_VIEW"}"#,
    ];
    for body in wrong {
        let reply = server.call(server.json(GET, body)).await;
        assert_eq!(reply.error(), malformed(), "{}", String::from_utf8_lossy(body));
    }
    for right in [r#"{"sessionId":"s"}"#, r#"{"session_id":"s","view":null}"#] {
        let reply = server.call(server.json(GET, right)).await;
        assert_eq!(reply.json()["session"]["sessionId"], "s", "{right}");
    }
}

#[tokio::test]
async fn fields_inside_fields_are_held_to_the_same() {
    let server = Server::start(HttpOptions::default()).await;
    let right = r#"{"session":{"sessionId":"s","created":"2026-01-02T03:04:05Z","metadata":{"a":"b"},
        "spent":{"turns":1},"queuedRunIds":["x"]},"updateMask":"metadata","expectedSeq":"7"}"#;
    let reply = server.call(server.json(UPDATE, right)).await;
    assert_eq!(reply.json()["session"]["metadata"]["a"], "b");
    let wrong = [
        r#"{"session":{"zzz":1}}"#,
        r#"{"session":["s"]}"#,
        r#"{"session":{"spent":[1]}}"#,
        r#"{"session":{"spent":{"zzz":1}}}"#,
        r#"{"session":{"metadata":["a"]}}"#,
        r#"{"session":{"metadata":{"a":"b","a":"c"}}}"#,
        r#"{"session":{"queuedRunIds":{"x":1}}}"#,
        r#"{"session":{"pending":[["x"]]}}"#,
        r#"{"session":{"created":{"seconds":1}}}"#,
    ];
    for body in wrong {
        assert_eq!(server.call(server.json(UPDATE, body)).await.error(), malformed(), "{body}");
    }
}

#[tokio::test]
async fn depth_is_limited_without_a_deep_stack() {
    let server = Server::start(HttpOptions::default()).await;
    for depth in [1, 64, 127, 200, 1_000_000] {
        let reply = server.call(server.json(GET, nested(depth))).await;
        assert_eq!(reply.error(), malformed(), "{depth}");
    }
    assert_eq!(server.call(server.json(GET, "{}")).await.status, 200);
}

#[tokio::test]
async fn a_get_is_checked_too() {
    let server = Server::start(HttpOptions::default()).await;
    for (message, status) in
        [("%7B%22sessionId%22%3A%22s%22%7D", 200), ("%7B%22zzz%22%3A1%7D", 400), ("%5B%22s%22%5D", 400)]
    {
        let uri = format!("{GET}?connect=v1&encoding=json&message={message}");
        let request = http::Request::get(uri).header(HOST, "localhost").body(Default::default()).unwrap();
        assert_eq!(server.call(request).await.status, status, "{message}");
    }
}

#[tokio::test]
async fn the_message_that_begins_a_stream_is_checked() {
    let server = Server::start(HttpOptions::default()).await;
    let call = async |body: &[u8]| {
        let request = server.post(SUBSCRIBE, "application/connect+json", envelope(body));
        server.call(request).await.stream()
    };
    let (messages, error) = call(br#"{"includeSessions":true}"#).await;
    assert_eq!((messages.len(), error), (3, None));
    let (messages, error) = call(br#"{"include":true}"#).await;
    assert_eq!((messages.len(), error), (0, Some(("invalid_argument".into(), "malformed".into()))));
}

#[tokio::test]
async fn every_message_of_a_stream_is_checked_as_it_passes() {
    let server = Server::start(HttpOptions::default()).await;
    let sent =
        [&br#"{"heartbeat":{}}"#[..], br#"{"heartbeat":{}}"#, br#"{"heartbeat":{"zzz":1}}"#].map(envelope);
    let mut sender = server.http2().await;
    let (mut head, body) = server.post(ATTACH, "application/connect+json", sent.concat()).into_parts();
    head.headers.remove(HOST);
    head.uri = format!("http://localhost{ATTACH}").parse().unwrap();
    let response = sender.send_request(http::Request::from_parts(head, body)).await.unwrap();
    let (messages, error) = super::support::reply(response).await.stream();
    assert_eq!((messages.len(), error), (2, Some(("invalid_argument".into(), "malformed".into()))));
}
