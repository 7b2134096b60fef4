//! OpenAI's Responses.

use serde_json::{Value, json};
use tau_agent::{ChatRequest, OutputSchema};
use tau_core::config::{ModelOptions, ReasoningEffort};
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, FinishReason, Message};

use super::{Sender, assistant, check_error, conversation, decode, tools, user};

const FORMAT: &str = "openai-responses";

fn events(events: &[Value]) -> String {
    events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect()
}

#[test]
fn a_request_holds_everything() {
    let messages = conversation();
    let body =
        Sender::new(FORMAT).json(ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools()));
    let expected = json!({
        "model": "m", "stream": true, "store": false, "instructions": "Be brief.",
        "tools": [
            { "type": "function", "name": "ls", "description": "Lists.", "strict": false,
              "parameters": { "type": "object", "properties": { "path": { "type": "string" } } } },
            { "type": "function", "name": "see", "description": "Sees.", "strict": false,
              "parameters": { "type": "object" } },
        ],
        "input": [
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "Look" },
                { "type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAAA" },
                { "type": "input_image", "detail": "auto", "image_url": "https://x.example/a.jpg" },
            ] },
            { "type": "message", "role": "assistant", "content": "I will." },
            { "type": "function_call", "call_id": "a", "name": "ls", "arguments": "{\"path\": \".\"}" },
            { "type": "function_call", "call_id": "b", "name": "see", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "a", "output": "file" },
            { "type": "function_call_output", "call_id": "b", "output": [
                { "type": "input_text", "text": "seen" },
                { "type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,AAA=" },
            ] },
            { "type": "message", "role": "user", "content": "And?" },
        ],
    });
    assert_eq!(body, expected);
}

