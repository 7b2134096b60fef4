//! Ollama's own interface.

use serde_json::{Value, json};
use tau_agent::{ChatRequest, OutputSchema};
use tau_core::config::{ModelOptions, ReasoningEffort};
use tau_core::event::ModelFailureKind;
use tau_core::{ContentBlock, FinishReason, Image, Message};

use super::{Sender, assistant, check_error, conversation, decode, tools, user};

const FORMAT: &str = "ollama-chat";

#[test]
fn a_request_holds_everything() {
    let messages = conversation();
    let mut sender = Sender::with(FORMAT, |model| {
        model.model.capabilities.context_window = Some(32_768);
        model.options.max_tokens = Some(9);
        model.options.extra.insert("options".to_owned(), json!({ "top_k": 3 }));
        model.options.extra.insert("keep_alive".to_owned(), json!("5m"));
    });
    let body = sender.json(ChatRequest::new(&messages).with_system("Be brief.").with_tools(&tools()));
    let expected = json!({
        "model": "m", "stream": true, "truncate": false, "keep_alive": "5m",
        "options": { "num_ctx": 32768, "num_predict": 9, "top_k": 3 },
        "tools": [
            { "type": "function", "function": { "name": "ls", "description": "Lists.",
              "parameters": { "type": "object", "properties": { "path": { "type": "string" } } } } },
            { "type": "function", "function": { "name": "see", "description": "Sees.",
              "parameters": { "type": "object" } } },
        ],
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": "Look\n[image at https://x.example/a.jpg, not shown]", "images": ["AAAA"] },
            { "role": "assistant", "content": "I will.", "tool_calls": [
                { "id": "a", "function": { "name": "ls", "arguments": { "path": "." } } },
                { "id": "b", "function": { "name": "see", "arguments": {} } },
            ] },
            { "role": "tool", "content": "file", "tool_name": "ls", "tool_call_id": "a" },
            { "role": "tool", "content": "seen\n[image]", "tool_name": "see", "tool_call_id": "b", "images": ["AAA="] },
            { "role": "user", "content": "And?" },
        ],
    });
    assert_eq!(body, expected);
}

#[test]
fn documents_are_told_of_in_words() {
    let message = Message::user([
        ContentBlock::text("Read"),
        ContentBlock::Image(Image::base64("application/pdf", "JVBERi0=")),
        ContentBlock::Image(Image::base64("text/plain", "SGk=")),
    ]);
    let body = Sender::new(FORMAT).json(ChatRequest::new(&[std::sync::Arc::new(message)]));
    let content = "Read\n[a document of the type application/pdf, not shown]\nHi";
    assert_eq!(body["messages"], json!([{ "role": "user", "content": content }]));
}

#[test]
fn thinking_and_schemas() {
    let messages = [user("Hi")];
    let schema = OutputSchema::new("x", json!({ "type": "object" }));
    let think = |model: &str, effort| {
        let mut options = ModelOptions::default();
        options.reasoning_effort = Some(effort);
        let request = ChatRequest::new(&messages).with_options(&options).with_output(&schema);
        let body = Sender::with(FORMAT, |resolved| resolved.model.name = model.to_owned()).json(request);
        assert_eq!(body["format"], json!({ "type": "object" }));
        body["think"].clone()
    };
    assert_eq!(think("qwen3", ReasoningEffort::High), true);
    assert_eq!(think("qwen3", ReasoningEffort::None), false);
    assert_eq!(think("gpt-oss:20b", ReasoningEffort::Minimal), "low");
    assert_eq!(think("gpt-oss:20b", ReasoningEffort::High), "high");
}

fn lines(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn said(message: &Value) -> Value {
    json!({ "model": "q", "message": message, "done": false })
}

#[tokio::test]
async fn lines_become_a_reply_whose_calls_have_ids() {
    let body = lines(&[
        said(&json!({ "role": "assistant", "content": "", "thinking": "Hm" })),
        said(&json!({ "thinking": "." })),
        said(&json!({ "content": "I will." })),
        said(
            &json!({ "tool_calls": [{ "function": { "name": "ls", "arguments": { "z": 1.0, "a": "é" } } }] }),
        ),
        said(&json!({ "tool_calls": [{ "id": "own", "function": { "name": "ls", "arguments": {} } }] })),
        json!({ "model": "q", "message": { "content": "" }, "done": true, "done_reason": "stop",
                "prompt_eval_count": 5, "eval_count": 7 }),
    ]);
    let outcome = decode(FORMAT, &body).await;
    assert_eq!(
        outcome.events,
        [
            "reasoning Hm",
            "reasoning .",
            "text I will.",
            "call 0 ls",
            "arguments 0 {\"a\":\"é\",\"z\":1.0}",
            "call 1 ls",
            "arguments 1 {}",
        ]
    );
    let reply = outcome.end.unwrap();
    assert_eq!(reply.finish, FinishReason::ToolCalls);
    assert_eq!((reply.usage.unwrap().input, reply.usage.unwrap().output), (5, 7));
    let again = decode(FORMAT, &body).await.end.unwrap();
    assert_eq!(again, reply, "the ids that are made are the same every time");
    let message = Message::assistant(reply.content.clone());
    let ids: Vec<&str> = message.tool_calls().map(|call| call.id.as_str()).collect();
    assert!(ids[0].starts_with("call_") && ids[1] == "own", "{ids:?}");

    // Thoughts go back beside calls.
    let messages = [user("Hi"), assistant(reply.content)];
    let sent = tokio::task::spawn_blocking(move || Sender::new(FORMAT).json(ChatRequest::new(&messages)));
    assert_eq!(sent.await.unwrap()["messages"][1]["thinking"], "Hm.");
}

#[tokio::test]
async fn ends_and_errors() {
    use ModelFailureKind::{Interrupted, Protocol, Server};
    let hi = said(&json!({ "content": "Hi" }));
    check_error(FORMAT, &lines(std::slice::from_ref(&hi)), Interrupted, "before it was complete").await;
    let error = json!({ "error": "model runner has unexpectedly stopped" });
    check_error(FORMAT, &lines(&[hi.clone(), error]), Server, "unexpectedly stopped").await;
    check_error(
        FORMAT,
        &(lines(std::slice::from_ref(&hi)) + "{\"mess"),
        Interrupted,
        "before it was complete",
    )
    .await;
    check_error(FORMAT, "<html>", Protocol, "<html>").await;
    check_error(FORMAT, "{}", Interrupted, "before it was complete").await;
    let cut = json!({ "message": { "content": "" }, "done": true, "done_reason": "length" });
    assert_eq!(decode(FORMAT, &lines(&[cut])).await.end.unwrap().finish, FinishReason::Length);
    // Written over several lines, and without the last line end.
    let pretty = json!({ "message": { "content": "Hi" }, "done": true });
    let reply = decode(FORMAT, &serde_json::to_string_pretty(&pretty).unwrap()).await.end.unwrap();
    assert_eq!(Message::assistant(reply.content).text(), "Hi");
}
