//! Words that are empty: what came with them does not become part of what follows.

use serde_json::json;
use tau_agent::ChatRequest;
use tau_core::{ContentBlock, Opaque, Reasoning};

use super::{Sender, assistant, call, decode, user};

#[tokio::test]
async fn fields_of_empty_words_are_not_kept() {
    let cases = [
        (
            "anthropic-messages",
            json!({ "type": "message", "stop_reason": "tool_use", "content": [
                { "type": "text", "text": "", "citations": [{ "encrypted_index": "i" }] },
                { "type": "tool_use", "id": "t", "name": "ls", "input": { "a": 1 } },
            ] }),
        ),
        (
            "openai-responses",
            json!({ "object": "response", "status": "completed", "output": [
                { "type": "message", "role": "assistant", "phase": "commentary", "content": [] },
                { "type": "function_call", "call_id": "t", "name": "ls", "arguments": "{\"a\":1}" },
            ] }),
        ),
        (
            "gemini-interactions",
            json!({ "status": "requires_action", "steps": [
                { "type": "model_output", "content": [{ "type": "text", "text": "" }], "signature": "s" },
                { "type": "function_call", "id": "t", "name": "ls", "arguments": { "a": 1 } },
            ] }),
        ),
    ];
    for (format, answer) in cases {
        let reply = decode(format, &answer.to_string()).await.end.unwrap();
        assert_eq!(*reply.content, [call("t", "ls", r#"{"a":1}"#)], "{format}");
    }
}

#[test]
fn fields_of_empty_words_are_not_sent() {
    for format in ["anthropic-messages", "openai-responses", "gemini", "gemini-interactions"] {
        let fields = Opaque::new(format, r#"{"next":{"aurora":1}}"#);
        let fields = ContentBlock::Reasoning(Reasoning::with_data("", fields));
        let reply = assistant([fields, ContentBlock::text(""), call("t", "ls", "{}")]);
        let body = Sender::new(format).json(ChatRequest::new(&[user("Hi"), reply])).to_string();
        assert!(body.contains("ls") && !body.contains("aurora"), "{format}: {body}");
    }
}
