//! Decoders under arbitrary bytes: no panic, an end, the same result however the bytes are cut, and linear time.
//!
//! Every run tries some; `cargo xtask fuzz` tries many and measures the time. It runs on the stable toolchain: inputs are made
//! of pieces that formats know, so that what stands behind the framing is reached too.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::{Value, json};
use tau_agent::StreamEvent;
use tau_agent::format::{self, Format};
use tau_agent::provider::Credential;
use tau_agent::transport::{Recording, WireResponse};
use tau_core::Model;

use crate::support::{Scripted, agent_speaking, ask};

/// Keys that formats look for, and others.
const KEYS: [&str; 46] = [
    "choices",
    "delta",
    "message",
    "content",
    "role",
    "tool_calls",
    "function",
    "name",
    "arguments",
    "index",
    "id",
    "finish_reason",
    "usage",
    "prompt_tokens",
    "completion_tokens",
    "error",
    "code",
    "type",
    "text",
    "thinking",
    "reasoning",
    "reasoning_details",
    "signature",
    "content_block",
    "partial_json",
    "stop_reason",
    "response",
    "output",
    "item",
    "output_index",
    "done",
    "done_reason",
    "eval_count",
    "candidates",
    "parts",
    "functionCall",
    "finishReason",
    "contentBlockIndex",
    "contentBlockStart",
    "contentBlockDelta",
    "start",
    "toolUse",
    "input",
    "reasoningContent",
    "stopReason",
    "other",
];

/// Texts that mean something to a format, and others.
const TEXTS: [&str; 26] = [
    "",
    "stop",
    "tool_calls",
    "length",
    "error",
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "text_delta",
    "input_json_delta",
    "thinking_delta",
    "tool_use",
    "response.created",
    "response.output_item.added",
    "response.output_text.delta",
    "response.completed",
    "response.failed",
    "function_call",
    "STOP",
    "{\"a\":1}",
    "{\"a\":",
    "é😀",
    "[DONE]",
];

fn value() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(TEXTS.to_vec()).prop_map(|text| json!(text));
    let number = prop_oneof![
        (0..4u64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from)
    ];
    let leaf =
        prop_oneof![3 => text, 2 => number, 1 => Just(Value::Null), 1 => any::<bool>().prop_map(Value::from)];
    leaf.prop_recursive(5, 48, 6, |inner| {
        let key = prop::sample::select(KEYS.to_vec()).prop_map(str::to_owned);
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            3 => prop::collection::btree_map(key, inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// One piece of an answer's bytes.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let line_end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let name = prop::sample::select(TEXTS.to_vec());
    prop_oneof![
        4 => (value(), line_end.clone())
            .prop_map(|(value, end)| format!("data: {value}{end}{end}").into_bytes()),
        2 => (name, value(), line_end)
            .prop_map(|(name, value, end)| format!("event: {name}{end}data: {value}{end}{end}").into_bytes()),
        2 => value().prop_map(|value| format!("{value}\n").into_bytes()),
        1 => Just(b"data: [DONE]\n\n".to_vec()),
        1 => Just(b": comment\n\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..24),
        1 => Just("\u{FEFF}".as_bytes().to_vec()),
        1 => frame(),
    ]
}

/// A frame of Amazon's event streams.
#[cfg(feature = "bedrock")]
fn frame() -> impl Strategy<Value = Vec<u8>> {
    use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
    let kind = prop::sample::select(vec!["event", "exception", "error"]);
    let name =
        prop::sample::select(vec!["contentBlockStart", "contentBlockDelta", "messageStop", "metadata", "x"]);
    (kind, name, value()).prop_map(|(kind, name, value)| {
        let header =
            |key: &'static str, text: &str| Header::new(key, HeaderValue::String(text.to_owned().into()));
        let headers = vec![header(":message-type", kind), header(":event-type", name)];
        let mut out = Vec::new();
        let message = Message::new_from_parts(headers, value.to_string());
        aws_smithy_eventstream::frame::write_message_to(&message, &mut out).unwrap();
        out
    })
}

#[cfg(not(feature = "bedrock"))]
fn frame() -> impl Strategy<Value = Vec<u8>> {
    Just(vec![0; 16])
}

/// An answer's bytes: pieces, some of them spoilt.
fn answer() -> impl Strategy<Value = Vec<u8>> {
    let spoilt = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3);
    (prop::collection::vec(piece(), 0..10), spoilt).prop_map(|(pieces, spoilt)| {
        let mut bytes = pieces.concat();
        for (at, byte) in spoilt {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        bytes
    })
}

/// How many parts are worth telling apart: words that come together and words that come one after the other are the same.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    text: String,
    reasoning: String,
    arguments: String,
    calls: usize,
    end: String,
    count: usize,
}

/// What a decoder makes of these chunks.
fn decode(format: &'static dyn Format, chunks: Vec<Bytes>) -> Outcome {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let body = futures::stream::iter(chunks.into_iter().map(Ok)).boxed();
        let mut events = format.decode_chat(WireResponse::new(200, "text/event-stream", body));
        let mut outcome = Outcome::default();
        while let Some(event) = events.next().await {
            outcome.count += 1;
            match event {
                Ok(StreamEvent::TextDelta(text)) => outcome.text.push_str(&text),
                Ok(StreamEvent::ReasoningDelta(text)) => outcome.reasoning.push_str(&text),
                Ok(StreamEvent::ToolCallDelta { arguments, .. }) => outcome.arguments.push_str(&arguments),
                Ok(StreamEvent::ToolCallStarted { .. }) => outcome.calls += 1,
                Ok(StreamEvent::Completed(response)) => outcome.end = format!("{response:?}"),
                Ok(other) => panic!("a decoder made {other:?}"),
                Err(error) => outcome.end = format!("error {error}"),
            }
        }
        outcome
    })
}

