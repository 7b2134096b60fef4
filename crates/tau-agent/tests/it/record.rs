//! Recordings that are made: they play, and hold no secret.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use futures::StreamExt;
use tau_agent::transport::{Matching, Recording, ReplayTransport};
use tau_agent::{Agent, ChatRequest, Limits, Recorder, WireCache};
use tau_core::config::ProviderConfig;
use tau_core::event::ModelFailureKind;
use tau_core::{
    ChatResponse, ContentBlock, HumanDuration, Message, Secret, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_testkit::{ModelServer, Reply, chunk};

use crate::credentials::Tokens;
use crate::support::resolved;

/// A file that the test can read.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

const KEY: &str = "key-6f1a-planted";
const HEADER: &str = "header-9c2b-planted";
const PASSWORD: &str = "password-e4f5-planted";
const QUERY: &str = "query-31aa-planted";
const OF_THE_USER: &str = "user-77d0-planted";
const UNKNOWN: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";
const SECRETS: [&str; 6] = [KEY, HEADER, PASSWORD, QUERY, OF_THE_USER, UNKNOWN];

fn provider(address: std::net::SocketAddr) -> ProviderConfig {
    let mut provider = ProviderConfig::new(format!("http://me:{PASSWORD}@{address}/v1?api-key={QUERY}"));
    provider.api_key = Some(Secret::new(KEY));
    provider.headers.insert("x-team".to_owned(), Secret::new(HEADER));
    provider.client.max_retries = Some(0);
    provider.client.idle_timeout = Some(HumanDuration::from(std::time::Duration::from_millis(150)));
    provider
}

/// A conversation with an agent: what was said is said again, as a history.
struct Talk {
    agent: Agent,
    cache: WireCache,
    messages: Vec<Arc<Message>>,
}

impl Talk {
    fn new(agent: Agent) -> Self {
        Self { agent, cache: WireCache::default(), messages: Vec::new() }
    }

    async fn say(&mut self, message: Message) -> Result<ChatResponse, tau_agent::AgentError> {
        self.messages.push(Arc::new(message));
        let request = ChatRequest::new(&self.messages).with_system("You work in /srv/me/project.");
        let response = self.agent.chat(request, &mut self.cache).await?;
        self.messages.push(Arc::new(Message::assistant(response.content.clone())));
        Ok(response)
    }
}

fn user(text: &str) -> Message {
    Message::user([ContentBlock::text(text)])
}

fn results(text: &str) -> Message {
    let result = ToolResult::success(ToolCallId::new("a"), [ToolResultBlock::text(text)]);
    Message::tool([result])
}

/// The secrets, one after the other, each cut in pieces as a model streams it.
fn repeated() -> Reply {
    let pieces = SECRETS.iter().flat_map(|secret| {
        let (one, rest) = secret.split_at(5);
        let (two, three) = rest.split_at(4);
        [one, two, three, ", "].map(chunk::text)
    });
    let calls =
        [chunk::tool_call(0, "a", "read", "{\"path\":\"key-6f"), chunk::arguments(0, "1a-planted\"}")];
    Reply::events(pieces.chain(calls).chain([chunk::finish("tool_calls")]))
}

#[tokio::test]
async fn no_secret_reaches_the_disk_wherever_it_was() {
    let server = ModelServer::with_replies([
        repeated(),
        Reply::json(401, &serde_json::json!({ "error": { "message": SECRETS.join(" ") } })),
    ])
    .await
    .unwrap();
    let sink = Sink::default();
    let recorder = Recorder::new(sink.clone()).without([Secret::new(OF_THE_USER)]);
    let agent = Agent::new(&resolved(provider(server.address()))).unwrap().with_recorder(recorder.clone());
    let mut talk = Talk::new(agent);
    let response = talk.say(user(&SECRETS.join("\n"))).await.unwrap();
    assert!(Message::assistant(response.content).text().contains(KEY), "the live answer is what it was");
    talk.say(results(&SECRETS.join("\n"))).await.unwrap_err();
    recorder.check().unwrap();
    let text = sink.text();
    assert!(text.lines().count() >= 6, "{text}");
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in {text}");
        assert!(!text.contains(&secret[9..]), "the end of {secret} in {text}");
    }
    assert!(
        !text.contains("127.0.0.1") && !text.contains("authorization"),
        "neither address nor headers: {text}"
    );
}

/// A stream that no decoder of text takes: one byte of a comment is wrong.
fn with_a_bad_byte(reply: Reply) -> Reply {
    reply.bytes(b": \xFF\n\n".to_vec()).event(&chunk::finish("stop")).bytes("data: [DONE]\n\n")
}

