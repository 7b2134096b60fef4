//! Google's Gemini.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_agent::{ChatRequest, OutputSchema};
use tau_core::config::{ModelOptions, ReasoningEffort};
use tau_core::event::ModelFailureKind;
use tau_core::{FinishReason, Message};

use super::{Sender, assistant, call, check_error, conversation, decode, result, tools, user};

const FORMAT: &str = "gemini";

#[test]
fn a_request_holds_everything() {
    let messages = conversation();
    let mut sender = Sender::with(FORMAT, |model| {
        model.options.max_tokens = Some(9);
        model.options.extra.insert("generationConfig".to_owned(), json!({ "topK": 3 }));
    });
    let body = sender.json(ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools()));
    let expected = json!({
        "systemInstruction": { "parts": [{ "text": "Be brief." }] },
        "generationConfig": { "maxOutputTokens": 9, "topK": 3 },
        "tools": [{ "functionDeclarations": [
            { "name": "ls", "description": "Lists.",
              "parametersJsonSchema": { "type": "object", "properties": { "path": { "type": "string" } } } },
            { "name": "see", "description": "Sees.", "parametersJsonSchema": { "type": "object" } },
        ] }],
        "contents": [
            { "role": "user", "parts": [
                { "text": "Look" },
                { "inlineData": { "mimeType": "image/png", "data": "AAAA" } },
                { "fileData": { "mimeType": "image/jpeg", "fileUri": "https://x.example/a.jpg" } },
            ] },
            { "role": "model", "parts": [
                { "text": "I will." },
                { "functionCall": { "id": "a", "name": "ls", "args": { "path": "." } } },
                { "functionCall": { "id": "b", "name": "see", "args": {} } },
            ] },
            { "role": "user", "parts": [
                { "functionResponse": { "id": "a", "name": "ls", "response": { "output": "file" } } },
                { "functionResponse": { "id": "b", "name": "see", "response": { "output": "seen\n[image]" } } },
                { "inlineData": { "mimeType": "image/png", "data": "AAA=" } },
                { "text": "And?" },
            ] },
        ],
    });
    assert_eq!(body, expected);
}

#[test]
fn thinking_is_told_as_the_model_knows_it() {
    let messages = [user("Hi")];
    let schema = OutputSchema::new("x", json!({ "type": "object" }));
    let mut options = ModelOptions::default();
    options.reasoning_effort = Some(ReasoningEffort::Low);
    let request = ChatRequest::new(&messages).with_options(&options).with_output(&schema);
    for (name, thinking) in [
        ("gemini-2.5-flash", json!({ "thinkingBudget": 1024, "includeThoughts": true })),
        ("gemini-3-pro", json!({ "thinkingLevel": "low", "includeThoughts": true })),
    ] {
        let body = Sender::with(FORMAT, |model| model.model.name = name.to_owned()).json(request);
        let expected = json!({ "thinkingConfig": thinking, "responseMimeType": "application/json",
            "responseJsonSchema": { "type": "object" } });
        assert_eq!(body["generationConfig"], expected, "{name}");
    }
}

#[test]
fn ids_go_back_but_for_those_that_were_made_here() {
    let made = "call_0123456789abcdef_0";
    let messages = [
        user("Hi"),
        assistant([call("call_4162774", "ls", "{}"), call(made, "see", "{}")]),
        Arc::new(Message::tool([result("call_4162774", "x"), result(made, "y")])),
    ];
    let body = Sender::new(FORMAT).json(ChatRequest::new(&messages));
    let ids = |message: usize, part: &str| {
        let parts = body["contents"][message]["parts"].as_array().unwrap();
        parts.iter().map(|held| held[part]["id"].clone()).collect::<Vec<Value>>()
    };
    let expected = [json!("call_4162774"), Value::Null];
    assert_eq!(ids(1, "functionCall"), expected);
    assert_eq!(ids(2, "functionResponse"), expected);
}

#[test]
fn calls_of_other_models_are_excused() {
    let mut sender = Sender::with(FORMAT, |model| model.model.name = "gemini-3-pro".to_owned());
    let body = sender.json(ChatRequest::new(&conversation()));
    let parts = &body["contents"][1]["parts"];
    assert_eq!(parts[1]["thoughtSignature"], "skip_thought_signature_validator");
    assert!(parts[2]["thoughtSignature"].is_null(), "the first alone needs one");
}

