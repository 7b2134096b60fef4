//! What holds for any answer in any format.

use std::time::Instant;

use proptest::prelude::*;
use serde_json::{Value, json};
use tau_core::{ChatResponse, Message};

use super::decode_chunks;

const FORMATS: [&str; 6] =
    ["openai-chat", "openai-responses", "anthropic-messages", "ollama-chat", "gemini", "gemini-interactions"];

/// What came of an answer in these chunks, errors as text.
fn outcome(format: &str, chunks: &[&[u8]]) -> (Vec<String>, Result<ChatResponse, String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let outcome = runtime.block_on(decode_chunks(format, chunks));
    (outcome.events, outcome.end.map_err(|error| error.to_string()))
}

fn words() -> impl Strategy<Value = String> {
    "[ -~é€😀\r\n]{0,8}"
}

fn index() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), (0..3u64).prop_map(Value::from)]
}

/// An event of the Messages, sensible or not.
fn messages_event() -> impl Strategy<Value = Value> {
    let kind =
        prop::sample::select(vec!["text", "thinking", "tool_use", "redacted_thinking", "server_tool_use"]);
    let delta = prop::sample::select(vec![
        ("text_delta", "text"),
        ("thinking_delta", "thinking"),
        ("signature_delta", "signature"),
        ("input_json_delta", "partial_json"),
        ("new_delta", "new"),
    ]);
    prop_oneof![
        (index(), kind, words()).prop_map(|(index, kind, text)| json!({ "type": "content_block_start",
            "index": index, "content_block": { "type": kind, "text": text, "id": "x", "name": "ls", "input": {} } })),
        (index(), delta, words()).prop_map(|(index, (kind, key), text)| json!({ "type": "content_block_delta",
            "index": index, "delta": { "type": kind, key: text } })),
        Just(json!({ "type": "message_delta", "delta": { "stop_reason": "end_turn" } })),
        Just(json!({ "type": "message_stop" })),
    ]
}

/// An event of the Responses, sensible or not.
fn responses_event() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["message", "reasoning", "function_call", "web_search_call"]);
    let delta = prop::sample::select(vec![
        "output_text",
        "reasoning_summary_text",
        "function_call_arguments",
        "refusal",
    ]);
    let item = (index(), kind, words(), any::<bool>()).prop_map(|(index, kind, text, is_done)| {
        let event = if is_done { "done" } else { "added" };
        json!({ "type": format!("response.output_item.{event}"), "output_index": index, "item": { "type": kind,
            "name": "ls", "arguments": text, "content": [{ "text": text }], "summary": [{ "text": text }] } })
    });
    prop_oneof![
        item,
        (index(), delta, words())
            .prop_map(|(index, kind, text)| json!({ "output_index": index, "delta": text,
            "type": format!("response.{kind}.delta") })),
        Just(json!({ "type": "response.completed", "response": { "status": "completed", "output": [] } })),
    ]
}

fn ollama_line() -> impl Strategy<Value = Value> {
    (words(), words(), any::<bool>(), any::<bool>()).prop_map(|(text, thinking, calls, done)| {
        let calls = if calls {
            json!([{ "function": { "name": "ls", "arguments": { "a": text } } }])
        } else {
            Value::Null
        };
        json!({ "message": { "content": text, "thinking": thinking, "tool_calls": calls }, "done": done })
    })
}

fn gemini_chunk() -> impl Strategy<Value = Value> {
    let part = prop_oneof![
        (words(), any::<bool>()).prop_map(|(text, thought)| json!({ "text": text, "thought": thought })),
        words().prop_map(|text| json!({ "text": text, "thoughtSignature": "s" })),
        words().prop_map(|text| json!({ "functionCall": { "name": "ls", "args": { "a": text } } })),
        Just(json!({ "executableCode": {} })),
    ];
    (prop::collection::vec(part, 0..3), any::<bool>()).prop_map(|(parts, is_end)| {
        let reason = if is_end { json!("STOP") } else { Value::Null };
        json!({ "candidates": [{ "content": { "parts": parts }, "finishReason": reason }] })
    })
}

/// An event of the Interactions, sensible or not.
fn interactions_event() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(vec!["model_output", "thought", "function_call", "google_search_call"]);
    let delta = prop::sample::select(vec![
        ("text", "text"),
        ("thought_signature", "signature"),
        ("arguments_delta", "arguments"),
        ("new", "new"),
    ]);
    prop_oneof![
        (index(), kind, words())
            .prop_map(|(index, kind, text)| json!({ "event_type": "step.start", "index": index,
            "step": { "type": kind, "name": "ls", "content": [{ "type": "text", "text": text }] } })),
        (index(), delta, words()).prop_map(|(index, (kind, key), text)| json!({ "event_type": "step.delta",
            "index": index, "delta": { "type": kind, key: text } })),
        Just(json!({ "event_type": "interaction.completed", "interaction": { "status": "completed" } })),
    ]
}

