//! What servers of Gemini's generateContent get wrong.

use serde_json::{Value, json};

use super::dialect::{Dialect, Framing};
use super::{Fault, common};
use crate::Reply;

pub(super) const DIALECT: Dialect = Dialect {
    framing: Framing::Events,
    begin: Vec::new,
    words: |text| said(&json!([{ "text": text }])),
    end: |_| vec![ended("STOP")],
    whole,
    error,
};

fn said(parts: &Value) -> Value {
    json!({ "candidates": [{ "content": { "role": "model", "parts": parts }, "index": 0 }],
        "modelVersion": "scripted", "responseId": "r1" })
}

fn usage() -> Value {
    json!({ "promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15 })
}

fn ended(reason: &str) -> Value {
    let mut chunk = said(&json!([{ "text": "" }]));
    chunk["candidates"][0]["finishReason"] = reason.into();
    chunk["usageMetadata"] = usage();
    chunk
}

fn whole(text: &str) -> Value {
    let mut chunk = ended("STOP");
    chunk["candidates"][0]["content"]["parts"] = json!([{ "text": text }]);
    chunk
}

fn error() -> Value {
    refusal(503, "UNAVAILABLE", "The model is overloaded.")
}

fn refusal(code: u16, status: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message, "status": status } })
}

pub(super) fn faults() -> Vec<Fault> {
    [common::faults(&DIALECT), chunks(), calls(), ends(), refusals()].concat()
}

fn reply(parts: impl IntoIterator<Item = Value>) -> Reply {
    DIALECT.reply(&parts.into_iter().collect::<Vec<_>>())
}

fn hello() -> Value {
    said(&json!([{ "text": "Hello" }]))
}

fn chunks() -> Vec<Fault> {
    let bare = |candidate: &Value| json!({ "candidates": [candidate], "usageMetadata": usage() });
    vec![
        Fault::new(
            "an end without content",
            "agentjido/req_llm#638; pydantic/pydantic-ai#2631",
            reply([hello(), bare(&json!({ "finishReason": "STOP" }))]),
        ),
        Fault::new(
            "an end without parts",
            "pydantic/pydantic-ai#2631",
            reply([
                hello(),
                bare(&json!({ "content": { "role": "model" }, "finishReason": "STOP", "index": 0 })),
            ]),
        ),
        Fault::new(
            "every chunk says that it is the last",
            "MartialBE/one-hub#402; songquanpeng/one-api#1408",
            {
                let mut parts: Vec<Value> = ["Hel", "lo"].map(|text| said(&json!([{ "text": text }]))).into();
                parts.iter_mut().for_each(|part| part["candidates"][0]["finishReason"] = "STOP".into());
                reply(parts)
            },
        ),
        Fault::new(
            "an empty end before the words",
            "Chevey339/kelivo#1003",
            reply([ended("STOP"), ended("STOP"), hello(), ended("STOP")]),
        ),
        Fault::new(
            "usage in a chunk of its own",
            "Google reference, usageMetadata",
            reply([
                hello(),
                {
                    let mut end = ended("STOP");
                    end["usageMetadata"] = Value::Null;
                    end
                },
                json!({ "usageMetadata": usage() }),
            ]),
        ),
        Fault::new(
            "a list of chunks where events were asked for",
            "Google reference, alt=sse",
            Reply::json(200, &json!([hello(), ended("STOP")])),
        ),
        Fault::new("several candidates", "Google reference, candidateCount", {
            let mut parts = [hello(), ended("STOP")];
            parts[0]["candidates"] = json!([
                { "index": 1, "content": { "parts": [{ "text": "Bye" }] } },
                { "index": 0, "content": { "parts": [{ "text": "Hello" }] } },
            ]);
            reply(parts)
        }),
        Fault::new(
            "a signature without words",
            "Google reference, thought signatures",
            reply([hello(), said(&json!([{ "text": "", "thoughtSignature": "c2ln" }])), ended("STOP")]),
        ),
    ]
}

fn calls() -> Vec<Fault> {
    let call = |arguments: &Value| json!({ "functionCall": { "name": "read", "args": arguments } });
    let (a, b) = (call(&json!({ "path": "a" })), call(&json!({ "path": "b" })));
    vec![
        Fault::new(
            "calls without an id, and STOP behind them",
            "su-kaka/gcli2api#407",
            reply([said(&json!([a, b])), ended("STOP")]),
        ),
        Fault::new(
            "calls in chunks of their own",
            "pydantic/pydantic-ai#2631",
            reply([said(&json!([a])), said(&json!([b])), ended("STOP")]),
        ),
        Fault::new(
            "no arguments",
            "Google reference, functionCall",
            reply([said(&json!([{ "functionCall": { "name": "read" } }])), ended("STOP")]),
        ),
        Fault::new(
            "a call that the server could not read",
            "Google reference, MALFORMED_FUNCTION_CALL",
            reply([{
                let mut end = ended("MALFORMED_FUNCTION_CALL");
                end["candidates"][0]["content"] = Value::Null;
                end["candidates"][0]["finishMessage"] = "Malformed function call: print(read(".into();
                end
            }]),
        ),
        Fault::new(
            "cut at the limit of tokens behind a call",
            "NousResearch/hermes-agent#43478",
            reply([said(&json!([a])), ended("MAX_TOKENS")]),
        ),
    ]
}

fn ends() -> Vec<Fault> {
    vec![
        Fault::new(
            "a prompt that is refused",
            "Google reference, promptFeedback",
            reply([json!({ "promptFeedback": { "blockReason": "SAFETY" }, "usageMetadata": usage() })]),
        ),
        Fault::new(
            "an answer that is withheld",
            "Google reference, finishReason",
            reply([{
                let mut end = ended("SAFETY");
                end["candidates"][0]["content"] = Value::Null;
                end
            }]),
        ),
        Fault::new(
            "a reason nobody knows",
            "Google reference, finishReason",
            reply([hello(), ended("AURORA")]),
        ),
    ]
}

fn refusals() -> Vec<Fault> {
    let says = |code, status: &str, message: &str| Reply::json(code, &refusal(code, status, message));
    let mut slow = refusal(429, "RESOURCE_EXHAUSTED", "slow down");
    slow["error"]["details"] =
        json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.05s" }]);
    let mut key = refusal(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.");
    key["error"]["details"] =
        json!([{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID" }]);
    vec![
        Fault::new("429 with a wait in its body", "Google RPC, RetryInfo", Reply::json(429, &slow)),
        Fault::new(
            "429 in a list",
            "Google's gateway, see genai and LiteLLM",
            Reply::json(429, &json!([slow])),
        ),
        Fault::new(
            "503",
            "Google reference, troubleshooting",
            says(503, "UNAVAILABLE", "The model is overloaded."),
        ),
        Fault::new("400 for a key", "Google reference, API_KEY_INVALID", Reply::json(400, &key)),
        Fault::new(
            "404 for a model",
            "Google reference, troubleshooting",
            says(404, "NOT_FOUND", "models/m is not found for API version v1beta"),
        ),
    ]
}