fn events(chunks: &[Value]) -> String {
    chunks.iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect()
}

fn parts(parts: &Value) -> Value {
    json!({ "candidates": [{ "content": { "role": "model", "parts": parts } }], "modelVersion": "g", "responseId": "r" })
}

#[tokio::test]
async fn parts_go_back_with_their_signatures() {
    let body = events(&[
        parts(&json!([{ "text": "Hm", "thought": true }])),
        parts(&json!([{ "text": ".", "thought": true }, { "text": "I" }])),
        parts(&json!([{ "text": " will" }])),
        parts(&json!([{ "text": ".", "thoughtSignature": "s1" }, { "text": "", "thoughtSignature": "s2" }])),
        parts(&json!([{ "functionCall": { "name": "ls", "args": { "b": 1.0 } }, "thoughtSignature": "s3" }])),
        parts(&json!([{ "functionCall": { "id": "own", "name": "ls" } }])),
        parts(&json!([{ "executableCode": { "code": "1" } }])),
        json!({ "candidates": [{ "finishReason": "STOP" }], "usageMetadata": { "promptTokenCount": 5,
            "cachedContentTokenCount": 2, "candidatesTokenCount": 3, "thoughtsTokenCount": 4 } }),
    ]);
    let outcome = decode(FORMAT, &body).await;
    assert_eq!(
        outcome.events,
        [
            "reasoning Hm",
            "reasoning .",
            "text I",
            "text  will",
            "text .",
            "call 0 ls",
            "arguments 0 {\"b\":1.0}",
            "call 1 ls",
        ]
    );
    let reply = outcome.end.unwrap();
    assert_eq!((reply.id.as_str(), reply.model.as_str()), ("r", "g"));
    assert_eq!(reply.finish, FinishReason::ToolCalls);
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input, usage.cached_input, usage.output, usage.reasoning), (5, 2, 7, 4));
    let messages = [user("Hi"), assistant(reply.content)];
    let sent = tokio::task::spawn_blocking(move || Sender::new(FORMAT).json(ChatRequest::new(&messages)));
    let expected = json!([
        { "text": "I will" },
        { "text": ".", "thoughtSignature": "s1" },
        { "text": "", "thoughtSignature": "s2" },
        { "functionCall": { "name": "ls", "args": { "b": 1.0 } }, "thoughtSignature": "s3" },
        { "functionCall": { "id": "own", "name": "ls", "args": {} } },
        { "executableCode": { "code": "1" } },
    ]);
    assert_eq!(sent.await.unwrap()["contents"][1]["parts"], expected);
}

#[tokio::test]
async fn ends_and_errors() {
    use ModelFailureKind::{Interrupted, Protocol};
    let hi = parts(&json!([{ "text": "Hi" }]));
    check_error(FORMAT, &events(std::slice::from_ref(&hi)), Interrupted, "before it was complete").await;
    check_error(FORMAT, "{\"x\":1}", Protocol, "no candidates").await;
    for (reason, expected) in [
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("MALFORMED_FUNCTION_CALL", FinishReason::Other("MALFORMED_FUNCTION_CALL".to_owned())),
    ] {
        let end = json!({ "candidates": [{ "finishReason": reason }] });
        assert_eq!(decode(FORMAT, &events(&[hi.clone(), end])).await.end.unwrap().finish, expected);
    }
    let blocked = json!({ "promptFeedback": { "blockReason": "SAFETY" } });
    assert_eq!(decode(FORMAT, &events(&[blocked])).await.end.unwrap().finish, FinishReason::ContentFilter);
    // Each round of its own tools stops, and a reply that goes on behind it is not over.
    let stop = json!({ "candidates": [{ "finishReason": "STOP" }] });
    let round = [hi.clone(), stop.clone(), hi.clone()];
    check_error(FORMAT, &events(&round), Interrupted, "before it was complete").await;
    let signature = parts(&json!([{ "text": "", "thoughtSignature": "s" }]));
    let signed = decode(FORMAT, &events(&[hi.clone(), stop, signature])).await;
    assert_eq!(signed.end.unwrap().content.len(), 2, "a signature is none that goes on");
    // Without `alt=sse` the parts come as one list.
    let list = json!([hi, { "candidates": [{ "finishReason": "STOP" }] }]);
    assert_eq!(decode(FORMAT, &list.to_string()).await.events, ["text Hi"]);
}
