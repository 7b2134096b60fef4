//! What goes wrong over real connections, and what becomes of it.

use std::time::{Duration, SystemTime};

use futures::StreamExt;
use serde_json::json;
use tau_agent::{Agent, ChatRequest, StreamEvent, WireCache};
use tau_core::config::{ClientConfig, ProviderConfig};
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, HumanDuration, Message};
use tau_testkit::{ModelServer, Reply, chunk};

use crate::support::{Outcome, ask, client, resolved};

/// Long enough for a loopback answer on a busy machine.
const GENEROUS: Duration = Duration::from_secs(30);

fn millis(n: u64) -> Option<HumanDuration> {
    Some(HumanDuration::from(Duration::from_millis(n)))
}

fn agent_at(base_url: &str, client: ClientConfig) -> Agent {
    let mut provider = ProviderConfig::new(base_url);
    provider.client = client;
    Agent::new(&resolved(provider)).unwrap()
}

/// A server with these replies, and what came of asking it once with at most two retries.
async fn ask_server(
    replies: impl IntoIterator<Item = Reply>,
    change: impl FnOnce(&mut ClientConfig),
) -> (ModelServer, Outcome) {
    let server = ModelServer::with_replies(replies).await.unwrap();
    let config = client(|client| {
        client.max_retries = Some(2);
        client.max_retry_delay = millis(5);
        change(client);
    });
    let agent = agent_at(&server.base_url(), config);
    let outcome = tokio::time::timeout(GENEROUS, ask(&agent)).await.unwrap();
    (server, outcome)
}

fn words() -> Reply {
    Reply::text("Hello!")
}

/// The kinds of the retries that were told.
fn retries(outcome: &Outcome) -> Vec<&str> {
    let told = outcome.events.iter().filter_map(|event| event.strip_prefix("retrying "));
    told.map(|event| event.rsplit_once(' ').unwrap().0).collect()
}

#[tokio::test]
async fn an_answer_over_http() {
    let (server, outcome) = ask_server([words()], |_| {}).await;
    assert_eq!(outcome.events, ["text Hello!"]);
    let reply = outcome.end.unwrap();
    assert_eq!(*reply.content, [ContentBlock::text("Hello!")]);
    assert_eq!((reply.usage.unwrap().input, reply.usage.unwrap().output), (10, 5));
    let request = &server.requests()[0];
    assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("transfer-encoding"), None, "some servers refuse chunked requests");
    assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    assert_eq!(request.header("authorization"), None);
    assert_eq!(request.json()["messages"], json!([{ "role": "user", "content": "Hi" }]));
}

#[tokio::test]
async fn a_long_conversation_arrives_whole_over_one_connection() {
    let server = ModelServer::start(|_, _| words()).await.unwrap();
    let agent = agent_at(&server.base_url(), ClientConfig::default());
    let mut cache = WireCache::default();
    let mut messages = Vec::new();
    for turn in 0..40 {
        let text = format!("{turn}: {}", "words ".repeat(500));
        messages.push(std::sync::Arc::new(Message::user([ContentBlock::text(text)])));
        agent.chat(ChatRequest::new(&messages), &mut cache).await.unwrap();
    }
    let requests = server.requests();
    let last = requests[39].json();
    let sent = last["messages"].as_array().unwrap();
    assert_eq!(sent.len(), 40);
    for (turn, message) in sent.iter().enumerate() {
        assert!(message["content"].as_str().unwrap().starts_with(&format!("{turn}: words ")));
    }
}

#[tokio::test]
async fn nobody_listens() {
    let server = ModelServer::with_replies([]).await.unwrap();
    let base_url = server.base_url();
    drop(server);
    // The port is free as soon as the server's task is gone.
    tokio::task::yield_now().await;
    let config = client(|client| {
        client.max_retries = Some(1);
        client.max_retry_delay = millis(1);
    });
    let outcome = ask(&agent_at(&base_url, config)).await;
    assert_eq!(retries(&outcome), ["2 Unreachable"]);
    let error = outcome.end.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Unreachable);
    let text = error.to_string();
    assert!(text.starts_with("model `m` at provider `test` (http://127.0.0.1:"), "{text}");
    assert!(text.contains("could not be reached: "), "{text}");
    assert!(text.contains("Connection refused"), "{text}");
    assert!(text.ends_with("check that the server runs and that `base_url` is right"), "{text}");
}

