//! What servers of Anthropic's Messages get wrong.

use serde_json::{Value, json};

use super::dialect::{Dialect, Framing};
use super::{Fault, PAUSE, common};
use crate::Reply;

pub(super) const DIALECT: Dialect = Dialect {
    framing: Framing::NamedEvents,
    begin,
    words: |text| delta(0, &text_of(text)),
    end,
    whole,
    error,
};

fn begin() -> Vec<Value> {
    vec![message_start(), json!({ "type": "ping" }), start(0, &json!({ "type": "text", "text": "" }))]
}

fn message_start() -> Value {
    json!({ "type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "content": [],
        "stop_reason": null, "usage": { "input_tokens": 10, "output_tokens": 1 },
    } })
}

fn start(index: u32, block: &Value) -> Value {
    json!({ "type": "content_block_start", "index": index, "content_block": block })
}

fn delta(index: u32, delta: &Value) -> Value {
    json!({ "type": "content_block_delta", "index": index, "delta": delta })
}

fn text_of(text: &str) -> Value {
    json!({ "type": "text_delta", "text": text })
}

fn input(text: &str) -> Value {
    json!({ "type": "input_json_delta", "partial_json": text })
}

fn stop(index: u32) -> Value {
    json!({ "type": "content_block_stop", "index": index })
}

fn message_delta(reason: &str) -> Value {
    json!({ "type": "message_delta", "delta": { "stop_reason": reason }, "usage": { "output_tokens": 5 } })
}

fn message_stop() -> Value {
    json!({ "type": "message_stop" })
}

fn end(_: &str) -> Vec<Value> {
    vec![stop(0), message_delta("end_turn"), message_stop()]
}

fn whole(text: &str) -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted", "stop_reason": "end_turn",
        "content": [{ "type": "text", "text": text }], "usage": { "input_tokens": 10, "output_tokens": 5 },
    })
}

fn error() -> Value {
    refusal("overloaded_error", "Overloaded")
}

fn refusal(kind: &str, message: &str) -> Value {
    json!({ "type": "error", "error": { "type": kind, "message": message } })
}

pub(super) fn faults() -> Vec<Fault> {
    [common::faults(&DIALECT), blocks(), calls(), refusals()].concat()
}

fn reply(parts: impl IntoIterator<Item = Value>) -> Reply {
    DIALECT.reply(&parts.into_iter().collect::<Vec<_>>())
}

fn called(parts: impl IntoIterator<Item = Value>) -> Reply {
    let parts = std::iter::once(message_start()).chain(parts);
    reply(parts.chain([message_delta("tool_use"), message_stop()]))
}

fn blocks() -> Vec<Fault> {
    let begun = || DIALECT.begun("Hello");
    vec![
        Fault::new(
            "no message_stop behind the stop reason",
            "tombii/better-ccflare#307",
            reply(begun().into_iter().chain([stop(0), message_delta("end_turn")])),
        ),
        Fault::new(
            "pings for ever behind the stop reason",
            "tombii/better-ccflare#307",
            pings(reply(begun().into_iter().chain([stop(0), message_delta("end_turn")]))),
        ),
        Fault::new(
            "the stop reason at the start, and no end",
            "BerriAI/litellm#38153",
            stopped_at_the_start(),
        ),
        Fault::new(
            "message_stop without a stop reason",
            "Anthropic reference, streaming, basic event flow",
            reply(begun().into_iter().chain([stop(0), message_stop()])),
        ),
        Fault::new(
            "a block that is not begun",
            "sgl-project/sglang#24293",
            reply([message_start(), delta(0, &text_of("Hello")), message_delta("end_turn"), message_stop()]),
        ),
        Fault::new(
            "a block that does not end",
            "Anthropic reference, streaming, content block delta types",
            reply(begun().into_iter().chain([message_delta("end_turn"), message_stop()])),
        ),
        Fault::new("empty deltas", "BerriAI/litellm#33315", empty_deltas()),
        Fault::new(
            "thinking with a signature alone",
            "anomalyco/opencode#38733",
            reply(
                [
                    message_start(),
                    start(0, &json!({ "type": "thinking", "thinking": "", "signature": "" })),
                    delta(0, &json!({ "type": "signature_delta", "signature": "c2ln" })),
                    stop(0),
                    start(1, &json!({ "type": "text", "text": "" })),
                    delta(1, &text_of("Hello")),
                ]
                .into_iter()
                .chain([stop(1), message_delta("end_turn"), message_stop()]),
            ),
        ),
        Fault::new(
            "no blocks at all",
            "raullenchai/Rapid-MLX#826",
            reply([message_start(), message_delta("max_tokens"), message_stop()]),
        ),
        Fault::new(
            "a stop reason nobody knows",
            "Anthropic reference, handling stop reasons",
            reply(begun().into_iter().chain([stop(0), message_delta("aurora"), message_stop()])),
        ),
        Fault::new(
            "the message begun twice",
            "BerriAI/litellm#38153",
            reply(std::iter::once(message_start()).chain(DIALECT.answer("Hel", "lo"))),
        ),
    ]
}

