//! The session that is measured: every turn says a few words and calls one tool, whose result is a kilobyte.

use bytes::Bytes;
use serde_json::Value;
use tau_testkit::{ModelServer, Reply, chunk};

/// Turns of a session.
pub(crate) const TURNS: u32 = 200;

/// Turns at each end that are compared.
pub(crate) const ENDS: usize = 20;

/// The tool of the session.
pub(crate) const TOOL: &str = "look";

/// The prompt of the session.
pub(crate) const PROMPT: &str = "Look at everything, and keep looking.";

/// The instructions of the session.
pub(crate) const SYSTEM: &str = "You look at things with the tool `look` until there is nothing left to see.";

/// What the tool gives back.
pub(crate) fn tool_result() -> String {
    "a line of what there is to see, forty-eight bytes\n".repeat(20)
}

/// JSON Schema of the tool's arguments.
pub(crate) fn tool_schema() -> Value {
    serde_json::json!({ "type": "object", "properties": { "at": { "type": "string" } }, "required": ["at"] })
}

/// A server that answers every request with the next turn: sixteen pieces of text, then a call in four pieces. All but
/// the call's id is made once, so that a server costs little beside what it serves.
pub(crate) async fn server() -> std::io::Result<ModelServer> {
    let text = (0..16).map(|piece| chunk::text(&format!("word{piece} of the reply, ")));
    let before = events(text);
    let after = events([
        chunk::arguments(0, "{\"at\":"),
        chunk::arguments(0, "\"the next thing"),
        chunk::arguments(0, "\"}"),
        chunk::finish("tool_calls"),
        chunk::usage(1_000, 60),
    ]) + "data: [DONE]\n\n";
    let (before, after) = (Bytes::from(before), Bytes::from(after));
    ModelServer::start_unrecorded(move |number, _| {
        let call = chunk::tool_call(0, &format!("call_{number}"), TOOL, "");
        Reply::stream().bytes(before.clone()).event(&call).bytes(after.clone())
    })
    .await
}

fn events(events: impl IntoIterator<Item = Value>) -> String {
    events.into_iter().map(|event| format!("data: {event}\n\n")).collect()
}
