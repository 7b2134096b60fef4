//! How answers end, well or not, and answers that are no stream.

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use serde_json::json;
use tau_agent::transport::{Transport, TransportError, WireRequest, WireResponse};
use tau_core::event::ModelFailureKind::{
    Interrupted, InvalidRequest, Protocol, RateLimited, Server, Unauthorized,
};
use tau_core::{ChatResponse, ContentBlock, FinishReason, TokenUsage};

use super::{Case, calls, check_all, delta, events, finish, open_events, words};
use crate::support::{agent_over, agent_speaking, ask, ask_chunks};

const HI: [&str; 1] = ["text Hi"];

fn hi() -> serde_json::Value {
    delta(&json!({ "content": "Hi" }))
}

#[tokio::test]
async fn a_reply_is_complete_when_the_server_said_so() {
    let cut = "ended its answer before it was complete";
    check_all([
        Case::reply("no end marker", open_events(&[hi(), finish("stop")]), &HI, words("Hi")),
        Case::reply("no finish reason, but the end marker", events(&[hi()]), &HI, words("Hi")),
        Case::reply(
            "no finish reason beside a call",
            events(&[delta(&json!({ "tool_calls": [
                { "index": 0, "id": "x", "function": { "name": "ls", "arguments": "{}" } }
            ] }))]),
            &["call 0 ls", "arguments 0 {}"],
            calls(&[("x", "ls", "{}")]),
        ),
        Case::error("neither", open_events(&[hi()]), &HI, Interrupted, cut),
        Case::error("nothing", "", &[], Interrupted, cut),
        Case::error("nothing but comments", ": hello\n\n: bye\n\n", &[], Interrupted, cut),
        Case::error("nothing but the end marker", "data: [DONE]\n\n", &[], Interrupted, cut),
        Case::reply(
            "garbage after the finish reason",
            open_events(&[hi(), finish("stop")]) + "data: oops\n\n",
            &HI,
            words("Hi"),
        ),
        Case::reply(
            "half an event after the finish reason",
            open_events(&[hi(), finish("stop")]) + "data: {\"usage\":",
            &HI,
            words("Hi"),
        ),
        Case::reply(
            "words after the end marker",
            events(&[hi(), finish("stop")]) + &events(&[delta(&json!({ "content": "no" }))]),
            &HI,
            words("Hi"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_broken_connection_takes_no_complete_reply_back() {
    let broken = || Err(TransportError::new(Interrupted, "connection reset"));
    let chunk = |events: &[serde_json::Value]| Ok(Bytes::from(open_events(events)));

    let complete = ask_chunks(vec![chunk(&[hi(), finish("stop")]), broken()]).await;
    assert_eq!(complete.end.unwrap(), words("Hi"));

    let cut = ask_chunks(vec![chunk(&[hi()]), broken()]).await;
    assert_eq!(cut.events, HI);
    let error = cut.end.unwrap_err();
    assert_eq!(error.kind(), Interrupted);
    assert!(error.to_string().contains("broke off its answer: connection reset"), "{error}");

    let at_once = ask_chunks(vec![broken()]).await;
    assert_eq!(at_once.end.unwrap_err().kind(), Interrupted);
}

/// Sends a complete reply without an end marker, and then nothing, for ever.
#[derive(Debug)]
struct NeverEnds(String);

impl Transport for NeverEnds {
    fn send(&self, _: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let chunk = Ok(Bytes::from(self.0.clone()));
        let body = futures::stream::iter([chunk]).chain(futures::stream::pending()).boxed();
        Box::pin(std::future::ready(Ok(WireResponse::new(200, "text/event-stream", body))))
    }
}

#[tokio::test(start_paused = true)]
async fn a_complete_reply_does_not_wait_for_an_end_marker_for_ever() {
    let started = tokio::time::Instant::now();
    let body = open_events(&[hi(), finish("stop")]);
    let outcome = ask(&agent_over(std::sync::Arc::new(NeverEnds(body)))).await;
    assert_eq!(outcome.end.unwrap(), words("Hi"));
    assert_eq!(started.elapsed().as_secs(), 10);
}

/// Sends chunks with nine seconds between them, and then nothing, for ever.
#[derive(Debug)]
struct Slow(Vec<String>);

impl Transport for Slow {
    fn send(&self, _: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        let chunks = futures::stream::iter(self.0.clone()).then(async |chunk| {
            tokio::time::sleep(std::time::Duration::from_secs(9)).await;
            Ok(Bytes::from(chunk))
        });
        let body = chunks.chain(futures::stream::pending()).boxed();
        Box::pin(std::future::ready(Ok(WireResponse::new(200, "text/event-stream", body))))
    }
}

#[tokio::test(start_paused = true)]
async fn what_still_comes_with_words_behind_a_reason_to_stop_is_the_reply() {
    let chat =
        |words: &str| json!({ "choices": [{ "delta": { "content": words }, "finish_reason": "stop" }] });
    let gemini = |words: &str| {
        let content = json!({ "parts": [{ "text": words }] });
        json!({ "candidates": [{ "content": content, "finishReason": "STOP" }] })
    };
    for (format, chunks) in
        [("openai-chat", ["a", "b", "c"].map(chat)), ("gemini", ["a", "b", "c"].map(gemini))]
    {
        let chunks = chunks.iter().map(|chunk| open_events(std::slice::from_ref(chunk))).collect();
        let outcome = ask(&agent_speaking(format, std::sync::Arc::new(Slow(chunks)))).await;
        assert_eq!(outcome.events, ["text a", "text b", "text c"], "{format}");
        assert_eq!(*outcome.end.unwrap().content, [ContentBlock::text("abc")], "{format}");
    }
}

#[tokio::test]
async fn errors_within_an_answer() {
    let after = |error: &str| open_events(&[hi()]) + error;
    check_all([
        Case::error(
            "as an object",
            after("data: {\"error\":{\"message\":\"GPU on fire\",\"type\":\"server_error\"}}\n\n"),
            &HI,
            Server,
            "reported an error in its answer: GPU on fire",
        ),
        Case::error("as text", after("data: {\"error\":\"GPU on fire\"}\n\n"), &HI, Server, "GPU on fire"),
        Case::error(
            "under the name of the event",
            after("event: error\ndata: {\"message\":\"GPU on fire\"}\n\n"),
            &HI,
            Server,
            "GPU on fire",
        ),
        Case::error(
            "in words that are no JSON",
            after("event: error\ndata: GPU on fire\n\n"),
            &HI,
            Server,
            "GPU on fire",
        ),
        Case::error(
            "by the kind of the object",
            after("data: {\"object\":\"error\",\"message\":\"too long\",\"code\":400}\n\n"),
            &HI,
            InvalidRequest,
            "too long",
        ),
        Case::error(
            "with a status as its code, and choices beside it",
            after(
                "data: {\"error\":{\"code\":429,\"message\":\"slow down\"},\"choices\":[{\"delta\":{}}]}\n\n",
            ),
            &HI,
            RateLimited,
            "slow down",
        ),
        Case::error(
            "first of all",
            "data: {\"error\":{\"code\":\"401\",\"message\":\"no key\"}}\n\n",
            &[],
            Unauthorized,
            "no key",
        ),
        Case::error(
            "as the reason to finish",
            events(&[hi(), finish("error")]),
            &HI,
            Server,
            "the server ended its answer with the reason `error`",
        ),
        Case::error(
            "in the choice",
            events(&[
                hi(),
                json!({ "choices": [{ "delta": { "content": "" }, "finish_reason": "error",
                    "error": { "code": 429, "message": "slow down" } }] }),
            ]),
            &HI,
            RateLimited,
            "slow down",
        ),
        Case::reply(
            "an error that is none",
            events(&[
                json!({ "error": {}, "choices": [{ "delta": {}, "error": null }] }),
                hi(),
                finish("stop"),
            ]),
            &HI,
            words("Hi"),
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_whole_object_instead_of_a_stream() {
    let whole = json!({
        "id": "a", "model": "m", "object": "chat.completion",
        "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": {
            "role": "assistant", "content": "Hi", "tool_calls": [
                { "id": "x", "type": "function", "function": { "name": "ls", "arguments": "{}" } },
                { "id": "y", "type": "function", "function": { "name": "cat", "arguments": "{\"b\":2}" } },
            ],
        } }],
        "usage": { "prompt_tokens": 7, "completion_tokens": 3 },
    });
    let mut expected = calls(&[("x", "ls", "{}"), ("y", "cat", "{\"b\":2}")]);
    let said = [ContentBlock::text("Hi")].into_iter();
    expected.content = said.chain(expected.content.iter().cloned()).collect();
    expected.id = "a".to_owned();
    expected.model = "m".to_owned();
    expected.usage = Some(TokenUsage { input: 7, output: 3, ..TokenUsage::default() });
    let seen = ["text Hi", "call 0 ls", "arguments 0 {}", "call 1 cat", "arguments 1 {\"b\":2}"];
    let unfinished = json!({ "choices": [{ "message": { "content": "Hi" } }] });
    check_all([
        Case::reply("compact", whole.to_string(), &seen, expected.clone()),
        Case::reply("pretty", format!("{whole:#}\n"), &seen, expected.clone()),
        Case::reply("behind blank lines", format!("\n \n{whole}"), &seen, expected.clone()),
        Case::reply("behind a byte order mark", format!("\u{FEFF}{whole}"), &seen, expected),
        Case::reply("without a finish reason", unfinished.to_string(), &HI, words("Hi")),
        Case::reply(
            "without words",
            json!({ "choices": [{ "message": { "content": "" }, "finish_reason": "stop" }] }).to_string(),
            &[],
            ChatResponse::new([], FinishReason::Stop),
        ),
        Case::error("cut", &whole.to_string().as_bytes()[..90], &[], Protocol, "EOF while parsing"),
        Case::error("an error", "{\"error\":\"no such path\"}", &[], Server, "no such path"),
        Case::error(
            "an error in a list",
            "[{\"error\":{\"code\":400,\"message\":\"bad\"}}]",
            &[],
            InvalidRequest,
            "bad",
        ),
        Case::error("another object", "{\"models\":[]}", &[], Protocol, "no choices in `{\"models\":[]}`"),
        Case::error(
            "a web page",
            "<!DOCTYPE html><title>Welcome</title>",
            &[],
            Protocol,
            "in `<!DOCTYPE html><title>Welcome</title>`",
        ),
    ])
    .await;
}
