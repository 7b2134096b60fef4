//! The JSON of OpenAI-compatible streams, chunk by chunk.

use serde_json::{Value, json};

/// A chunk with these fields in its delta.
#[must_use]
pub fn delta(delta: &Value) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "scripted",
        "choices": [{ "index": 0, "delta": delta, "finish_reason": null }],
    })
}

/// A chunk of words.
#[must_use]
pub fn text(text: &str) -> Value {
    delta(&json!({ "content": text }))
}

/// A chunk of reasoning, in the field most servers use.
#[must_use]
pub fn reasoning(text: &str) -> Value {
    delta(&json!({ "reasoning_content": text }))
}

/// A chunk with a whole tool call. `arguments` is their text, which need not be JSON.
#[must_use]
pub fn tool_call(index: usize, id: &str, name: &str, arguments: &str) -> Value {
    delta(&json!({ "tool_calls": [{
        "index": index, "id": id, "type": "function",
        "function": { "name": name, "arguments": arguments },
    }] }))
}

/// A chunk with more of a call's arguments.
#[must_use]
pub fn arguments(index: usize, text: &str) -> Value {
    delta(&json!({ "tool_calls": [{ "index": index, "function": { "arguments": text } }] }))
}

/// The chunk that says why the model stopped.
#[must_use]
pub fn finish(reason: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "scripted",
        "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }],
    })
}

/// The chunk that tells the tokens, after the finish reason and without choices.
#[must_use]
pub fn usage(input: u64, output: u64) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "scripted", "choices": [],
        "usage": { "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output },
    })
}