#[tokio::test]
async fn no_secret_reaches_the_disk_in_pieces_behind_a_bad_byte() {
    let (one, two) = KEY.split_at(6);
    let pieces = Reply::stream().event(&chunk::text(one)).event(&chunk::text(two));
    let harmless = Reply::stream().event(&chunk::text("Hello"));
    let replies = [with_a_bad_byte(pieces), with_a_bad_byte(harmless)];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let sink = Sink::default();
    let agent = Agent::new(&resolved(provider(server.address()))).unwrap();
    let agent = agent.with_recorder(Recorder::new(sink.clone()));
    let response = Talk::new(agent.clone()).say(user("Hi")).await.unwrap();
    assert_eq!(Message::assistant(response.content).text(), KEY);
    let text = sink.text();
    assert!(!text.contains("body_base64") && text.contains("it holds a credential"), "{text}");
    Talk::new(agent).say(user("Hi")).await.unwrap();
    assert!(sink.text().contains("body_base64"), "what holds none is kept: {}", sink.text());
}

#[tokio::test]
async fn no_token_reaches_the_disk_however_often_it_is_renewed() {
    let tokens = [("first-token", Some(1)), ("second-token", None)];
    let server = ModelServer::start(|_, _| Reply::text("first-token, second-token")).await.unwrap();
    let source = Arc::new(Tokens(Mutex::new(tokens.to_vec())));
    let model = resolved(provider(server.address()));
    let agent = Agent::with_credentials(&model, source, &Limits::new()).unwrap();
    let sink = Sink::default();
    let agent = agent.with_recorder(Recorder::new(sink.clone()));
    for _ in 0..2 {
        Talk::new(agent.clone()).say(user("Hi")).await.unwrap();
    }
    let text = sink.text();
    assert_eq!(text.matches("first-token").count(), 0, "{text}");
    assert_eq!(text.matches("second-token").count(), 1, "before it was a token: {text}");
}

#[tokio::test]
async fn what_was_recorded_plays_again() {
    let mut limited = Reply::status(429).header("retry-after", "0");
    limited = limited.bytes("slow down");
    let server = ModelServer::with_replies([
        limited,
        Reply::tool_calls([("a", "read", "{}")]),
        Reply::text("Done."),
        Reply::stream().event(&chunk::text("Hal")).close(),
    ])
    .await
    .unwrap();
    let sink = Sink::default();
    let mut config = provider(server.address());
    config.client.max_retries = Some(1);
    let agent = Agent::new(&resolved(config)).unwrap();
    let recorder = Recorder::new(sink.clone()).varying(["/srv/me/project".to_owned()]);
    let mut live = Talk::new(agent.with_recorder(recorder));
    let said = [user("Hi"), results("seen"), user("More")];
    let mut answers = Vec::new();
    for message in said.clone() {
        answers.push(live.say(message).await.map_err(|error| (error.kind(), error.is_mid_answer())));
    }
    assert_eq!(answers[2], Err((ModelFailureKind::Interrupted, true)));

    let recording: Recording = sink.text().parse().unwrap();
    assert_eq!((recording.prompt(), recording.model(), recording.exchange_count()), (Some("Hi"), "m", 4));
    assert_eq!(recording.results()[&ToolCallId::new("a")].text(), "seen");
    let text = sink.text();
    assert_eq!(text.matches("{\"request\"").count(), 1, "later requests say what they add: {text}");
    let transport = Arc::new(ReplayTransport::new(recording));
    let mut played = Talk::new(Agent::replay(Arc::clone(&transport)).unwrap());
    for (message, expected) in said.into_iter().zip(answers) {
        let answer = played.say(message).await.map_err(|error| (error.kind(), error.is_mid_answer()));
        assert_eq!(answer, expected);
    }
    assert_eq!(transport.remaining(), 0);
}