fn cut(bytes: &[u8], cuts: &[prop::sample::Index]) -> Vec<Bytes> {
    let mut places: Vec<usize> = cuts.iter().map(|place| place.index(bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| Bytes::copy_from_slice(&bytes[pair[0]..pair[1]])).collect()
}

proptest! {
    #[test]
    fn no_bytes_panic_a_decoder_and_cuts_change_nothing(
        bytes in answer(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        for format in format::all() {
            let whole = decode(format, vec![Bytes::from(bytes.clone())]);
            prop_assert!(whole.count <= 2 * bytes.len() + 8, "{}: {} events", format.name(), whole.count);
            prop_assert_eq!(decode(format, cut(&bytes, &cuts)), whole, "{}", format.name());
        }
    }
}

/// What a decoder of something else makes of these bytes does not matter, as long as it makes something.
fn decode_the_rest(format: &'static dyn Format, bytes: &[u8]) {
    let _ = format.decode_models(bytes);
    if let Some(embeddings) = format.embeddings() {
        let _ = embeddings.decode(bytes, &Model::new("m"), 2);
    }
    if let Some(transcription) = format.transcription() {
        let _ = transcription.decode(bytes);
    }
}

/// The error that an answer of a status becomes.
fn refusal(format: &str, status: u16, bytes: &[u8]) -> String {
    let mut scripted = Scripted::new(vec![Ok(Bytes::copy_from_slice(bytes))]);
    scripted.status = status;
    let agent = agent_speaking(format, Arc::new(scripted));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(ask(&agent)).end.unwrap_err().to_string()
}

proptest! {
    #[test]
    fn no_bytes_panic_what_reads_other_answers(bytes in answer(), status in 300_u16..600) {
        for format in format::all() {
            decode_the_rest(format, &bytes);
            let shown = refusal(format.name(), status, &bytes);
            prop_assert!(shown.len() < 4_000, "{} bytes of error", shown.len());
        }
        let text = String::from_utf8_lossy(&bytes);
        let _ = text.parse::<Recording>();
        let header = "{\"tau_recording\":1,\"format\":\"openai-chat\",\"model\":\"m\"}";
        let _ = format!("{header}\n{text}").parse::<Recording>();
        let _ = Credential::parse(&text, 0);
    }
}

/// What takes long where time is not linear: the longer it is, the more there is to look at again.
fn long(kind: usize, size: usize) -> Vec<Bytes> {
    let many = |piece: &str| vec![Bytes::from(piece.repeat(size / piece.len()))];
    // In small chunks, as they come from a socket.
    let chunked = |text: String| {
        let bytes = Bytes::from(text);
        (0..bytes.len()).step_by(1_000).map(|at| bytes.slice(at..bytes.len().min(at + 1_000))).collect()
    };
    match kind {
        0 => chunked(format!(
            "data: {}\n\n",
            json!({ "choices": [{ "delta": { "content": "x".repeat(size) } }] })
        )),
        1 => many("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n"),
        2 => chunked("data: x\n".repeat(size / 8)),
        3 => many(
            "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"x\"}}]}}]}\n\n",
        ),
        4 => many("\r"),
        16 => chunked("\n".repeat(size)),
        5 => many(": comment\n"),
        6 => chunked("[".repeat(size)),
        7 => chunked("é".repeat(size / 2)),
        8 => many("{\"message\":{\"content\":\"x\"},\"done\":false}\n"),
        9 => parts(size, |n| match n % 2 {
            0 => {
                json!({ "choices": [{ "delta": { "tool_calls": [{ "index": n, "id": format!("c{n}"), "function": { "name": "x" } }] } }] })
            }
            _ => {
                json!({ "choices": [{ "delta": { "tool_calls": [{ "index": 0, "function": { "arguments": "x" } }] } }] })
            }
        }),
        10 => parts(size, |n| match n % 2 {
            0 => {
                json!({ "type": "content_block_start", "index": n, "content_block": { "type": "tool_use", "name": "x" } })
            }
            _ => {
                json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "input_json_delta", "partial_json": "x" } })
            }
        }),
        11 => parts(size, |n| match n % 2 {
            0 => {
                json!({ "type": "response.output_item.added", "output_index": n, "item": { "type": "message", "id": format!("m{n}") } })
            }
            _ => json!({ "type": "response.output_text.delta", "output_index": 0, "delta": "x" }),
        }),
        12 => many_items(size),
        13 => parts(size, |n| match n % 2 {
            0 => {
                json!({ "event_type": "step.start", "index": n, "step": { "type": "function_call", "name": "x" } })
            }
            _ => {
                json!({ "event_type": "step.delta", "index": 0, "delta": { "type": "arguments_delta", "arguments": "x" } })
            }
        }),
        14 => parts(
            size,
            |n| json!({ "candidates": [{ "content": { "parts": [{ "text": "x", "thoughtSignature": n.to_string() }] } }] }),
        ),
        15 => parts(
            size,
            |n| json!({ "type": "content_block_delta", "index": 0, "delta": { "type": "aurora", format!("f{n}"): "x" } }),
        ),
        _ => many(
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}\n\n",
        ),
    }
}

