//! The same errors over gRPC and gRPC-Web.

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use http::Request;
use tau_core::Secret;
use tau_proto::buffa::Message;
use tau_proto::runtime::v1 as pb;
use tau_runtime::server::http::HttpOptions;

use super::support::{GET, Reply, SUBSCRIBE, Server, envelope, reply};

async fn call(server: &Server, path: &str, kind: &str, body: Vec<u8>) -> Reply {
    let (mut head, body) = server.post(path, kind, body).into_parts();
    head.headers.remove("host");
    head.uri = format!("http://localhost{path}").parse().unwrap();
    let mut sender = server.http2().await;
    reply(sender.send_request(Request::from_parts(head, body)).await.unwrap()).await
}

/// Status and details, where clients of the protocol look for them.
fn ended(reply: &Reply) -> (String, String) {
    assert!(!reply.headers.contains_key("grpc-status"), "clients would take the head for the whole answer");
    let web = String::from_utf8_lossy(reply.body.get(5..).unwrap_or_default()).into_owned();
    let field = |name: &str| {
        let line = web.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let trailer = reply.trailers.get(name).map(|value| value.to_str().unwrap());
        trailer.or(line).unwrap_or_default().to_owned()
    };
    (field("grpc-status"), field("grpc-status-details-bin"))
}

fn holds(details: &str, reason: &str) -> bool {
    let status = BASE64_STANDARD_NO_PAD.decode(details.trim_end_matches('=')).unwrap();
    let detail = pb::ErrorDetail { reason: reason.to_owned(), ..Default::default() }.encode_to_vec();
    status.windows(detail.len()).any(|window| window == detail)
}

fn get(session_id: &str) -> Vec<u8> {
    envelope(
        &pb::GetSessionRequest { session_id: session_id.to_owned(), ..Default::default() }.encode_to_vec(),
    )
}

#[tokio::test]
async fn refusals_and_errors_of_the_protocol_have_details() {
    let mut options = HttpOptions::default();
    options.messages.max_bytes = 64;
    let server = Server::start(options).await;
    let cases = [
        (GET, get("panic"), "13", "internal"),
        (GET, get(&"s".repeat(100)), "8", "message_too_large"),
        (GET, envelope(b"\xff\xff\xff"), "3", "malformed"),
        (SUBSCRIBE, envelope(b"\xff\xff\xff"), "3", "malformed"),
        (SUBSCRIBE, envelope(&b"\x22\x05early"[..]), "3", "malformed"),
        // Only the size that is announced is over the limit: connectrpc finds that, before any handler is asked.
        (GET, vec![0, 0, 1, 0, 0], "8", "message_too_large"),
        (SUBSCRIBE, vec![0, 0, 1, 0, 0], "8", "message_too_large"),
        ("/a.B/C", Vec::new(), "12", "not_implemented"),
    ];
    for (path, body, status, reason) in cases {
        for kind in ["application/grpc", "application/grpc-web"] {
            let reply = call(&server, path, kind, body.clone()).await;
            let (found, details) = ended(&reply);
            assert_eq!(found, status, "{kind} {path} {reason}: {reply:?}");
            assert!(holds(&details, reason), "{kind} {path} {reason}: {details}");
        }
    }
}

#[tokio::test]
async fn a_missing_token_is_an_error_of_the_protocol() {
    let mut options = HttpOptions::default();
    options.access.token = Some(Secret::new("t"));
    let server = Server::start(options).await;
    for kind in ["application/grpc", "application/grpc-web"] {
        let reply = call(&server, GET, kind, get("s")).await;
        let (status, details) = ended(&reply);
        assert_eq!((reply.status.as_u16(), &*status), (200, "16"), "{kind}");
        assert!(holds(&details, "unauthenticated"), "{kind}");
    }
}

#[tokio::test]
async fn answers_pass_as_they_are() {
    let server = Server::start(HttpOptions::default()).await;
    let reply = call(&server, GET, "application/grpc", get("s")).await;
    assert_eq!(reply.trailers["grpc-status"], "0");
    let answer = pb::GetSessionResponse::decode_from_slice(&reply.body[5..]).unwrap();
    assert_eq!(answer.session.session_id, "s");
}