#[test]
fn reasoning_is_asked_for_of_models_that_have_it() {
    let messages = [user("Hi")];
    let mut options = ModelOptions::default();
    options.reasoning_effort = Some(ReasoningEffort::Low);
    let schema = OutputSchema::new("x", json!({ "type": "object" }));
    let request = ChatRequest::new(&messages).with_options(&options).with_output(&schema);
    let body = Sender::new(FORMAT).json(request);
    assert_eq!(body["reasoning"], json!({ "effort": "low" }));
    assert_eq!(body["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(
        body["text"]["format"],
        json!({ "type": "json_schema", "name": "x", "schema": { "type": "object" }, "strict": false })
    );
    for (name, reasons) in [
        ("gpt-5.2-codex", true),
        ("o4-mini", true),
        ("gpt-4.1", false),
        ("gpt-5-chat-latest", false),
        ("openai/gpt-5", true),
    ] {
        let mut sender = Sender::with(FORMAT, |model| model.model.name = name.to_owned());
        assert_eq!(!sender.json(ChatRequest::new(&messages))["include"].is_null(), reasons, "{name}");
    }
}

#[tokio::test]
async fn what_is_streamed_and_what_goes_back() {
    let reasoning = json!({ "type": "reasoning", "id": "rs_1", "encrypted_content": "enc",
        "summary": [{ "type": "summary_text", "text": "One." }, { "type": "summary_text", "text": "Two." }] });
    let unseen = json!({ "type": "reasoning", "id": "rs_2", "summary": [] });
    let search =
        json!({ "type": "web_search_call", "id": "ws_1", "status": "completed", "action": { "query": "q" } });
    let said = json!({ "type": "message", "id": "msg_1", "status": "completed", "role": "assistant",
        "phase": "commentary", "content": [{ "type": "output_text", "text": "Hi", "annotations": [] }] });
    let call = json!({ "type": "function_call", "id": "fc_1", "call_id": "c1", "name": "ls", "status": "completed",
        "arguments": "{\"a\": 1}" });
    let added = |index: u64, item: &Value| json!({ "type": "response.output_item.added", "output_index": index, "item": item });
    let done = |index: u64, item: &Value| json!({ "type": "response.output_item.done", "output_index": index, "item": item });
    let summary = |part: u64, delta: &str| {
        json!({ "type": "response.reasoning_summary_text.delta",
        "output_index": 0, "summary_index": part, "delta": delta })
    };
    let body = events(&[
        json!({ "type": "response.created", "response": { "id": "resp_1", "model": "gpt" } }),
        added(0, &json!({ "type": "reasoning", "id": "rs_1", "summary": [] })),
        summary(0, "One."),
        summary(1, "Two"),
        summary(1, "."),
        done(0, &reasoning),
        done(1, &unseen),
        done(2, &search),
        added(
            4,
            &json!({ "type": "function_call", "id": "fc_1", "call_id": "c1", "name": "ls", "arguments": "" }),
        ),
        added(3, &json!({ "type": "message", "id": "msg_1", "content": [] })),
        json!({ "type": "response.function_call_arguments.delta", "output_index": 4, "delta": "{\"a\":" }),
        json!({ "type": "response.output_text.delta", "output_index": 3, "delta": "H" }),
        json!({ "type": "response.aurora.delta", "output_index": 3, "delta": "?" }),
        // The rest of it was not streamed.
        done(3, &said),
        done(4, &call),
        json!({ "type": "response.completed", "response": { "id": "resp_1", "model": "gpt-1", "status": "completed",
            "output": [reasoning, unseen, search, said, call],
            "usage": { "input_tokens": 5, "input_tokens_details": { "cached_tokens": 2 }, "output_tokens": 7,
                       "output_tokens_details": { "reasoning_tokens": 3 } } } }),
    ]);
    let outcome = decode(FORMAT, &body).await;
    assert_eq!(
        outcome.events,
        [
            "reasoning One.",
            "reasoning \n\nTwo",
            "reasoning .",
            "call 0 ls",
            "arguments 0 {\"a\":",
            "text H",
            "text i",
            "arguments 0  1}",
        ]
    );
    let reply = outcome.end.unwrap();
    assert_eq!((reply.id.as_str(), reply.model.as_str()), ("resp_1", "gpt-1"));
    assert_eq!(reply.finish, FinishReason::ToolCalls);
    let usage = reply.usage.unwrap();
    assert_eq!((usage.input, usage.cached_input, usage.output, usage.reasoning), (5, 2, 7, 3));

    let messages = [user("Hi"), assistant(reply.content)];
    let sent = tokio::task::spawn_blocking(move || Sender::new(FORMAT).json(ChatRequest::new(&messages)));
    // Items come in the order of their appearance; reasoning that nobody could read stays here.
    let expected = json!([
        { "type": "message", "role": "user", "content": "Hi" },
        reasoning,
        search,
        { "type": "function_call", "call_id": "c1", "name": "ls", "arguments": "{\"a\": 1}" },
        { "type": "message", "role": "assistant", "content": "Hi", "phase": "commentary" },
    ]);
    assert_eq!(sent.await.unwrap()["input"], expected);
}

/// llama.cpp numbers no items; others give them other ids in the end.
#[tokio::test]
async fn items_that_are_not_numbered_are_not_there_twice() {
    for id_in_the_end in ["fc_1", "fc_2", ""] {
        let call = |id: &str, arguments: &str| json!({ "type": "function_call", "id": id, "call_id": "c1", "name": "ls", "arguments": arguments });
        let thought = json!({ "type": "reasoning", "id": "rs_1", "summary": [],
            "content": [{ "type": "reasoning_text", "text": "Hm." }], "encrypted_content": "" });
        let unsaid = json!({ "type": "message", "id": "msg_1", "content": [{ "type": "output_text", "text": "Bye" }] });
        let body = events(&[
            json!({ "type": "response.output_item.added", "item": { "type": "reasoning", "id": "rs_1", "summary": [] } }),
            json!({ "type": "response.reasoning_text.delta", "item_id": "rs_1", "delta": "Hm." }),
            json!({ "type": "response.output_item.added", "item": call("fc_1", "") }),
            json!({ "type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": "{}" }),
            json!({ "type": "response.output_item.done", "item": thought }),
            json!({ "type": "response.output_item.done", "item": call("fc_1", "{}") }),
            json!({ "type": "response.completed", "response": { "status": "completed",
                "output": [thought, call(id_in_the_end, "{}"), unsaid] } }),
        ]);
        let outcome = decode(FORMAT, &body).await;
        assert_eq!(
            outcome.events,
            ["reasoning Hm.", "call 0 ls", "arguments 0 {}", "text Bye"],
            "{id_in_the_end}"
        );
        let reply = outcome.end.unwrap();
        let [ContentBlock::Reasoning(_), ContentBlock::ToolCall(_), ContentBlock::Text { .. }] =
            &*reply.content
        else {
            panic!("{id_in_the_end}: {reply:?}")
        };
    }
}

#[tokio::test]
async fn items_without_events_of_their_own_are_read_at_the_end() {
    let output = json!([{ "type": "message", "content": [{ "type": "refusal", "refusal": "No." }] }]);
    let body = events(&[json!({ "type": "response.incomplete", "response": { "status": "incomplete",
        "incomplete_details": { "reason": "content_filter" }, "output": output } })]);
    let outcome = decode(FORMAT, &body).await;
    assert_eq!(outcome.events, ["text No."]);
    let reply = outcome.end.unwrap();
    assert_eq!(reply.finish, FinishReason::ContentFilter);
    assert_eq!(Message::assistant(reply.content).text(), "No.");
}

#[tokio::test]
async fn an_answer_that_fails_is_an_error() {
    use ModelFailureKind::{Interrupted, Protocol, Server};
    let failed = json!({ "type": "response.failed", "response": { "status": "failed",
        "error": { "code": "server_error", "message": "The model fell over" } } });
    check_error(FORMAT, &events(&[failed]), Server, "The model fell over").await;
    let error = json!({ "type": "error", "code": "rate", "message": "Slow down" });
    check_error(FORMAT, &events(&[error]), Server, "Slow down").await;
    let delta = json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "Hi" });
    check_error(FORMAT, &events(&[delta]), Interrupted, "before it was complete").await;
    check_error(FORMAT, r#"{"status":"queued","output":[]}"#, Protocol, "`queued`").await;
    check_error(FORMAT, "{}", Protocol, "no output").await;
}

#[tokio::test]
async fn arguments_that_are_cut_are_not_repaired() {
    let call =
        json!({ "type": "function_call", "call_id": "c", "name": "rm", "arguments": "{\"path\": \"/" });
    let body = json!({ "object": "response", "status": "incomplete", "output": [call],
        "incomplete_details": { "reason": "max_output_tokens" } });
    let reply = decode(FORMAT, &body.to_string()).await.end.unwrap();
    assert_eq!(reply.finish, FinishReason::Length);
    let [ContentBlock::ToolCall(call)] = &*reply.content else { panic!("{reply:?}") };
    assert!(call.arguments.value().is_err());
}
