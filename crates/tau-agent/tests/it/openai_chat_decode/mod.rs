//! What servers send, and what is read from it. Each case is one deviation, under a name that says which.

mod endings;
mod fields;
mod framing;
mod properties;
mod tool_calls;

use bytes::Bytes;
use serde_json::Value;
use tau_core::event::ModelFailureKind;
use tau_core::{ChatResponse, ContentBlock, FinishReason, ToolArguments, ToolCall, ToolCallId};

use crate::support::{Outcome, ask_chunks};

/// A case: the body of an answer, and what comes of it.
struct Case {
    name: &'static str,
    body: Vec<u8>,
    events: Vec<&'static str>,
    end: Result<ChatResponse, (ModelFailureKind, &'static str)>,
}

impl Case {
    /// An answer that is read as this reply.
    fn reply(
        name: &'static str,
        body: impl Into<Vec<u8>>,
        events: &[&'static str],
        reply: ChatResponse,
    ) -> Self {
        Self { name, body: body.into(), events: events.to_vec(), end: Ok(reply) }
    }

    /// An answer that is an error of a kind with a text in it.
    fn error(
        name: &'static str,
        body: impl Into<Vec<u8>>,
        events: &[&'static str],
        kind: ModelFailureKind,
        said: &'static str,
    ) -> Self {
        Self { name, body: body.into(), events: events.to_vec(), end: Err((kind, said)) }
    }

    async fn check(&self) {
        let outcome = decode(&[&self.body]).await;
        let name = self.name;
        assert_eq!(outcome.events, self.events, "{name}: {:?}", outcome.end);
        match (&outcome.end, &self.end) {
            (Ok(reply), Ok(expected)) => assert_eq!(reply, expected, "{name}"),
            (Err(error), Err((kind, said))) => {
                assert_eq!(error.kind(), *kind, "{name}: {error}");
                assert!(error.to_string().contains(said), "{name}: {error}");
            }
            (end, expected) => panic!("{name}: got {end:?}, expected {expected:?}"),
        }
    }
}

async fn check_all(cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        case.check().await;
    }
}

/// Decodes an answer that comes in these chunks.
async fn decode(chunks: &[&[u8]]) -> Outcome {
    ask_chunks(chunks.iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect()).await
}

/// Events without an end marker.
fn open_events(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

/// Events with the end marker.
fn events(events: &[Value]) -> String {
    open_events(events) + "data: [DONE]\n\n"
}

/// A chunk whose choice is this.
fn choice(choice: &Value) -> Value {
    serde_json::json!({ "choices": [choice] })
}

/// A chunk whose delta is this.
fn delta(delta: &Value) -> Value {
    choice(&serde_json::json!({ "index": 0, "delta": delta }))
}

fn finish(reason: &str) -> Value {
    choice(&serde_json::json!({ "index": 0, "delta": {}, "finish_reason": reason }))
}

fn words(text: &str) -> ChatResponse {
    ChatResponse::new([ContentBlock::text(text)], FinishReason::Stop)
}

fn call(id: &str, name: &str, arguments: &str) -> ContentBlock {
    ContentBlock::ToolCall(ToolCall::new(ToolCallId::new(id), name, ToolArguments::parse(arguments)))
}

fn calls(calls: &[(&str, &str, &str)]) -> ChatResponse {
    let calls = calls.iter().map(|(id, name, arguments)| call(id, name, arguments));
    ChatResponse::new(calls, FinishReason::ToolCalls)
}