/// A format and an answer in it: events with line ends and comments of any kind, and any end.
fn answer() -> impl Strategy<Value = (&'static str, String)> {
    let events = prop_oneof![
        prop::collection::vec(messages_event(), 0..8).prop_map(|events| ("anthropic-messages", events)),
        prop::collection::vec(responses_event(), 0..8).prop_map(|events| ("openai-responses", events)),
        prop::collection::vec(ollama_line(), 0..8).prop_map(|events| ("ollama-chat", events)),
        prop::collection::vec(gemini_chunk(), 0..8).prop_map(|events| ("gemini", events)),
        prop::collection::vec(interactions_event(), 0..8).prop_map(|events| ("gemini-interactions", events)),
    ];
    let end = prop_oneof![Just("data: [DONE]\n\n"), Just(""), Just("data: {\"choi"), Just("\n")];
    let line_end = prop_oneof![Just("\n"), Just("\r\n")];
    (events, end, line_end).prop_map(|((format, events), end, line_end)| {
        let line = |event: Value| {
            if format == "ollama-chat" { format!("{event}\n") } else { format!(": c\n\ndata: {event}\n\n") }
        };
        let body: String = events.into_iter().map(line).collect();
        (format, (body + end).replace('\n', line_end))
    })
}

proptest! {
    #[test]
    fn any_split_into_chunks_gives_the_same(
        (format, answer) in answer(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let bytes = answer.as_bytes();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let whole = outcome(format, &[bytes]);
        prop_assert_eq!(&outcome(format, &chunks), &whole);
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        prop_assert_eq!(&outcome(format, &single), &whole);
    }

    /// What is said piece by piece is what is said in the end, where items do not take back what was streamed.
    #[test]
    fn what_is_streamed_is_what_is_kept((format, answer) in answer()) {
        let (events, end) = outcome(format, &[answer.as_bytes()]);
        if let (Ok(reply), true) = (end, format != "openai-responses") {
            let message = Message::assistant(reply.content);
            let said: String = events.iter().filter_map(|event| event.strip_prefix("text ")).collect();
            let mut kept = message.text();
            if ["anthropic-messages", "gemini-interactions"].contains(&format) {
                // Their blocks may be written to in any order.
                let sorted = |text: &str| { let mut c: Vec<char> = text.chars().collect(); c.sort_unstable(); c };
                prop_assert_eq!(sorted(&said), sorted(&kept));
                kept.clone_from(&said);
            }
            prop_assert_eq!(said, kept);
        }
    }

    /// Whatever comes, there is an end and no panic.
    #[test]
    fn any_bytes_have_an_end(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        format in prop::sample::select(FORMATS.to_vec()),
        framed in any::<bool>(),
    ) {
        let body = if framed { [b"data: ", bytes.as_slice(), b"\n\n"].concat() } else { bytes };
        let _ = outcome(format, &[&body]);
    }

    /// Any JSON where an event should be: an end and no panic.
    #[test]
    fn any_json_has_an_end(value in any_json(), format in prop::sample::select(FORMATS.to_vec())) {
        let body = format!("data: {value}\n\ndata: {value}\n\n");
        let _ = outcome(format, &[body.as_bytes()]);
        let _ = outcome(format, &[value.to_string().as_bytes()]);
    }
}

/// JSON that often uses the names that are looked for.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        prop::sample::select(vec![
            "content_block_start",
            "content_block_delta",
            "message_delta",
            "message_stop",
            "message_start",
            "response.output_item.added",
            "response.output_item.done",
            "response.output_text.delta",
            "response.completed",
            "text",
            "thinking",
            "tool_use",
            "message",
            "reasoning",
            "function_call",
            "STOP",
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "type",
        "index",
        "output_index",
        "content_block",
        "delta",
        "message",
        "content",
        "text",
        "thinking",
        "input",
        "partial_json",
        "usage",
        "response",
        "output",
        "item",
        "summary",
        "status",
        "candidates",
        "parts",
        "functionCall",
        "args",
        "finishReason",
        "usageMetadata",
        "tool_calls",
        "function",
        "arguments",
        "done",
        "stop_reason",
        "citations",
        "error",
    ]);
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5)
                .prop_map(|fields| fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        ]
    })
}

/// One event of so many bytes, in small pieces.
fn long(format: &str, bytes: usize) -> String {
    let text = "x".repeat(bytes);
    let event = match format {
        "anthropic-messages" => {
            json!({ "type": "content_block_delta", "delta": { "type": "text_delta", "text": text } })
        }
        "openai-responses" => json!({ "type": "response.output_text.delta", "delta": text }),
        "ollama-chat" => return format!("{}\n", json!({ "message": { "content": text } })),
        "gemini-interactions" => {
            json!({ "event_type": "step.delta", "delta": { "type": "text", "text": text } })
        }
        "gemini" => json!({ "candidates": [{ "content": { "parts": [{ "text": text }] } }] }),
        _ => json!({ "choices": [{ "delta": { "content": text } }] }),
    };
    format!("data: {event}\n\n")
}

/// Eight times the bytes take about eight times the time; if it grew with the square, they would take 64 times.
#[test]
fn long_events_take_linear_time() {
    const SMALL: usize = 1024 * 1024;
    for format in FORMATS {
        let time = |bytes: usize| {
            let body = long(format, bytes);
            let chunks: Vec<&[u8]> = body.as_bytes().chunks(1024).collect();
            let start = Instant::now();
            assert_eq!(outcome(format, &chunks).0.len(), 1);
            start.elapsed()
        };
        // The least of several: the machine does other things too.
        let small = (0..3).map(|_| time(SMALL)).min().unwrap();
        let large = (0..3).map(|_| time(8 * SMALL)).min().unwrap();
        assert!(
            large < 32 * small,
            "{format}: {small:?} for {SMALL} bytes, {large:?} for eight times as many"
        );
    }
}
