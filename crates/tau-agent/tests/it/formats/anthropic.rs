//! Anthropic's Messages.

use serde_json::{Value, json};
use tau_agent::{ChatRequest, OutputSchema};
use tau_core::config::{ModelOptions, ReasoningEffort};
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, FinishReason, Message, ToolCallId, ToolResult};

use super::{Sender, assistant, call, check_error, conversation, decode, tools, user};

const FORMAT: &str = "anthropic-messages";

fn events(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect()
}

fn start() -> Value {
    json!({ "type": "message_start", "message": { "id": "msg_1", "model": "claude", "usage":
        { "input_tokens": 3, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 5, "output_tokens": 1 } } })
}

fn block(index: u64, block: &Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u64, delta: &Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn end(reason: &str) -> [Value; 2] {
    [
        json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": 9 } }),
        json!({ "type": "message_stop" }),
    ]
}

#[test]
fn a_request_holds_everything() {
    let messages = conversation();
    let mut sender = Sender::with(FORMAT, |model| model.options.temperature = Some(0.5));
    let body = sender.json(ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools()));
    let mark = json!({ "type": "ephemeral" });
    let expected = json!({
        "model": "m", "stream": true, "max_tokens": 8192, "temperature": 0.5,
        "system": [{ "type": "text", "text": "Be brief.", "cache_control": mark }],
        "tools": [
            { "name": "ls", "description": "Lists.",
              "input_schema": { "type": "object", "properties": { "path": { "type": "string" } } } },
            { "name": "see", "description": "Sees.", "input_schema": { "type": "object" }, "cache_control": mark },
        ],
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "Look" },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
                { "type": "image", "source": { "type": "url", "url": "https://x.example/a.jpg" },
                  "cache_control": mark },
            ] },
            { "role": "assistant", "content": [
                { "type": "text", "text": "I will." },
                { "type": "tool_use", "id": "a", "name": "ls", "input": { "path": "." } },
                { "type": "tool_use", "id": "b", "name": "see", "input": {} },
            ] },
            // What tools and users say is one message.
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "a", "content": [{ "type": "text", "text": "file" }] },
                { "type": "tool_result", "tool_use_id": "b", "content": [
                    { "type": "text", "text": "seen" },
                    { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAA=" } },
                ] },
                { "type": "text", "text": "And?", "cache_control": mark },
            ] },
        ],
    });
    assert_eq!(body, expected);
}

#[test]
fn marks_move_on_and_are_never_more_than_four() {
    let mut sender = Sender::new(FORMAT);
    let mut messages = vec![user("0")];
    let tools = tools();
    for turn in 1..20 {
        let body = sender.json(ChatRequest::new(&messages).with_system("S").with_tools(&tools));
        let text = body.to_string();
        assert_eq!(text.matches("cache_control").count(), if turn == 1 { 3 } else { 4 }, "{text}");
        let marked = |message: &Value| {
            message["content"].as_array().unwrap().iter().any(|block| !block["cache_control"].is_null())
        };
        let all = body["messages"].as_array().unwrap();
        let places: Vec<usize> = (0..all.len()).filter(|at| marked(&all[*at])).collect();
        let last = all.len() - 1;
        assert_eq!(places, if turn == 1 { vec![last] } else { vec![last - 2, last] });
        messages.push(assistant([ContentBlock::text("yes")]));
        messages.push(user(&turn.to_string()));
    }
    let plain = Sender::with(FORMAT, |model| model.provider.quirks.cache_markers = Some(false))
        .send(ChatRequest::new(&messages).with_system("S"));
    assert!(!String::from_utf8(plain).unwrap().contains("cache_control"));
}

#[test]
fn what_says_nothing_is_not_sent() {
    let messages = [user(" \n"), user("Hi"), assistant([ContentBlock::text("")]), user("there")];
    let body = Sender::with(FORMAT, |model| model.provider.quirks.cache_markers = Some(false))
        .json(ChatRequest::new(&messages));
    let expected = json!([{ "role": "user", "content": [
        { "type": "text", "text": "Hi" }, { "type": "text", "text": "there" },
    ] }]);
    assert_eq!(body["messages"], expected);
    assert_eq!(Sender::new(FORMAT).json(ChatRequest::new(&[]))["messages"], json!([]));
}

#[test]
fn ids_of_others_and_arguments_that_are_none_are_made_acceptable() {
    let messages = [
        user("Hi"),
        assistant([call("call|1", "bad name", "{oops")]),
        std::sync::Arc::new(Message::tool([
            super::result("call|1", ""),
            ToolResult::error(ToolCallId::new("b"), " "),
        ])),
    ];
    let body = Sender::new(FORMAT).json(ChatRequest::new(&messages));
    assert_eq!(
        body["messages"][1]["content"][0],
        json!({ "type": "tool_use", "id": "call_1", "name": "bad_name", "input": { "invalid_json": "{oops" } })
    );
    assert_eq!(body["messages"][2]["content"][0]["tool_use_id"], "call_1");
    assert_eq!(body["messages"][2]["content"][0]["content"], json!([]));
    let words = json!([{ "type": "text", "text": "(it said nothing)" }]);
    assert_eq!(body["messages"][2]["content"][1]["content"], words, "an error without words is refused");
}

