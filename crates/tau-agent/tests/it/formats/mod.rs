//! What every wire format must do, and what each does in its own way.

mod anthropic;
mod empty;
mod gemini;
mod interactions;
mod ollama;
mod prefix;
mod properties;
mod responses;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use tau_agent::{Agent, ChatRequest, WireCache};
use tau_core::config::{ProviderConfig, ResolvedModel};
use tau_core::event::ModelFailureKind;
use tau_core::{
    ContentBlock, Image, Message, ToolArguments, ToolCall, ToolCallId, ToolDefinition, ToolResult,
    ToolResultBlock,
};

use crate::support::{Outcome, Scripted, agent_speaking, ask, resolved};

/// Sends requests through a transport that keeps their bytes.
pub(crate) struct Sender {
    agent: Agent,
    transport: Arc<Scripted>,
    cache: WireCache,
}

impl Sender {
    pub(crate) fn new(format: &str) -> Self {
        Self::with(format, |_| {})
    }

    pub(crate) fn with(format: &str, change: impl FnOnce(&mut ResolvedModel)) -> Self {
        let transport = Arc::new(Scripted::new(Vec::new()));
        let mut provider = ProviderConfig::new("http://scripted.invalid");
        provider.format = Some(format.to_owned());
        provider.client.max_retries = Some(0);
        // No request has an answer, which is no fault here.
        provider.client.breaker_failures = Some(u32::MAX);
        let mut model = resolved(provider);
        change(&mut model);
        let agent = Agent::with_transport(&model, Arc::<Scripted>::clone(&transport)).unwrap();
        Self { agent, transport, cache: WireCache::default() }
    }

    /// The bytes of a request. There is no answer to it.
    pub(crate) fn send(&mut self, request: ChatRequest<'_>) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(self.agent.chat(request, &mut self.cache)).unwrap_err();
        self.transport.sent.lock().unwrap().pop().unwrap()
    }

    pub(crate) fn json(&mut self, request: ChatRequest<'_>) -> Value {
        serde_json::from_slice(&self.send(request)).unwrap()
    }
}

/// What came of an answer in one piece.
async fn decode(format: &str, body: &str) -> Outcome {
    decode_chunks(format, &[body.as_bytes()]).await
}

async fn decode_chunks(format: &str, chunks: &[&[u8]]) -> Outcome {
    let chunks = chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    ask(&agent_speaking(format, Arc::new(Scripted::new(chunks)))).await
}

/// An answer that is an error of a kind with a text in it.
async fn check_error(format: &str, body: &str, kind: ModelFailureKind, said: &str) {
    let error = decode(format, body).await.end.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

fn user(text: &str) -> Arc<Message> {
    Arc::new(Message::user([ContentBlock::text(text)]))
}

fn assistant(blocks: impl Into<Arc<[ContentBlock]>>) -> Arc<Message> {
    Arc::new(Message::assistant(blocks))
}

fn call(id: &str, name: &str, arguments: &str) -> ContentBlock {
    ContentBlock::ToolCall(ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(arguments)))
}

fn result(id: &str, text: &str) -> ToolResult {
    ToolResult::success(ToolCallId::new(id), [ToolResultBlock::text(text)])
}

/// A conversation with everything in it that most formats write in their own way.
fn conversation() -> Vec<Arc<Message>> {
    let shown = ToolResult::success(
        ToolCallId::new("b"),
        [ToolResultBlock::text("seen"), ToolResultBlock::Image(Image::base64("image/png", "AAA="))],
    );
    vec![
        Arc::new(Message::user([
            ContentBlock::text("Look"),
            ContentBlock::Image(Image::base64("image/png", "AAAA")),
            ContentBlock::Image(Image::url("https://x.example/a.jpg")),
        ])),
        assistant([
            ContentBlock::Reasoning(tau_core::Reasoning::text("Hm.")),
            ContentBlock::text("I will."),
            call("a", "ls", r#"{"path": "."}"#),
            call("b", "see", ""),
        ]),
        Arc::new(Message::tool([result("a", "file"), shown])),
        user("And?"),
    ]
}

fn tools() -> [ToolDefinition; 2] {
    let schema = json!({ "type": "object", "properties": { "path": { "type": "string" } } });
    [
        ToolDefinition::new("ls", "Lists.", schema),
        ToolDefinition::new("see", "Sees.", json!({ "type": "object" })),
    ]
}
