//! Recordings: what they accept, and what they say about the rest.

use std::sync::Arc;

use tau_agent::transport::{Recording, ReplayTransport};
use tau_agent::{Agent, AgentError, ChatRequest, WireCache};
use tau_core::event::ModelFailureKind;
use tau_core::{ChatResponse, ContentBlock, Message};

const HEADER: &str = r#"{"tau_recording":1,"format":"openai-chat","model":"m"}"#;

/// The request for a conversation of these messages.
fn request(messages: &str) -> String {
    format!(
        r#"{{"request":{{"model":"m","stream":true,"stream_options":{{"include_usage":true}},"messages":[{messages}]}}}}"#
    )
}

const HI: &str = r#"{"role":"user","content":"Hi"}"#;
const HELLO: &str =
    r#"{"response":{"events":[{"choices":[{"delta":{"content":"Hello!"},"finish_reason":"stop"}]}]}}"#;

struct Player {
    transport: Arc<ReplayTransport>,
    agent: Agent,
    cache: WireCache,
    messages: Vec<Arc<Message>>,
}

impl Player {
    fn new(values: &[&str]) -> Self {
        let text = [&[HEADER], values].concat().join("\n");
        let transport = Arc::new(ReplayTransport::new(text.parse().unwrap()));
        let agent = Agent::replay(Arc::clone(&transport)).unwrap();
        Self { transport, agent, cache: WireCache::default(), messages: Vec::new() }
    }

    /// Says something and gives the answer, which is added to the conversation.
    async fn say(&mut self, text: &str) -> Result<ChatResponse, AgentError> {
        self.messages.push(Arc::new(Message::user([ContentBlock::text(text)])));
        let response = self.agent.chat(ChatRequest::new(&self.messages), &mut self.cache).await?;
        self.messages.push(Arc::new(Message::assistant(response.content.clone())));
        Ok(response)
    }
}

fn said(response: &ChatResponse) -> String {
    Message::assistant(response.content.clone()).text()
}

#[tokio::test]
async fn a_conversation_is_recorded_by_what_each_request_adds() {
    let mut player = Player::new(&[
        &request(HI),
        HELLO,
        r#"{"append":[{"role":"assistant","content":"Hello!"},{"role":"user","content":"Bye"}]}"#,
        r#"{"response":{"body":"{\"choices\":[{\"message\":{\"content\":\"Bye!\"},\"finish_reason\":\"stop\"}]}"}}"#,
    ]);
    assert_eq!((player.agent.model().name.as_str(), player.transport.remaining()), ("m", 2));
    assert_eq!(said(&player.say("Hi").await.unwrap()), "Hello!");
    assert_eq!(player.transport.remaining(), 1);
    assert_eq!(said(&player.say("Bye").await.unwrap()), "Bye!");
    assert_eq!(player.transport.remaining(), 0);

    let error = player.say("More").await.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Replay);
    assert!(
        error.to_string().contains("the recording holds 2 exchanges, and the agent asked once more"),
        "{error}"
    );
}

#[tokio::test]
async fn a_request_that_differs_is_an_error_that_shows_how() {
    let mut player = Player::new(&[&request(HI), HELLO]);
    let error = player.say("Ho").await.unwrap_err();
    assert_eq!(error.kind(), ModelFailureKind::Replay);
    assert!(!error.is_retryable());
    let text = error.to_string();
    assert!(text.contains("has no recorded answer to this request"), "{text}");
    assert!(text.contains("request 1 of 1 differs from the recording (- recorded, + sent):"), "{text}");
    assert!(text.contains("-      \"content\": \"Hi\",\n+      \"content\": \"Ho\","), "{text}");
    assert_eq!(player.transport.remaining(), 1, "the exchange was not played");
}

