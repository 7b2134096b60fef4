//! Amazon Bedrock's Converse.

use std::sync::Arc;

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message as Frame};
use bytes::Bytes;
use serde_json::{Value, json};
use tau_agent::{ChatRequest, OutputSchema};
use tau_core::config::{ModelOptions, ProviderConfig};
use tau_core::event::ModelFailureKind;
use tau_core::{
    ContentBlock, FinishReason, Image, Message, Secret, ToolArguments, ToolCall, ToolCallId, ToolDefinition,
    ToolResult, ToolResultBlock,
};
use tau_testkit::{ModelServer, Reply};

use crate::formats::Sender;
use crate::support::{Outcome, Scripted, agent_speaking, ask, resolved};

const FORMAT: &str = "bedrock-converse";

fn frame(headers: &[(&'static str, &str)], payload: &str) -> Vec<u8> {
    let headers = headers
        .iter()
        .map(|(name, value)| Header::new(*name, HeaderValue::String((*value).to_owned().into())));
    let mut out = Vec::new();
    write_message_to(&Frame::new_from_parts(headers.collect(), payload.to_owned()), &mut out).unwrap();
    out
}

fn event(name: &str, payload: &Value) -> Vec<u8> {
    frame(
        &[(":message-type", "event"), (":event-type", name), (":content-type", "application/json")],
        &payload.to_string(),
    )
}

fn exception(name: &str, message: &str) -> Vec<u8> {
    frame(
        &[(":message-type", "exception"), (":exception-type", name)],
        &json!({ "message": message }).to_string(),
    )
}

fn delta(index: u32, delta: &Value) -> Vec<u8> {
    event("contentBlockDelta", &json!({ "contentBlockIndex": index, "delta": delta, "p": "abcd" }))
}

fn ended(reason: &str) -> Vec<u8> {
    let usage = json!({ "inputTokens": 10, "outputTokens": 5, "totalTokens": 22, "cacheReadInputTokens": 4, "cacheWriteInputTokens": 3 });
    [
        event("messageStop", &json!({ "stopReason": reason })),
        event("metadata", &json!({ "usage": usage, "metrics": { "latencyMs": 1 } })),
    ]
    .concat()
}

fn answer() -> Vec<u8> {
    [
        event("messageStart", &json!({ "role": "assistant" })),
        delta(0, &json!({ "reasoningContent": { "text": "Hm." } })),
        delta(0, &json!({ "reasoningContent": { "signature": "c2ln" } })),
        delta(1, &json!({ "reasoningContent": { "redactedContent": "b3BhcXVl" } })),
        delta(2, &json!({ "text": "Grü" })),
        delta(2, &json!({ "text": "ße" })),
        event("contentBlockStop", &json!({ "contentBlockIndex": 2 })),
        event(
            "contentBlockStart",
            &json!({ "contentBlockIndex": 3, "start": { "toolUse": { "toolUseId": "t1", "name": "ls" } } }),
        ),
        event(
            "contentBlockStart",
            &json!({ "contentBlockIndex": 4, "start": { "toolUse": { "toolUseId": "t2", "name": "see" } } }),
        ),
        delta(3, &json!({ "toolUse": { "input": "{\"path\":" } })),
        delta(4, &json!({ "toolUse": { "input": "{}" } })),
        delta(3, &json!({ "toolUse": { "input": "1}" } })),
        event("aurora", &json!({ "x": 1 })),
        ended("tool_use"),
    ]
    .concat()
}

async fn decode(chunks: impl IntoIterator<Item = &[u8]>) -> Outcome {
    let chunks = chunks.into_iter().map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    ask(&agent_speaking(FORMAT, Arc::new(Scripted::new(chunks)))).await
}

#[test]
fn a_request_holds_everything() {
    let shown = ToolResult::success(
        ToolCallId::new("b"),
        [ToolResultBlock::Image(Image::base64("image/png", "AAA="))],
    );
    let calls = ["a", "b"].map(|id| {
        ContentBlock::ToolCall(ToolCall::new(
            ToolCallId::new(id),
            "ls",
            ToolArguments::parse(r#"{"path": "."}"#),
        ))
    });
    let messages = [
        Arc::new(Message::user([
            ContentBlock::text("Look"),
            ContentBlock::Image(Image::base64("image/jpeg", "AAAA")),
        ])),
        Arc::new(Message::assistant(calls)),
        Arc::new(Message::tool([ToolResult::error(ToolCallId::new("a"), "no such folder"), shown])),
        Arc::new(Message::user([ContentBlock::text("And?")])),
    ];
    let tools = [ToolDefinition::new("ls", "Lists.", json!({ "type": "object" }))];
    let mut options = ModelOptions::default();
    (options.max_tokens, options.temperature) = (Some(9), Some(0.5));
    options.extra.insert("additionalModelRequestFields".to_owned(), json!({ "top_k": 3 }));
    let schema = OutputSchema::new("x", json!({ "type": "object" }));
    let request =
        ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools).with_options(&options);
    let body = Sender::new(FORMAT).json(request.with_output(&schema));
    let expected = json!({
        "inferenceConfig": { "maxTokens": 9, "temperature": 0.5 },
        "system": [{ "text": "Be brief." }],
        "toolConfig": { "tools": [{ "toolSpec": { "name": "ls", "description": "Lists.", "inputSchema": { "json": { "type": "object" } } } }] },
        "additionalModelRequestFields": { "top_k": 3 },
        "outputConfig": { "textFormat": { "type": "json_schema", "structure": { "jsonSchema": { "name": "x", "schema": "{\"type\":\"object\"}" } } } },
        "messages": [
            { "role": "user", "content": [{ "text": "Look" }, { "image": { "format": "jpeg", "source": { "bytes": "AAAA" } } }] },
            { "role": "assistant", "content": [
                { "toolUse": { "toolUseId": "a", "name": "ls", "input": { "path": "." } } },
                { "toolUse": { "toolUseId": "b", "name": "ls", "input": { "path": "." } } },
            ] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "a", "status": "error", "content": [{ "text": "no such folder" }] } },
                { "toolResult": { "toolUseId": "b", "status": "success", "content": [{ "image": { "format": "png", "source": { "bytes": "AAA=" } } }] } },
                { "text": "And?" },
            ] },
        ],
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn what_is_streamed_and_what_goes_back() {
    let bytes = answer();
    let outcome = decode([&bytes[..]]).await;
    let expected = [
        "reasoning Hm.",
        "text Grü",
        "text ße",
        "call 0 ls",
        "call 1 see",
        "arguments 0 {\"path\":",
        "arguments 1 {}",
        "arguments 0 1}",
    ];
    assert_eq!(outcome.events, expected);
    let reply = outcome.end.unwrap();
    assert_eq!(reply.finish, FinishReason::ToolCalls);
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input, usage.cached_input, usage.cache_write, usage.output), (17, 4, 3, 5));
    for size in [1, 7, 64] {
        let cut = decode(bytes.chunks(size)).await;
        assert_eq!(
            (cut.events, cut.end.unwrap()),
            (expected.map(str::to_owned).into(), reply.clone()),
            "{size}"
        );
    }

    let messages =
        [Arc::new(Message::user([ContentBlock::text("Hi")])), Arc::new(Message::assistant(reply.content))];
    let sent = tokio::task::spawn_blocking(move || Sender::new(FORMAT).json(ChatRequest::new(&messages)));
    let expected = json!([
        { "reasoningContent": { "reasoningText": { "text": "Hm.", "signature": "c2ln" } } },
        { "reasoningContent": { "redactedContent": "b3BhcXVl" } },
        { "text": "Grüße" },
        { "toolUse": { "toolUseId": "t1", "name": "ls", "input": { "path": 1 } } },
        { "toolUse": { "toolUseId": "t2", "name": "see", "input": {} } },
    ]);
    assert_eq!(sent.await.unwrap()["messages"][1]["content"], expected);
}

