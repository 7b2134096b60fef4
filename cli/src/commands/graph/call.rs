//! One call of a tool as the work of a session, so that it is judged, asked about, hooked, bounded and kept like any other:
//! its model wants this call, and nothing more.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::{BoxFuture, ready};
use futures::{FutureExt, StreamExt, stream};
use serde_json::{Value, json};
use tau_agent::Agent;
use tau_agent::transport::{Transport, TransportError, WireRequest, WireResponse};
use tau_core::config::{Config, ProviderConfig};

/// What the model of such a session is called.
pub(super) const MODEL: &str = "graph/call";

/// A call of a tool.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) tool: String,
    arguments: Value,
}

impl Call {
    pub(super) fn new(tool: &str, arguments: Value) -> Self {
        Self { tool: tool.to_owned(), arguments }
    }

    /// What stands as the prompt of its session, for people.
    pub(super) fn prompt(&self, node: &str) -> String {
        format!("Call `{}` for node `{node}`.", self.tool)
    }

    /// The model that wants this call.
    pub(super) fn agent(&self) -> miette::Result<Agent> {
        let mut config = Config::default();
        config.providers.insert("graph".to_owned(), ProviderConfig::new("http://graph.invalid/v1"));
        let resolved = config.resolve(MODEL).map_err(|error| miette::miette!("{error}"))?;
        Agent::with_transport(&resolved, Arc::new(Wants(self.clone())))
            .map_err(|error| miette::miette!("{error}"))
    }
}

/// Answers in the format of chat completions: with the call, and once its result is there with nothing more to do. It goes by
/// what it is sent alone, so a session that is taken up goes on.
struct Wants(Call);

impl fmt::Debug for Wants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Wants({})", self.0.tool)
    }
}

impl Transport for Wants {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let sent: Value = serde_json::from_slice(&request.body.to_vec()).unwrap_or_default();
        let messages = sent["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_done = messages.iter().any(|message| message["role"] == "tool");
        let (delta, reason) = if is_done {
            (json!({ "role": "assistant", "content": "Done." }), "stop")
        } else {
            let function = json!({ "name": self.0.tool, "arguments": self.0.arguments.to_string() });
            let call = json!({ "index": 0, "id": "call", "type": "function", "function": function });
            (json!({ "role": "assistant", "tool_calls": [call] }), "tool_calls")
        };
        let chunk = |delta: Value, reason: Value| json!({ "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta, "finish_reason": reason }] });
        let events = [chunk(delta, Value::Null), chunk(json!({}), reason.into())];
        let mut body: String = events.iter().map(|event| format!("data: {event}\n\n")).collect();
        body.push_str("data: [DONE]\n\n");
        let body = stream::once(ready(Ok(Bytes::from(body)))).boxed();
        ready(Ok(WireResponse::new(200, "text/event-stream", body))).boxed()
    }
}
