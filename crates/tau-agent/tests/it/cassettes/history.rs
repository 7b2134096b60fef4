//! What becomes of a reply when the conversation goes on: it is part of the next request.

use std::sync::Arc;

use serde_json::Value;
use tau_agent::{ChatRequest, WireCache};
use tau_core::{ChatResponse, ContentBlock, Message, ToolResult, ToolResultBlock};

use super::scripted;
use crate::support::agent_speaking;

/// The body of the request that follows a reply, its calls answered.
pub(super) async fn sent_again(format: &str, response: &ChatResponse) -> String {
    let reply = Message::assistant(response.content.clone());
    let results: Vec<ToolResult> = reply
        .tool_calls()
        .map(|call| ToolResult::success(call.id.clone(), [ToolResultBlock::text("done")]))
        .collect();
    let mut messages = vec![Message::user([ContentBlock::text("Hi")]), reply];
    if !results.is_empty() {
        messages.push(Message::tool(results));
    }
    messages.push(Message::user([ContentBlock::text("Go on")]));
    let messages: Vec<Arc<Message>> = messages.into_iter().map(Arc::new).collect();
    let transport = Arc::new(scripted(200, &[b""]));
    let agent = agent_speaking(format, Arc::<crate::support::Scripted>::clone(&transport));
    // There is no answer; the request counts.
    let _ = agent.chat(ChatRequest::new(&messages), &mut WireCache::default()).await;
    let sent = transport.sent.lock().unwrap().pop().unwrap();
    String::from_utf8(sent).unwrap()
}

/// Every text that only a provider understands, in the order of the document.
pub(super) fn opaque(value: &Value) -> Vec<String> {
    const NAMES: [&str; 6] =
        ["signature", "thoughtSignature", "encrypted_content", "encrypted_index", "encrypted_stdout", "data"];
    let mut found = Vec::new();
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if NAMES.contains(&key.as_str()) => found.push(text.clone()),
                    // What a tool is told is the model's own words.
                    _ if key == "input" && !value.is_array() || key == "args" => {}
                    _ => found.extend(opaque(value)),
                }
            }
        }
        Value::Array(items) => found.extend(items.iter().flat_map(opaque)),
        _ => {}
    }
    found
}

/// Whether a request holds a block byte for byte. Of the calls of the provider's own tools the input is streamed as
/// text, whose blanks a simple reading does not know, so of them it holds the same JSON.
pub(super) fn holds(sent: &str, body: &Value, block: &str) -> bool {
    fn find(value: &Value, wanted: &Value) -> bool {
        value == wanted
            || match value {
                Value::Object(fields) => fields.values().any(|value| find(value, wanted)),
                Value::Array(items) => items.iter().any(|value| find(value, wanted)),
                _ => false,
            }
    }
    let wanted: Value = serde_json::from_str(block).unwrap();
    sent.contains(block) || wanted["type"] == "server_tool_use" && find(body, &wanted)
}