#[tokio::test]
async fn marks_for_the_cache_move_and_the_conversation_is_still_added_to() {
    let answer = serde_json::json!({ "type": "message", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": "Hello!" }] });
    let server = ModelServer::start(move |_, _| Reply::json(200, &answer)).await.unwrap();
    let sink = Sink::default();
    let mut config = provider(server.address());
    config.format = Some("anthropic-messages".to_owned());
    let agent = Agent::new(&resolved(config)).unwrap();
    let mut live = Talk::new(agent.with_recorder(Recorder::new(sink.clone())));
    for text in ["One", "Two", "Three"] {
        live.say(user(text)).await.unwrap();
    }
    assert_eq!(sink.text().matches("{\"append\"").count(), 2, "{}", sink.text());
    for matching in [Matching::Strict, Matching::Tolerant] {
        let transport = Arc::new(ReplayTransport::matching(sink.text().parse().unwrap(), matching));
        let mut played = Talk::new(Agent::replay(Arc::clone(&transport)).unwrap());
        for text in ["One", "Two", "Three"] {
            played.say(user(text)).await.unwrap();
        }
        assert_eq!(transport.differences(), []);
        assert!(played.say(user("Four")).await.is_err());
    }
}

#[tokio::test]
async fn an_answer_that_was_given_up_is_recorded_as_far_as_it_came() {
    let replies = [Reply::stream().event(&chunk::text("Hal")).hang(), Reply::default().close()];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let sink = Sink::default();
    let agent = Agent::new(&resolved(provider(server.address()))).unwrap();
    let agent = agent.with_recorder(Recorder::new(sink.clone()));
    assert_eq!(Talk::new(agent.clone()).say(user("Hi")).await.unwrap_err().kind(), ModelFailureKind::Timeout);
    assert_eq!(Talk::new(agent).say(user("Hi")).await.unwrap_err().kind(), ModelFailureKind::Unreachable);
    let recording: Recording = sink.text().parse().unwrap();
    let agent = Agent::replay(Arc::new(ReplayTransport::new(recording))).unwrap();
    let error = Talk::new(agent.clone()).say(user("Hi")).await.unwrap_err();
    assert!(
        error.is_mid_answer() && error.to_string().contains("as recorded: the client read no further"),
        "{error}"
    );
}

#[tokio::test]
async fn tolerant_matching_answers_and_says_what_differs() {
    let text = r#"
      {"tau_recording":1,"format":"openai-chat","model":"m"}
      {"request":{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"One"}]}}
      {"response":{"events":[{"choices":[{"delta":{"content":"1"},"finish_reason":"stop"}]}]}}
      {"request":{"model":"m","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Two"}]}}
      {"response":{"events":[{"choices":[{"delta":{"content":"2"},"finish_reason":"stop"}]}]}}
    "#;
    let transport = Arc::new(ReplayTransport::matching(text.parse().unwrap(), Matching::Tolerant));
    let agent = Agent::replay(Arc::clone(&transport)).unwrap();
    let ask = async |text: &str| {
        let messages = [Arc::new(user(text))];
        let reply = agent.chat(ChatRequest::new(&messages), &mut WireCache::default()).await;
        reply.map(|reply| Message::assistant(reply.content).text())
    };
    assert_eq!(ask("Two").await.unwrap(), "2", "the same request, wherever it stands");
    assert_eq!(transport.differences(), []);
    assert_eq!(ask("Other").await.unwrap(), "1");
    let differences = transport.differences();
    assert_eq!((differences.len(), differences[0].request), (1, 1));
    let diff = &differences[0].diff;
    assert!(diff.contains("\"content\": \"One\",\n+"), "the one stands above the other: {diff}");
    assert!(diff.contains("\"content\": \"Other\""), "{diff}");
    assert_eq!(ask("Two").await.unwrap_err().kind(), ModelFailureKind::Replay);
}

#[tokio::test]
async fn a_disk_that_is_full_is_told_and_disturbs_nothing() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let server = ModelServer::with_replies([Reply::text("Hello!")]).await.unwrap();
    let recorder = Recorder::new(Full);
    let agent = Agent::new(&resolved(provider(server.address()))).unwrap().with_recorder(recorder.clone());
    assert!(Talk::new(agent).say(user("Hi")).await.is_ok());
    assert_eq!(recorder.check().unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[tokio::test]
async fn nothing_follows_a_gap() {
    struct OnceFull(Sink, bool);
    impl Write for OnceFull {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.1, false) {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.0.write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let server = ModelServer::start(|_, _| Reply::text("Hello!")).await.unwrap();
    let sink = Sink::default();
    let recorder = Recorder::new(OnceFull(sink.clone(), true));
    let agent = Agent::new(&resolved(provider(server.address()))).unwrap().with_recorder(recorder.clone());
    let mut talk = Talk::new(agent);
    talk.say(user("Hi")).await.unwrap();
    recorder.check().unwrap_err();
    talk.say(user("Again")).await.unwrap();
    assert_eq!(sink.text(), "");
}

#[tokio::test]
async fn results_of_agents_that_ask_at_the_same_time_are_all_kept() {
    let server = ModelServer::start(|_, _| Reply::text("Done.")).await.unwrap();
    let sink = Sink::default();
    let agent = Agent::new(&resolved(provider(server.address()))).unwrap();
    let agent = agent.with_recorder(Recorder::new(sink.clone()));
    let mut streams = Vec::new();
    for id in ["one", "two"] {
        let result = ToolResult::success(ToolCallId::new(id), [ToolResultBlock::text(id)]);
        let messages = [Arc::new(Message::tool([result]))];
        streams.push(agent.stream(ChatRequest::new(&messages), &mut WireCache::default()));
    }
    for stream in streams {
        assert!(stream.all(|event| std::future::ready(event.is_ok())).await);
    }
    let recording: Recording = sink.text().parse().unwrap();
    let held: Vec<&str> = recording.results().keys().map(ToolCallId::as_str).collect();
    assert_eq!(held, ["one", "two"]);
}