#[tokio::test]
async fn ends_and_errors() {
    let words = delta(0, &json!({ "text": "Hi" }));
    let error = async |bytes: &[u8]| decode([bytes]).await.end.unwrap_err();
    let cases = [
        (words.clone(), ModelFailureKind::Interrupted, "before it was complete"),
        (words[..20].to_vec(), ModelFailureKind::Interrupted, "before it was complete"),
        (exception("throttlingException", "slow down"), ModelFailureKind::RateLimited, "slow down"),
        (exception("validationException", "too long"), ModelFailureKind::InvalidRequest, "too long"),
        (
            [words.clone(), exception("modelStreamErrorException", "it fell over")].concat(),
            ModelFailureKind::Server,
            "it fell over",
        ),
        (
            frame(
                &[
                    (":message-type", "error"),
                    (":error-code", "internalServerException"),
                    (":error-message", "oh"),
                ],
                "",
            ),
            ModelFailureKind::Server,
            "oh",
        ),
        (b"<html>Sign in".to_vec(), ModelFailureKind::Protocol, "<html>"),
        (
            [words.clone(), vec![0x7F, 0xFF, 0xFF, 0xFF]].concat(),
            ModelFailureKind::Protocol,
            "a frame of 2147483647 bytes",
        ),
        (b"{\"message\":\"x\"}".to_vec(), ModelFailureKind::Protocol, "no content"),
    ];
    for (bytes, kind, said) in cases {
        let error = error(&bytes).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
    // Any byte of a frame that is another is noticed by a checksum.
    for at in 0..words.len() {
        let mut spoilt = words.clone();
        spoilt[at] ^= 0x10;
        let outcome = decode([&spoilt[..]]).await;
        assert!(outcome.events.is_empty() && outcome.end.is_err(), "{at}: {outcome:?}");
    }
    let stopped = event("messageStop", &json!({ "stopReason": "max_tokens" }));
    let reply = decode([&[words, stopped].concat()[..]]).await.end.unwrap();
    assert_eq!((reply.finish, reply.usage), (FinishReason::Length, None), "what it cost is not told");
}

#[tokio::test]
async fn an_answer_without_a_stream() {
    let body = json!({
        "output": { "message": { "role": "assistant", "content": [
            { "reasoningContent": { "reasoningText": { "text": "Hm.", "signature": "c2ln" } } },
            { "text": "Hi" },
            { "toolUse": { "toolUseId": "t1", "name": "ls", "input": { "b": 1.0, "a": 2 } } },
        ] } },
        "stopReason": "tool_use", "usage": { "inputTokens": 1, "outputTokens": 2 },
    });
    let text = body.to_string().replace(r#"{"a":2,"b":1.0}"#, r#"{ "b": 1.0, "a": 2 }"#);
    let outcome = decode([text.as_bytes()]).await;
    assert_eq!(
        outcome.events,
        ["reasoning Hm.", "text Hi", "call 0 ls", r#"arguments 0 { "b": 1.0, "a": 2 }"#]
    );
    assert_eq!(outcome.end.unwrap().finish, FinishReason::ToolCalls);
}

#[tokio::test]
async fn a_key_goes_as_a_bearer_to_the_address_of_the_model() {
    let reply = Reply::status(200)
        .header("content-type", "application/vnd.amazon.eventstream")
        .bytes([delta(0, &json!({ "text": "Hi" })), ended("end_turn")].concat());
    let server = ModelServer::with_replies([reply]).await.unwrap();
    let mut provider = ProviderConfig::new(server.base_url().trim_end_matches("/v1"));
    provider.kind = Some("bedrock".to_owned());
    provider.api_key = Some(Secret::new("bedrock-api-key-x"));
    let mut model = resolved(provider);
    model.model.name = "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-x-v1:0".to_owned();
    let agent = tau_agent::Agent::new(&model).unwrap();
    assert_eq!(ask(&agent).await.events, ["text Hi"]);
    let request = &server.requests()[0];
    let path = "/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ainference-profile%2Feu.anthropic.claude-x-v1%3A0/converse-stream";
    assert_eq!(
        (request.path.as_str(), request.header("authorization")),
        (path, Some("Bearer bedrock-api-key-x"))
    );
}
