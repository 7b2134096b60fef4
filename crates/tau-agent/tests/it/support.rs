//! Agents, answers and what came of them.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use tau_agent::transport::{Transport, TransportError, WireRequest, WireResponse};
use tau_agent::{Agent, AgentError, ChatRequest, StreamEvent, WireCache};
use tau_core::config::{ClientConfig, Config, ProviderConfig, ResolvedModel};
use tau_core::{ChatResponse, ContentBlock, Message};

/// A transport whose answers a list of chunks is, the same for every request. It keeps the bodies it was sent.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) chunks: Vec<Result<Bytes, TransportError>>,
    pub(crate) sent: Mutex<Vec<Vec<u8>>>,
}

impl Scripted {
    pub(crate) fn new(chunks: Vec<Result<Bytes, TransportError>>) -> Self {
        Self { status: 200, content_type: "text/event-stream", chunks, sent: Mutex::default() }
    }
}

impl Transport for Scripted {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        self.sent.lock().unwrap().push(request.body.to_vec());
        let body = futures::stream::iter(self.chunks.clone()).boxed();
        std::future::ready(Ok(WireResponse::new(self.status, self.content_type, body))).boxed()
    }
}

/// The names of all formats, as errors list them. Features add some.
pub(crate) fn known_formats() -> String {
    let names: Vec<String> = tau_agent::format::all().map(|format| format!("`{}`", format.name())).collect();
    names.join(", ")
}

/// The model `m` at the provider `test`.
pub(crate) fn resolved(provider: ProviderConfig) -> ResolvedModel {
    let mut config = Config::default();
    config.providers.insert("test".to_owned(), provider);
    config.resolve("test/m").unwrap()
}

pub(crate) fn agent_over(transport: Arc<dyn Transport>) -> Agent {
    let mut provider = ProviderConfig::new("http://scripted.invalid/v1");
    provider.client = client(|client| client.max_retries = Some(0));
    Agent::with_transport(&resolved(provider), transport).unwrap()
}

/// An agent that speaks a wire format.
pub(crate) fn agent_speaking(format: &str, transport: Arc<dyn Transport>) -> Agent {
    let mut provider = ProviderConfig::new("http://scripted.invalid/v1");
    provider.format = Some(format.to_owned());
    provider.client = client(|client| client.max_retries = Some(0));
    Agent::with_transport(&resolved(provider), transport).unwrap()
}

pub(crate) fn client(change: impl FnOnce(&mut ClientConfig)) -> ClientConfig {
    let mut client = ClientConfig::default();
    change(&mut client);
    client
}

/// What came of asking: the events before the end, as text, and the end.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<String>,
    pub(crate) end: Result<ChatResponse, AgentError>,
}

/// Asks an agent something and waits for the end.
pub(crate) async fn ask(agent: &Agent) -> Outcome {
    ask_of(agent, &[Arc::new(Message::user([ContentBlock::text("Hi")]))]).await
}

/// Asks an agent for the next message of a conversation and waits for the end.
pub(crate) async fn ask_of(agent: &Agent, messages: &[Arc<Message>]) -> Outcome {
    let mut stream = agent.stream(ChatRequest::new(messages), &mut WireCache::default());
    let mut events = Vec::new();
    loop {
        let end = match stream.next().await.expect("a stream ends with `Completed` or an error") {
            Ok(StreamEvent::Completed(response)) => Ok(response),
            Ok(event) => {
                events.push(show(&event));
                continue;
            }
            Err(error) => Err(error),
        };
        assert!(stream.next().await.is_none(), "nothing follows the end");
        return Outcome { events, end };
    }
}

/// Asks an agent over a transport of these chunks.
pub(crate) async fn ask_chunks(chunks: Vec<Result<Bytes, TransportError>>) -> Outcome {
    ask(&agent_over(Arc::new(Scripted::new(chunks)))).await
}

fn show(event: &StreamEvent) -> String {
    match event {
        StreamEvent::TextDelta(text) => format!("text {text}"),
        StreamEvent::ReasoningDelta(text) => format!("reasoning {text}"),
        StreamEvent::ToolCallStarted { index, name } => format!("call {index} {name}"),
        StreamEvent::ToolCallDelta { index, arguments } => format!("arguments {index} {arguments}"),
        StreamEvent::Retrying { attempt, delay, error, instead } => {
            let instead = instead.as_ref().map(|endpoint| format!(" instead {}", endpoint.model));
            let instead = instead.unwrap_or_default();
            format!("retrying {attempt} {:?} {}ms{instead}", error.kind(), delay.as_millis())
        }
        StreamEvent::Waiting { awaited, wait } => {
            format!("waiting {awaited:?}{}", if wait.is_some() { " for a while" } else { "" })
        }
        other => panic!("an event this test does not know: {other:?}"),
    }
}