/// So many bytes of events, each made of its number.
fn parts(size: usize, part: impl Fn(usize) -> Value) -> Vec<Bytes> {
    let (mut chunks, mut length) = (Vec::new(), 0);
    while length < size {
        let chunk = format!("data: {}\n\n", part(chunks.len()));
        length += chunk.len();
        chunks.push(Bytes::from(chunk));
    }
    chunks
}

/// Items that are all there again in the end, and have no numbers.
fn many_items(size: usize) -> Vec<Bytes> {
    let item = |n: usize| json!({ "type": "message", "id": format!("m{n}"), "content": [{ "text": "x" }] });
    let added = |n: usize| json!({ "type": "response.output_item.added", "item": item(n) });
    let mut chunks = parts(size, added);
    let output: Vec<Value> = (0..chunks.len()).map(item).collect();
    let end = json!({ "type": "response.completed", "response": { "output": output } });
    chunks.push(Bytes::from(format!("data: {end}\n\n")));
    chunks
}

/// How many kinds of long answers there are.
const KINDS: usize = 18;

fn best_of_three(format: &'static dyn Format, kind: usize, size: usize) -> Duration {
    let once = || {
        let chunks = long(kind, size);
        let started = Instant::now();
        decode(format, chunks);
        started.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

/// Eight times as much takes eight times as long; sixty-four times would be quadratic. A machine that is busy for a while
/// may spoil a measurement, but not every one.
#[test]
#[ignore = "it measures time, so `cargo xtask fuzz` runs it"]
fn time_is_linear() {
    const SMALL: usize = 100_000;
    const MOST: f64 = 28.0;
    for format in format::all() {
        for kind in 0..KINDS {
            let ratio = || {
                let small = best_of_three(format, kind, SMALL).max(Duration::from_micros(200));
                best_of_three(format, kind, SMALL * 8).as_secs_f64() / small.as_secs_f64()
            };
            let ratios: Vec<f64> = (0..4).map(|_| ratio()).take_while(|ratio| *ratio >= MOST).collect();
            assert!(
                ratios.len() < 4,
                "{} kind {kind}: eight times as much took {ratios:.1?} times as long",
                format.name()
            );
        }
    }
}