/// Signs of life for as long as anybody listens.
fn pings(reply: Reply) -> Reply {
    let ping = DIALECT.written(&[json!({ "type": "ping" })], "\n");
    (0..60).fold(reply, |reply, _| reply.pause(PAUSE / 3).bytes(ping.clone())).hang()
}

fn stopped_at_the_start() -> Reply {
    let mut parts = DIALECT.begun("Hello");
    parts[0]["message"]["stop_reason"] = "end_turn".into();
    reply(parts)
}

fn empty_deltas() -> Reply {
    let mut parts = DIALECT.answer("Hel", "lo");
    parts.insert(3, delta(0, &text_of("")));
    parts.insert(5, delta(0, &json!({ "type": "text_delta" })));
    parts.insert(6, delta(0, &json!({})));
    reply(parts)
}

fn tool(id: &str, input: &Value) -> Value {
    json!({ "type": "tool_use", "id": id, "name": "read", "input": input })
}

fn calls() -> Vec<Fault> {
    let none = json!({});
    vec![
        Fault::new(
            "the whole input at the start",
            "anomalyco/opencode#38733",
            called([start(0, &tool("1", &json!({ "path": "a" }))), stop(0)]),
        ),
        Fault::new(
            "no input",
            "Anthropic reference, input_json_delta",
            called([start(0, &tool("1", &none)), delta(0, &input("")), stop(0)]),
        ),
        Fault::new(
            "input behind the end of its block",
            "agentgateway/agentgateway#2147",
            called([
                start(0, &tool("1", &none)),
                delta(0, &input("{\"path\"")),
                stop(0),
                delta(0, &input(":\"a\"}")),
            ]),
        ),
        Fault::new(
            "calls interleaved",
            "sgl-project/sglang#24293",
            called([
                start(0, &tool("1", &none)),
                start(1, &tool("2", &none)),
                delta(0, &input("{\"path\"")),
                delta(1, &input("{\"path\"")),
                delta(0, &input(":\"a\"}")),
                delta(1, &input(":\"b\"}")),
                stop(0),
                stop(1),
            ]),
        ),
        Fault::new(
            "calls with the same index",
            "ollama/ollama#15457, carried over",
            called([
                start(0, &tool("1", &none)),
                delta(0, &input("{\"path\":\"a\"}")),
                stop(0),
                start(0, &tool("2", &none)),
                delta(0, &input("{\"path\":\"b\"}")),
                stop(0),
            ]),
        ),
        Fault::new(
            "calls without an index or an id",
            "pipecat-ai/pipecat#5023, carried over",
            called([
                json!({ "type": "content_block_start", "content_block": { "type": "tool_use", "name": "read", "input": {} } }),
                json!({ "type": "content_block_delta", "delta": input("{\"path\":\"a\"}") }),
            ]),
        ),
        Fault::new(
            "words on a call",
            "sgl-project/sglang#24293",
            called([start(0, &tool("1", &json!({ "path": "a" }))), delta(0, &text_of("Hello"))]),
        ),
        Fault::new(
            "input cut off",
            "Anthropic reference, stop reason max_tokens",
            reply([
                message_start(),
                start(0, &tool("1", &none)),
                delta(0, &input("{\"path\":\"a")),
                stop(0),
                message_delta("max_tokens"),
                message_stop(),
            ]),
        ),
        Fault::new(
            "stop reason end_turn behind a call",
            "BerriAI/litellm#12481",
            reply([
                message_start(),
                start(0, &tool("1", &json!({ "path": "a" }))),
                message_delta("end_turn"),
                message_stop(),
            ]),
        ),
    ]
}

fn refusals() -> Vec<Fault> {
    let says = |status, kind: &str, message: &str| Reply::json(status, &refusal(kind, message));
    vec![
        Fault::new(
            "429 with retry-after",
            "Anthropic reference, rate limits",
            says(429, "rate_limit_error", "slow down").header("retry-after", "0"),
        ),
        Fault::new("529", "Anthropic reference, errors", says(529, "overloaded_error", "Overloaded")),
        Fault::new(
            "400 for a prompt that is too long",
            "Anthropic reference, context windows",
            says(400, "invalid_request_error", "prompt is too long: 200001 tokens > 200000 maximum"),
        ),
        Fault::new("413", "Anthropic reference, errors", says(413, "request_too_large", "too large")),
        Fault::new(
            "400 for credit that is used up",
            "Anthropic reference, errors",
            says(400, "invalid_request_error", "Your credit balance is too low to access the Anthropic API."),
        ),
        Fault::new(
            "404 for a model",
            "Anthropic reference, errors",
            says(404, "not_found_error", "model: m"),
        ),
        Fault::new(
            "an error of the interface in the stream",
            "Anthropic reference, errors",
            reply([refusal("invalid_request_error", "no")]),
        ),
    ]
}
