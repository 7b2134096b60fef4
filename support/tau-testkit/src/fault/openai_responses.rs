//! What servers of OpenAI's Responses get wrong.

use serde_json::{Value, json};

use super::dialect::{Dialect, Framing};
use super::{Fault, common};
use crate::Reply;

pub(super) const DIALECT: Dialect =
    Dialect { framing: Framing::NamedEvents, begin, words: text_delta, end, whole, error };

fn begin() -> Vec<Value> {
    vec![
        created(),
        added(0, &json!({ "type": "message", "id": "msg_1", "role": "assistant", "content": [] })),
    ]
}

fn created() -> Value {
    json!({ "type": "response.created", "response": { "id": "resp_1", "status": "in_progress", "model": "scripted", "output": [] } })
}

fn added(index: u32, item: &Value) -> Value {
    json!({ "type": "response.output_item.added", "output_index": index, "item": item })
}

fn done(index: u32, item: &Value) -> Value {
    json!({ "type": "response.output_item.done", "output_index": index, "item": item })
}

fn text_delta(text: &str) -> Value {
    json!({ "type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0, "content_index": 0, "delta": text })
}

fn arguments(index: u32, text: &str) -> Value {
    json!({ "type": "response.function_call_arguments.delta", "output_index": index, "delta": text })
}

fn message(text: &str) -> Value {
    json!({ "type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{ "type": "output_text", "text": text, "annotations": [] }] })
}

fn response(status: &str, output: &Value) -> Value {
    json!({ "id": "resp_1", "object": "response", "status": status, "model": "scripted", "output": output,
        "usage": { "input_tokens": 10, "output_tokens": 5, "total_tokens": 15 } })
}

fn completed(output: &Value) -> Value {
    json!({ "type": "response.completed", "response": response("completed", output) })
}

fn end(text: &str) -> Vec<Value> {
    vec![done(0, &message(text)), completed(&json!([message(text)]))]
}

fn whole(text: &str) -> Value {
    response("completed", &json!([message(text)]))
}

fn error() -> Value {
    json!({ "type": "error", "code": "server_error", "message": "The server had an error" })
}

pub(super) fn faults() -> Vec<Fault> {
    [common::faults(&DIALECT), items(), calls(), ends(), refusals()].concat()
}

fn reply(parts: impl IntoIterator<Item = Value>) -> Reply {
    DIALECT.reply(&parts.into_iter().collect::<Vec<_>>())
}

fn items() -> Vec<Fault> {
    let begun = || DIALECT.begun("Hello");
    vec![
        Fault::new("no output at the end", "decolua/9router#705", {
            let end = json!({ "type": "response.completed", "response": { "id": "resp_1", "status": "completed" } });
            reply(begun().into_iter().chain([done(0, &message("Hello")), end]))
        }),
        Fault::new(
            "an empty output at the end",
            "QuantumNous/new-api#4362; BerriAI/litellm#32724",
            reply(begun().into_iter().chain([done(0, &message("Hello")), completed(&json!([]))])),
        ),
        Fault::new(
            "items that do not end",
            "router-for-me/CLIProxyAPI#4860",
            reply(begun().into_iter().chain([completed(&json!([message("Hello")]))])),
        ),
        Fault::new(
            "neither the end of an item nor output at the end",
            "router-for-me/CLIProxyAPI#4860; QuantumNous/new-api#4362",
            reply(begun().into_iter().chain([completed(&json!([]))])),
        ),
        Fault::new(
            "words of an item that is not begun",
            "Oaklight/llm-rosetta#56",
            reply([
                json!({ "type": "response.output_text.delta", "delta": "Hello" }),
                completed(&json!([message("Hello")])),
            ]),
        ),
        Fault::new(
            "items without a number",
            "llama.cpp tools/server, seen by `cargo xtask conformance llama`",
            unnumbered("msg_1"),
        ),
        Fault::new("items without a number under other ids", "openai/codex#30876", unnumbered("msg_2")),
        Fault::new(
            "the response itself as the event",
            "pjq/sap-ai-core-llm-proxy#35",
            DIALECT.stream().bytes(format!("event: response.completed\ndata: {}\n\n", whole("Hello"))),
        ),
        Fault::new(
            "reasoning without any words",
            "OpenAI reference, reasoning items",
            reply([
                created(),
                done(
                    0,
                    &json!({ "type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "b3BhcXVl" }),
                ),
                done(1, &message("Hello")),
                completed(&json!([])),
            ]),
        ),
    ]
}

/// Words of an item without its number, and the item in the end under an id.
fn unnumbered(id: &str) -> Reply {
    let mut last = message("Hello");
    last["id"] = id.into();
    reply([
        created(),
        json!({ "type": "response.output_item.added", "item": { "type": "message", "id": "msg_1", "content": [] } }),
        json!({ "type": "response.output_text.delta", "item_id": "msg_1", "delta": "Hello" }),
        completed(&json!([last])),
    ])
}

fn call(id: &str, arguments: &str) -> Value {
    json!({ "type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "read", "arguments": arguments })
}

const A: &str = "{\"path\":\"a\"}";
const B: &str = "{\"path\":\"b\"}";

fn calls() -> Vec<Fault> {
    let unnamed = |value: Value| {
        let mut value = value;
        value["call_id"] = "".into();
        value["id"] = Value::Null;
        value
    };
    vec![
        Fault::new(
            "arguments at the end alone",
            "lidge-jun/opencodex#4652",
            reply([
                created(),
                added(0, &call("1", "")),
                done(0, &call("1", A)),
                completed(&json!([call("1", A)])),
            ]),
        ),
        Fault::new(
            "calls in the response alone",
            "OpenAI reference, response.completed",
            reply([created(), completed(&json!([call("1", A), call("2", B)]))]),
        ),
        Fault::new(
            "calls interleaved",
            "openai/codex#30876",
            reply([
                created(),
                added(0, &call("1", "")),
                added(1, &call("2", "")),
                arguments(0, "{\"path\""),
                arguments(1, "{\"path\""),
                arguments(0, ":\"a\"}"),
                arguments(1, ":\"b\"}"),
                done(1, &call("2", B)),
                done(0, &call("1", A)),
                completed(&json!([call("1", A), call("2", B)])),
            ]),
        ),
        Fault::new(
            "calls without an id",
            "openai/codex#30876",
            reply([created(), completed(&json!([unnamed(call("1", A)), unnamed(call("2", B))]))]),
        ),
        Fault::new(
            "no arguments",
            "QwenLM/qwen-code#6249, carried over",
            reply([created(), added(0, &call("1", "")), done(0, &call("1", "")), completed(&json!([]))]),
        ),
        Fault::new(
            "arguments cut off",
            "OpenAI reference, incomplete_details",
            reply([
                created(),
                added(0, &call("1", "")),
                arguments(0, "{\"path\":\"a"),
                incomplete("max_output_tokens", &json!([call("1", "{\"path\":\"a")])),
            ]),
        ),
    ]
}

fn incomplete(reason: &str, output: &Value) -> Value {
    let mut response = response("incomplete", output);
    response["incomplete_details"] = json!({ "reason": reason });
    json!({ "type": "response.incomplete", "response": response })
}

fn ends() -> Vec<Fault> {
    let begun = || DIALECT.begun("Hello");
    let failed = json!({ "type": "response.failed", "response": { "id": "resp_1", "status": "failed",
        "error": { "code": "rate_limit_exceeded", "message": "slow down" } } });
    vec![
        Fault::new(
            "cut at the limit of tokens",
            "langchain-ai/langchain#33840",
            reply(begun().into_iter().chain([incomplete("max_output_tokens", &json!([message("Hello")]))])),
        ),
        Fault::new(
            "incomplete without a reason",
            "OpenAI reference, incomplete_details",
            reply(
                begun().into_iter().chain([
                    json!({ "type": "response.incomplete", "response": { "status": "incomplete" } }),
                ]),
            ),
        ),
        Fault::new("failed as the first event", "OpenAI reference, response.failed", reply([failed.clone()])),
        Fault::new(
            "failed behind words",
            "OpenAI reference, response.failed",
            reply(begun().into_iter().chain([failed])),
        ),
        Fault::new(
            "an end marker alone behind words",
            "router-for-me/CLIProxyAPI#4860",
            reply(begun()).bytes("data: [DONE]\n\n"),
        ),
    ]
}

fn refusals() -> Vec<Fault> {
    vec![
        Fault::new(
            "429 with retry-after",
            "OpenAI guide to rate limits",
            Reply::error(429, "rate_limit_exceeded", "slow down").header("retry-after", "0"),
        ),
        Fault::new(
            "429 for a used-up quota",
            "OpenAI guide to error codes",
            Reply::error(429, "insufficient_quota", "You exceeded your current quota"),
        ),
        Fault::new(
            "400 for a conversation that is too long",
            "OpenAI guide to error codes",
            Reply::error(
                400,
                "context_length_exceeded",
                "Your input exceeds the context window of this model.",
            ),
        ),
        Fault::new(
            "404 for a server that has no Responses",
            "LM Studio and older vLLM",
            Reply::status(404).bytes("Not Found"),
        ),
    ]
}