#[test]
fn effort_and_schema_are_told_together() {
    let mut options = ModelOptions::default();
    options.reasoning_effort = Some(ReasoningEffort::High);
    let schema =
        OutputSchema::new("x", json!({ "type": "object", "properties": { "a": { "type": "object" } } }));
    let messages = [user("Hi")];
    let request = ChatRequest::new(&messages).with_options(&options).with_output(&schema);
    let body = Sender::with(FORMAT, |model| model.model.name = "claude-opus-4-8".to_owned()).json(request);
    assert_eq!(body["thinking"], json!({ "type": "adaptive" }));
    let closed = json!({ "type": "object", "additionalProperties": false,
        "properties": { "a": { "type": "object", "additionalProperties": false } } });
    assert_eq!(
        body["output_config"],
        json!({ "effort": "high", "format": { "type": "json_schema", "schema": closed } })
    );
}

#[tokio::test]
async fn blocks_come_interleaved_and_go_back_as_they_came() {
    let search = json!({ "type": "server_tool_use", "id": "s", "name": "web_search", "input": {} });
    let found = json!({ "type": "web_search_tool_result", "tool_use_id": "s", "content": [{ "encrypted_content": "e" }] });
    let unknown = json!({ "type": "hologram", "frames": [1.0, 2], "note": "" });
    let mut all = vec![
        start(),
        block(0, &json!({ "type": "thinking", "thinking": "", "signature": "" })),
        delta(0, &json!({ "type": "thinking_delta", "thinking": "Hm." })),
        block(1, &json!({ "type": "redacted_thinking", "data": "r" })),
        delta(0, &json!({ "type": "signature_delta", "signature": "si" })),
        delta(0, &json!({ "type": "signature_delta", "signature": "g" })),
        block(2, &search),
        delta(2, &json!({ "type": "input_json_delta", "partial_json": "{\"q\": 1}" })),
        block(3, &found),
        block(4, &json!({ "type": "text", "text": "", "citations": [] })),
        delta(4, &json!({ "type": "citations_delta", "citation": { "encrypted_index": "i" } })),
        delta(4, &json!({ "type": "text_delta", "text": "Hi" })),
        block(5, &json!({ "type": "tool_use", "id": "t", "name": "ls", "input": {} })),
        block(6, &unknown),
        delta(6, &json!({ "type": "hologram_delta", "note": "ab" })),
        delta(6, &json!({ "type": "hologram_delta", "note": "cd", "extra": 7 })),
        delta(5, &json!({ "type": "input_json_delta", "partial_json": "{\"a\":" })),
        delta(5, &json!({ "type": "input_json_delta", "partial_json": " 1}" })),
        json!({ "type": "aurora", "index": 5 }),
    ];
    all.extend(end("tool_use"));
    let outcome = decode(FORMAT, &events(&all)).await;
    assert_eq!(
        outcome.events,
        ["reasoning Hm.", "text Hi", "call 0 ls", "arguments 0 {\"a\":", "arguments 0  1}"]
    );
    let reply = outcome.end.unwrap();
    assert_eq!(reply.finish, FinishReason::ToolCalls);
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input, usage.cached_input, usage.cache_write, usage.output), (12, 4, 5, 9));

    let messages = [user("Hi"), assistant(reply.content)];
    let sent = tokio::task::spawn_blocking(move || Sender::new(FORMAT).json(ChatRequest::new(&messages)));
    let content = sent.await.unwrap()["messages"][1]["content"].clone();
    let expected = json!([
        { "type": "thinking", "thinking": "Hm.", "signature": "sig" },
        { "type": "redacted_thinking", "data": "r" },
        { "type": "server_tool_use", "id": "s", "name": "web_search", "input": { "q": 1 } },
        found,
        { "type": "text", "text": "Hi", "citations": [{ "encrypted_index": "i" }] },
        { "type": "tool_use", "id": "t", "name": "ls", "input": { "a": 1 } },
        { "type": "hologram", "frames": [1.0, 2], "note": "abcd", "extra": 7 },
    ]);
    assert_eq!(content, expected);
}

#[tokio::test]
async fn every_reason_to_stop() {
    let cases = [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("refusal", FinishReason::ContentFilter),
        ("pause_turn", FinishReason::Other("pause_turn".to_owned())),
        ("moonrise", FinishReason::Other("moonrise".to_owned())),
    ];
    for (reason, expected) in cases {
        let body = events(&[&[start()][..], &end(reason)].concat());
        assert_eq!(decode(FORMAT, &body).await.end.unwrap().finish, expected);
    }
}

#[tokio::test]
async fn an_answer_without_its_end_is_none() {
    let text = [start(), block(0, &json!({ "type": "text", "text": "Hi" }))];
    let said = "ended its answer before it was complete";
    check_error(FORMAT, &events(&text), ModelFailureKind::Interrupted, said).await;
    let without_stop = events(&[&text[..], &end("end_turn")[..1]].concat());
    check_error(FORMAT, &without_stop, ModelFailureKind::Interrupted, said).await;
    let error = json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } });
    let broken = events(&[&text[..], &[error]].concat());
    check_error(FORMAT, &broken, ModelFailureKind::Server, "Overloaded").await;
    check_error(FORMAT, "{\"type\":\"message\"}", ModelFailureKind::Protocol, "no content").await;
}