#[tokio::test]
async fn refusals_are_not_tried_again_and_tell_what_the_server_said() {
    use ModelFailureKind::{InvalidRequest, NotFound, RateLimited, Unauthorized};
    let not_found = json!({ "error": { "message": "model `m` not found, try pulling it first" } });
    let cases = [
        (
            Reply::error(401, "invalid_api_key", "Incorrect key"),
            Unauthorized,
            "Incorrect key",
            "check the key",
        ),
        (Reply::error(403, "forbidden", "Not in your country"), Unauthorized, "country", "check the key"),
        (Reply::json(404, &not_found), NotFound, "try pulling it first", "check the name of the model"),
        (Reply::json(400, &json!({ "detail": "too long" })), InvalidRequest, "too long", "refused"),
        (Reply::json(422, &json!({ "message": "bad field" })), InvalidRequest, "bad field", "refused"),
        (
            Reply::json(400, &json!([{ "error": { "message": "listed" } }])),
            InvalidRequest,
            "listed",
            "refused",
        ),
        (Reply::status(413).bytes("<h1>Too large</h1>"), InvalidRequest, "<h1>Too large</h1>", "refused"),
        (
            Reply::error(429, "insufficient_quota", "You exceeded your current quota"),
            RateLimited,
            "exceeded your current quota",
            "raise the limit",
        ),
        (
            Reply::status(302).header("location", "/elsewhere"),
            NotFound,
            "answered 302, a redirect, which is not followed",
            "`base_url`",
        ),
    ];
    for (reply, kind, said, hint) in cases {
        let (server, outcome) = ask_server([reply, words()], |_| {}).await;
        let error = outcome.end.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.is_retryable(), "{error}");
        assert_eq!(outcome.events, [""; 0], "{error}");
        assert_eq!(server.request_count(), 1, "{error}");
        let text = error.to_string();
        let status = error.status().unwrap();
        assert!(text.contains(&format!("answered {status}")), "{text}");
        assert!(text.contains("model `m` at provider `test` (http://127.0.0.1:"), "{text}");
        assert!(text.contains(said) && text.contains(hint), "{text}");
        assert!(error.hint().contains(hint), "{text}");
        let failure = error.to_failure();
        assert_eq!((failure.kind, failure.message), (kind, text));
    }
}

#[tokio::test]
async fn faults_of_the_server_are_tried_again_and_shown() {
    let server_error = || Reply::error(500, "server_error", "GPU on fire");
    for status in [500, 502, 503, 529] {
        let (server, outcome) = ask_server([Reply::status(status), words()], |_| {}).await;
        assert_eq!(retries(&outcome), ["2 Server"], "{status}");
        assert_eq!(*outcome.end.unwrap().content, [ContentBlock::text("Hello!")]);
        let requests = server.requests();
        assert_eq!(requests[0].body, requests[1].body, "the same bytes are sent again");
    }
    let (server, outcome) =
        ask_server([server_error(), server_error(), server_error(), words()], |_| {}).await;
    assert_eq!(retries(&outcome), ["2 Server", "3 Server"]);
    let error = outcome.end.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ModelFailureKind::Server, Some(500)));
    assert!(error.to_string().contains("answered 500: GPU on fire"), "{error}");
    assert_eq!(server.request_count(), 3);

    let (server, outcome) =
        ask_server([server_error(), words()], |client| client.max_retries = Some(0)).await;
    assert_eq!(outcome.events, [""; 0]);
    assert_eq!(outcome.end.unwrap_err().kind(), ModelFailureKind::Server);
    assert_eq!(server.request_count(), 1);
}

#[tokio::test]
async fn a_timeout_that_the_server_reports_is_tried_again() {
    let (_server, outcome) = ask_server([Reply::status(408), words()], |_| {}).await;
    assert_eq!(retries(&outcome), ["2 Timeout"]);
    assert!(outcome.end.is_ok());
}

#[tokio::test]
async fn an_error_as_the_first_event_is_tried_again() {
    let overloaded = Reply::events([json!({ "error": { "code": 503, "message": "overloaded" } })]);
    let (_server, outcome) = ask_server([overloaded, words()], |_| {}).await;
    assert_eq!(retries(&outcome), ["2 Server"]);
    assert!(outcome.end.is_ok());
}

fn limited(retry_after: &str) -> Reply {
    Reply::status(429)
        .header("retry-after", retry_after)
        .header("content-type", "application/json")
        .bytes("{\"error\":{\"message\":\"slow down\"}}")
}

#[tokio::test]
async fn a_wait_that_the_server_asks_for_is_kept() {
    let long = |client: &mut ClientConfig| client.max_retry_delay = Some(HumanDuration::from_secs(60));
    let past = httpdate_of(SystemTime::UNIX_EPOCH);
    // To come back at once is no wish that a busy server has, so it is given the usual wait.
    for (retry_after, least, most) in [("0.16", 160, 180), ("0", 500, 1_000), (past.as_str(), 500, 1_000)] {
        let started = std::time::Instant::now();
        let (_server, outcome) = ask_server([limited(retry_after), words()], long).await;
        assert_eq!(retries(&outcome), ["2 RateLimited"]);
        let told = outcome.events[0].rsplit_once(' ').unwrap().1.strip_suffix("ms").unwrap();
        let told: u64 = told.parse().unwrap();
        // A little is added, so that all who were told the same do not come back at the same moment.
        assert!((least..=most).contains(&told), "{told}");
        assert!(outcome.end.is_ok());
        assert!(started.elapsed() >= Duration::from_millis(least));
    }
}

