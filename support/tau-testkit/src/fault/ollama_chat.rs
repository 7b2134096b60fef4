//! What servers of Ollama's own interface get wrong.

use serde_json::{Value, json};

use super::dialect::{Dialect, Framing};
use super::{Fault, common};
use crate::Reply;

pub(super) const DIALECT: Dialect = Dialect {
    framing: Framing::Lines,
    begin: || vec![said("")],
    words: said,
    end: |_| vec![done("stop")],
    whole,
    error,
};

fn line(message: &Value) -> Value {
    json!({ "model": "scripted", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": false })
}

fn said(text: &str) -> Value {
    line(&json!({ "role": "assistant", "content": text }))
}

fn done(reason: &str) -> Value {
    let mut line = said("");
    line["done"] = true.into();
    line["done_reason"] = reason.into();
    line["prompt_eval_count"] = 10.into();
    line["eval_count"] = 5.into();
    line
}

fn whole(text: &str) -> Value {
    let mut line = done("stop");
    line["message"]["content"] = text.into();
    line
}

fn error() -> Value {
    json!({ "error": "model runner has unexpectedly stopped, this may be due to resource limitations" })
}

pub(super) fn faults() -> Vec<Fault> {
    [common::faults(&DIALECT), lines(), calls(), refusals()].concat()
}

fn reply(parts: impl IntoIterator<Item = Value>) -> Reply {
    DIALECT.reply(&parts.into_iter().collect::<Vec<_>>())
}

fn without(mut line: Value, key: &str) -> Value {
    if let Some(fields) = line.as_object_mut() {
        fields.remove(key);
    }
    line
}

fn lines() -> Vec<Fault> {
    let dressed: String =
        DIALECT.answer("Hel", "lo").iter().map(|line| format!("data: {line}\n\n")).collect();
    vec![
        Fault::new(
            "done without a reason",
            "ollama/ollama before 0.1.38",
            reply([said("Hello"), without(done("stop"), "done_reason")]),
        ),
        Fault::new(
            "no count of the prompt",
            "ollama/ollama, api reference: left out when the prompt was in the cache",
            reply([said("Hello"), without(done("stop"), "prompt_eval_count")]),
        ),
        Fault::new(
            "done because the model was loaded",
            "ollama/ollama, api reference: load a model",
            reply([done("load")]),
        ),
        Fault::new(
            "cut at the limit of tokens",
            "ollama/ollama, num_predict",
            reply([said("Hello"), done("length")]),
        ),
        Fault::new(
            "words in the last line",
            "0xPlaygrounds/rig#1308, for words",
            reply([said("Hel"), {
                let mut last = done("stop");
                last["message"]["content"] = "lo".into();
                last
            }]),
        ),
        Fault::new(
            "no message in the last line",
            "kooshi/llama-swappo#13",
            reply([said("Hello"), without(done("stop"), "message")]),
        ),
        Fault::new(
            "lines dressed as events",
            "gateways in front of ollama/ollama",
            Reply::stream().bytes(dressed),
        ),
        Fault::new("an object over several lines", "code-yeongyu/oh-my-openagent#1122", {
            let text = serde_json::to_string_pretty(&whole("Hello")).unwrap_or_default();
            DIALECT.stream().bytes(text)
        }),
        Fault::new(
            "thoughts in their field",
            "ollama/ollama, api reference: thinking",
            reply([
                line(&json!({ "role": "assistant", "content": "", "thinking": "Hm." })),
                said("Hello"),
                done("stop"),
            ]),
        ),
    ]
}

fn call(arguments: &Value) -> Value {
    json!({ "function": { "name": "read", "arguments": arguments } })
}

fn calling(calls: &Value) -> Value {
    line(&json!({ "role": "assistant", "content": "", "tool_calls": calls }))
}

fn calls() -> Vec<Fault> {
    let (a, b) = (call(&json!({ "path": "a" })), call(&json!({ "path": "b" })));
    let mut last = done("stop");
    last["message"]["tool_calls"] = json!([a]);
    vec![
        Fault::new(
            "calls without an id",
            "ollama/ollama#7881",
            reply([calling(&json!([a, b])), done("stop")]),
        ),
        Fault::new(
            "calls in the last line",
            "0xPlaygrounds/rig#1308; QuantumNous/new-api#7252",
            reply([last]),
        ),
        Fault::new(
            "arguments as text",
            "ollama/ollama-python#279, carried over",
            reply([calling(&json!([call(&json!("{\"path\":\"a\"}"))])), done("stop")]),
        ),
        Fault::new(
            "arguments as text that is cut off",
            "ollama/ollama, num_predict",
            reply([calling(&json!([call(&json!("{\"path\":\"a"))])), done("length")]),
        ),
        Fault::new(
            "no arguments",
            "0xPlaygrounds/rig#1308",
            reply([calling(&json!([json!({ "function": { "name": "read" } })])), done("stop")]),
        ),
        Fault::new(
            "tool_calls null",
            "ollama/ollama-vscode#58",
            reply([calling(&Value::Null), said("Hello"), done("stop")]),
        ),
        Fault::new(
            "reason tool_calls",
            "kooshi/llama-swappo#13",
            reply([calling(&json!([a])), done("tool_calls")]),
        ),
    ]
}

fn refusals() -> Vec<Fault> {
    let says = |status, message: &str| Reply::json(status, &json!({ "error": message }));
    vec![
        Fault::new("404 for a model", "ollama/ollama, server/routes.go", says(404, "model 'm' not found")),
        Fault::new(
            "400 for tools",
            "ollama/ollama, server/routes.go",
            says(400, "registry.ollama.ai/library/m does not support tools"),
        ),
        Fault::new(
            "400 for a conversation that is too long",
            "ollama/ollama, truncate: false",
            says(400, "input length exceeds the context length"),
        ),
        Fault::new(
            "503 for a server that is busy",
            "ollama/ollama, OLLAMA_MAX_QUEUE",
            says(503, "server busy, please try again. maximum pending requests exceeded"),
        ),
        Fault::new(
            "500 for memory that is short",
            "ollama/ollama, model requires more system memory",
            says(500, "model requires more system memory (9.9 GiB) than is available (5.5 GiB)"),
        ),
    ]
}
