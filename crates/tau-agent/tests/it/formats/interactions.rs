//! Google's Interactions.

use serde_json::{Value, json};
use tau_agent::ChatRequest;
use tau_core::FinishReason;
use tau_core::config::{ModelOptions, ReasoningEffort};
use tau_core::event::ModelFailureKind;

use super::{Sender, assistant, check_error, conversation, decode, tools, user};

const FORMAT: &str = "gemini-interactions";

fn events(events: &[Value]) -> String {
    events.iter().map(|event| format!("data: {event}\n\n")).collect()
}

#[test]
fn a_request_holds_everything() {
    let messages = conversation();
    let mut sender = Sender::with(FORMAT, |model| model.options.max_tokens = Some(9));
    let body = sender.json(ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools()));
    let expected = json!({
        "model": "m", "stream": true, "store": false, "system_instruction": "Be brief.",
        "generation_config": { "max_output_tokens": 9 },
        "tools": [
            { "type": "function", "name": "ls", "description": "Lists.",
              "parameters": { "type": "object", "properties": { "path": { "type": "string" } } } },
            { "type": "function", "name": "see", "description": "Sees.", "parameters": { "type": "object" } },
        ],
        "input": [
            { "type": "user_input", "content": [
                { "type": "text", "text": "Look" },
                { "type": "image", "mime_type": "image/png", "data": "AAAA" },
                { "type": "image", "mime_type": "image/jpeg", "uri": "https://x.example/a.jpg" },
            ] },
            { "type": "model_output", "content": [{ "type": "text", "text": "I will." }] },
            { "type": "function_call", "id": "a", "name": "ls", "arguments": { "path": "." } },
            { "type": "function_call", "id": "b", "name": "see", "arguments": {} },
            { "type": "function_result", "call_id": "a", "name": "ls", "result": [{ "type": "text", "text": "file" }] },
            { "type": "function_result", "call_id": "b", "name": "see", "result": [
                { "type": "text", "text": "seen" }, { "type": "image", "mime_type": "image/png", "data": "AAA=" },
            ] },
            { "type": "user_input", "content": [{ "type": "text", "text": "And?" }] },
        ],
    });
    assert_eq!(body, expected);
}

#[test]
fn a_model_of_the_kind_pro_is_told_to_think_little_not_minimally() {
    let mut options = ModelOptions::default();
    options.reasoning_effort = Some(ReasoningEffort::Minimal);
    let request = ChatRequest::new(&[]).with_options(&options);
    for (name, level) in [("gemini-3-pro", "low"), ("gemini-3-flash", "minimal")] {
        let body = Sender::with(FORMAT, |model| model.model.name = name.to_owned()).json(request);
        assert_eq!(body["generation_config"]["thinking_level"], level, "{name}");
    }
}

#[tokio::test]
async fn steps_go_back_with_their_signatures() {
    let search = json!({ "type": "google_search_call", "id": "s", "arguments": { "queries": ["q"] }, "signature": "x" });
    let start =
        |index: u64, step: &Value| json!({ "event_type": "step.start", "index": index, "step": step });
    let delta =
        |index: u64, delta: &Value| json!({ "event_type": "step.delta", "index": index, "delta": delta });
    let body = events(&[
        json!({ "event_type": "interaction.created", "interaction": { "id": "v1", "model": "g" } }),
        start(0, &json!({ "type": "thought" })),
        delta(0, &json!({ "type": "thought_summary", "content": { "type": "text", "text": "Hm." } })),
        delta(0, &json!({ "type": "thought_signature", "signature": "sig" })),
        start(1, &search),
        start(2, &json!({ "type": "model_output" })),
        delta(2, &json!({ "type": "text", "text": "I will." })),
        start(
            3,
            &json!({ "type": "function_call", "id": "c", "name": "ls", "arguments": {}, "signature": "s2" }),
        ),
        delta(3, &json!({ "type": "arguments_delta", "arguments": "{\"a\":" })),
        delta(3, &json!({ "type": "arguments_delta", "arguments": " 1}" })),
        json!({ "event_type": "interaction.completed", "interaction": { "id": "v1", "status": "requires_action" } }),
    ]);
    let outcome = decode(FORMAT, &body).await;
    assert_eq!(
        outcome.events,
        ["reasoning Hm.", "text I will.", "call 0 ls", "arguments 0 {\"a\":", "arguments 0  1}"]
    );
    let reply = outcome.end.unwrap();
    assert_eq!((reply.id.as_str(), reply.model.as_str()), ("v1", "g"));
    assert_eq!(reply.finish, FinishReason::ToolCalls);
    let messages = [user("Hi"), assistant(reply.content)];
    let sent = tokio::task::spawn_blocking(move || Sender::new(FORMAT).json(ChatRequest::new(&messages)));
    let expected = json!([
        { "type": "user_input", "content": [{ "type": "text", "text": "Hi" }] },
        { "type": "thought", "signature": "sig", "summary": [{ "type": "text", "text": "Hm." }] },
        search,
        { "type": "model_output", "content": [{ "type": "text", "text": "I will." }] },
        { "type": "function_call", "id": "c", "name": "ls", "arguments": { "a": 1 }, "signature": "s2" },
    ]);
    assert_eq!(sent.await.unwrap()["input"], expected);
}

#[tokio::test]
async fn ends_and_errors() {
    use ModelFailureKind::{Interrupted, Protocol, Server};
    let text = json!({ "event_type": "step.delta", "index": 0, "delta": { "type": "text", "text": "Hi" } });
    check_error(FORMAT, &events(std::slice::from_ref(&text)), Interrupted, "before it was complete").await;
    check_error(FORMAT, "{}", Protocol, "no steps").await;
    let error = json!({ "event_type": "error", "error": { "message": "Try later", "code": "unavailable" } });
    check_error(FORMAT, &events(&[text.clone(), error]), Server, "Try later").await;
    let end =
        |status: &str| json!({ "event_type": "interaction.completed", "interaction": { "status": status } });
    check_error(FORMAT, &events(&[text.clone(), end("failed")]), Server, "failed").await;
    let cut = decode(FORMAT, &events(&[text, end("incomplete")])).await.end.unwrap();
    assert_eq!(cut.finish, FinishReason::Length);
}