#[tokio::test]
async fn what_is_appended_is_checked_too_and_so_is_the_rest() {
    let exchange = [&request(HI), HELLO];
    let append = |messages: &str| format!(r#"{{"append":[{messages}]}}"#);
    let reply = r#"{"role":"assistant","content":"Hello!"}"#;
    for (appended, missing) in [
        (append(&format!(r#"{reply},{{"role":"user","content":"Other"}}"#)), "\"Other\""),
        (append(reply), "\"Bye\""),
        (append(&format!(r#"{reply},{{"role":"user","content":"Bye"}},{reply}"#)), "\"Hello!\""),
    ] {
        let mut player = Player::new(&[exchange[0], exchange[1], &appended, HELLO]);
        player.say("Hi").await.unwrap();
        let error = player.say("Bye").await.unwrap_err().to_string();
        assert!(error.contains("request 2 of 2 differs"), "{error}");
        assert!(error.contains(missing), "{error}");
    }
}

#[tokio::test]
async fn any_stands_for_what_differs_from_run_to_run() {
    let exchange = |content: &str| request(&format!(r#"{{"role":"user","content":{content}}}"#));
    let matching =
        [(r#""in {{any}} now""#, "in /tmp/x now"), (r#""{{any}}""#, "whatever"), (r#""{{any}}{{any}}""#, "")];
    for (recorded, sent) in matching {
        let mut player = Player::new(&[&exchange(recorded), HELLO]);
        assert_eq!(said(&player.say(sent).await.unwrap()), "Hello!", "{recorded}");
    }
    let mut player = Player::new(&[&exchange(r#""in {{any}} now""#), HELLO]);
    let error = player.say("in /tmp/x then").await.unwrap_err().to_string();
    assert!(error.contains("-      \"content\": \"in {{any}} now\""), "{error}");
}

/// What was really sent is no pattern in the requests after it.
#[tokio::test]
async fn any_that_was_really_sent_matches_itself_alone() {
    let append = r#"{"append":[{"role":"assistant","content":"Hello!"},{"role":"user","content":"Bye"}]}"#;
    let mut player = Player::new(&[&request(r#"{"role":"user","content":"{{any}}"}"#), HELLO, append, HELLO]);
    player.say("write {{any}} there").await.unwrap();
    player.messages[0] = Arc::new(Message::user([ContentBlock::text("write x there")]));
    let error = player.say("Bye").await.unwrap_err().to_string();
    assert!(error.contains("+      \"content\": \"write x there\""), "{error}");
}

#[tokio::test]
async fn errors_are_recorded_with_their_status_and_tried_again() {
    let mut player = Player::new(&[
        &request(HI),
        r#"{"response":{"status":429,"retry_after":"0","body":"{\"error\":\"slow down\"}"}}"#,
        r#"{"append":[]}"#,
        HELLO,
    ]);
    assert_eq!(said(&player.say("Hi").await.unwrap()), "Hello!");

    let refused = r#"{"response":{"status":400,"content_type":"text/plain","body":"no"}}"#;
    let mut player = Player::new(&[&request(HI), refused]);
    let error = player.say("Hi").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ModelFailureKind::InvalidRequest, Some(400)));
    assert!(error.to_string().contains("answered 400: no"), "{error}");
}

#[tokio::test]
async fn a_long_difference_is_cut() {
    let mut player = Player::new(&[&request(HI), HELLO]);
    let error = player.say(&"line of words\n".repeat(5_000)).await.unwrap_err().to_string();
    assert!(error.contains("[... cut ...]"));
    assert!(error.len() < 10_000, "{}", error.len());
}

#[test]
fn what_is_no_recording_is_told_apart() {
    let request = request(HI);
    let long = |values: &[&str]| [&[HEADER], values].concat().join("\n");
    let cases = [
        (String::new(), "it is empty"),
        ("{} {}".to_owned(), "its first value is no recording's header: missing field `tau_recording`"),
        (request.clone(), "its first value is no recording's header: unknown field `request`"),
        (HEADER.replace(":1,", ":2,"), "it has version 2, and this tau reads version 1"),
        (format!("{HEADER} oops"), "expected value at line 1"),
        (long(&[r#"{"append":[]}"#]), "its first exchange needs a whole `request`"),
        (long(&[HELLO]), "exchange 1: a `response` without a request before it"),
        (long(&[&request, HELLO, HELLO]), "exchange 2: a `response` without a request before it"),
        (long(&[&request, &request]), "exchange 1: a request without a `response` after it"),
        (long(&[&request]), "its last request has no `response`"),
        (long(&[r#"{"answer":1}"#]), "exchange 1: unknown variant `answer`"),
        (long(&[&request, r#"{"response":{"evnts":[]}}"#]), "exchange 1: unknown field `evnts`"),
    ];
    for (text, said) in cases {
        let error = text.parse::<Recording>().unwrap_err().to_string();
        assert!(error.starts_with("not a recording: "), "{error}");
        assert!(error.contains(said), "{error} / {said}");
    }
}

#[test]
fn a_recording_of_an_unknown_format_says_which_there_are() {
    let text = HEADER.replace("openai-chat", "smoke-signals");
    let transport = Arc::new(ReplayTransport::new(text.parse().unwrap()));
    let error = Agent::replay(transport).unwrap_err().to_string();
    assert_eq!(
        error,
        format!("`smoke-signals` is not a wire format; known: {}", crate::support::known_formats())
    );
}