#[tokio::test]
async fn a_wait_that_is_too_long_is_an_error() {
    let in_an_hour = httpdate_of(SystemTime::now() + Duration::from_secs(3_600));
    for retry_after in ["3600", in_an_hour.as_str()] {
        let (server, outcome) = ask_server([limited(retry_after), words()], |_| {}).await;
        let error = outcome.end.unwrap_err();
        assert_eq!(error.kind(), ModelFailureKind::RateLimited);
        assert!(error.is_retryable(), "it may succeed later");
        assert!(error.retry_after().unwrap() > Duration::from_secs(3_500), "{error:?}");
        assert!(error.to_string().contains("answered 429, asking to wait "), "{error}");
        assert!(error.to_string().contains(": slow down; wait, use another model"), "{error}");
        assert_eq!(server.request_count(), 1);
    }
}

#[tokio::test]
async fn a_wait_that_nobody_understands_is_the_usual_one() {
    let (_server, outcome) = ask_server([limited("soon"), words()], |_| {}).await;
    assert_eq!(retries(&outcome), ["2 RateLimited"]);
    assert!(outcome.end.is_ok());
}

fn httpdate_of(time: SystemTime) -> String {
    httpdate::fmt_http_date(time)
}

/// The ways in which an answer that has begun may break.
fn broken(begun: Reply) -> [(&'static str, Reply); 4] {
    let begun_with = |text: &str| begun.clone().bytes(text.to_owned());
    [
        ("closed between events", begun.clone().close()),
        ("closed within an event", begun_with("data: {\"choices\":[{\"del").close()),
        // The pause lets the client read before the reset throws away what it has not.
        ("reset", begun.clone().pause(Duration::from_millis(200)).reset()),
        ("ended without saying that it is complete", begun),
    ]
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_reply_and_is_not_asked_for_again() {
    for (name, reply) in broken(Reply::stream().event(&chunk::text("Hel"))) {
        let (server, outcome) = ask_server([reply, words()], |_| {}).await;
        assert_eq!(outcome.events, ["text Hel"], "{name}");
        let error = outcome.end.unwrap_err();
        assert_eq!(error.kind(), ModelFailureKind::Interrupted, "{name}: {error}");
        assert_eq!(server.request_count(), 1, "{name}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_before_it_began_is_asked_for_again() {
    for (name, reply) in broken(Reply::stream().event(&chunk::delta(&json!({ "role": "assistant" })))) {
        let (_server, outcome) = ask_server([reply, words()], |_| {}).await;
        assert_eq!(retries(&outcome), ["2 Interrupted"], "{name}");
        assert_eq!(*outcome.end.unwrap().content, [ContentBlock::text("Hello!")], "{name}");
    }
    for reply in [Reply::default().close(), Reply::default().reset()] {
        let (_server, outcome) = ask_server([reply, words()], |_| {}).await;
        assert_eq!(retries(&outcome), ["2 Unreachable"]);
        assert_eq!(*outcome.end.unwrap().content, [ContentBlock::text("Hello!")]);
    }
}

#[tokio::test]
async fn what_is_no_http_is_an_error() {
    let (_server, outcome) = ask_server([Reply::raw("SSH-2.0-OpenSSH_9.9\r\n")], |client| {
        client.max_retries = Some(0);
    })
    .await;
    let error = outcome.end.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Unreachable, "{error}");
    assert!(error.to_string().contains("invalid HTTP version"), "{error}");
}

#[tokio::test]
async fn a_server_that_says_nothing_at_all_times_out() {
    let silent = [
        ("no status", Reply::default().hang()),
        ("a status alone", Reply::stream().hang()),
        ("a role alone", Reply::stream().event(&chunk::delta(&json!({ "role": "assistant" }))).hang()),
        ("comments", comments(Reply::stream())),
        ("an error that never comes", Reply::status(200).bytes("{\"error\":").hang()),
    ];
    for (name, reply) in silent {
        let (server, outcome) =
            ask_server([reply, words()], |client| client.first_token_timeout = millis(80)).await;
        let error = outcome.end.unwrap_err();
        assert_eq!(error.kind(), ModelFailureKind::Timeout, "{name}: {error}");
        assert!(error.to_string().contains(" for 80ms; raise `first_token_timeout`"), "{name}: {error}");
        assert_eq!((server.request_count(), outcome.events.len()), (1, 0), "{name}: not tried again");
    }
}

/// Comments for as long as anybody listens.
fn comments(reply: Reply) -> Reply {
    (0..200).fold(reply, |reply, _| reply.bytes(": keep-alive\n\n").pause(Duration::from_millis(10))).hang()
}

#[tokio::test]
async fn a_server_that_stops_saying_anything_times_out() {
    let begun = || Reply::stream().event(&chunk::text("Hel"));
    let silent = [
        ("nothing", begun().hang()),
        ("half an event", begun().bytes("data: {\"choi").hang()),
        ("comments", comments(begun())),
    ];
    for (name, reply) in silent {
        let (server, outcome) = ask_server([reply, words()], |client| client.idle_timeout = millis(80)).await;
        assert_eq!(outcome.events, ["text Hel"], "{name}");
        let error = outcome.end.unwrap_err();
        assert_eq!(error.kind(), ModelFailureKind::Timeout, "{name}: {error}");
        assert!(error.to_string().contains("sent nothing more for 80ms"), "{name}: {error}");
        assert_eq!(server.request_count(), 1, "{name}");
    }
}

#[tokio::test]
async fn the_first_token_has_one_limit_with_the_status() {
    let reply =
        Reply::default().pause(Duration::from_millis(250)).status_then_words(Duration::from_millis(250));
    let limit = |client: &mut ClientConfig| client.first_token_timeout = millis(400);
    let (_server, outcome) = ask_server([reply], limit).await;
    assert_eq!(outcome.end.unwrap_err().kind(), ModelFailureKind::Timeout);
}

trait Slow {
    fn status_then_words(self, pause: Duration) -> Reply;
}

impl Slow for Reply {
    /// A status, a pause and then words, as raw bytes that end with the connection.
    fn status_then_words(self, pause: Duration) -> Reply {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        let body = format!("data: {}\n\ndata: [DONE]\n\n", chunk::text("late"));
        self.raw_bytes(head).pause(pause).raw_bytes(body).close()
    }
}

#[tokio::test]
async fn a_slow_answer_in_time_is_an_answer() {
    let pause = Duration::from_millis(100);
    let slow = "Hello!"
        .chars()
        .fold(Reply::stream(), |reply, c| reply.pause(pause).event(&chunk::text(&c.to_string())));
    let slow = slow.event(&chunk::finish("stop")).bytes("data: [DONE]\n\n");
    // Six pauses take longer than either limit; no single one does.
    let (_server, outcome) = ask_server([slow], |client| {
        client.first_token_timeout = millis(550);
        client.idle_timeout = millis(550);
    })
    .await;
    assert_eq!(outcome.events.len(), 6);
    assert_eq!(*outcome.end.unwrap().content, [ContentBlock::text("Hello!")]);
}

#[tokio::test]
async fn a_slow_error_body_does_not_hide_the_error() {
    let reply = Reply::status(400).bytes("this much was said").hang();
    let (_server, outcome) = ask_server([reply], |client| client.first_token_timeout = millis(500)).await;
    let error = outcome.end.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ModelFailureKind::InvalidRequest, Some(400)), "{error}");
    assert!(error.to_string().contains("answered 400: this much was said"), "{error}");
}

#[tokio::test]
async fn an_endless_error_body_is_cut() {
    let reply = Reply::status(400).bytes("x".repeat(10_000_000));
    let (_server, outcome) = ask_server([reply], |_| {}).await;
    let text = outcome.end.unwrap_err().to_string();
    assert!(text.contains("xxx") && text.len() < 3_000, "{}", text.len());
}

#[tokio::test]
async fn dropping_the_stream_gives_the_request_up() {
    let server =
        ModelServer::with_replies([Reply::stream().event(&chunk::text("Hel")).hang()]).await.unwrap();
    let agent = agent_at(&server.base_url(), ClientConfig::default());
    let messages = [std::sync::Arc::new(Message::user([ContentBlock::text("Hi")]))];
    let mut stream = agent.stream(ChatRequest::new(&messages), &mut WireCache::default());
    let first = stream.next().await.unwrap().unwrap();
    assert!(matches!(first, StreamEvent::TextDelta(text) if text == "Hel"));
    drop(stream);
    tokio::time::timeout(GENEROUS, server.wait_for_abandoned(1)).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_is_never_polled_asks_nobody() {
    let server = ModelServer::with_replies([words()]).await.unwrap();
    let agent = agent_at(&server.base_url(), ClientConfig::default());
    drop(agent.stream(ChatRequest::new(&[]), &mut WireCache::default()));
    assert!(ask(&agent).await.end.is_ok());
    assert_eq!(server.request_count(), 1, "only the second was sent");
}
