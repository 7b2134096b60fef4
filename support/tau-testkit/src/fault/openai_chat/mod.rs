//! What servers of OpenAI-compatible chat completions get wrong.

mod chunks;
mod connection;
mod endings;
mod framing;
mod status;
mod tools;

use serde_json::{Value, json};

use super::dialect::{Dialect, Framing};
use super::{Fault, common};
use crate::chunk;

pub(super) const DIALECT: Dialect = Dialect {
    framing: Framing::Events,
    begin: || vec![chunk::delta(&json!({ "role": "assistant", "content": "" }))],
    words: chunk::text,
    end: |_| vec![chunk::finish("stop"), chunk::usage(10, 5), "[DONE]".into()],
    whole,
    error: || error("overloaded_error"),
};

fn whole(text: &str) -> Value {
    json!({
        "id": "1", "object": "chat.completion", "model": "scripted",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
    })
}

fn error(code: &str) -> Value {
    json!({ "error": { "message": "Overloaded", "type": code, "code": code } })
}

pub(super) fn faults() -> Vec<Fault> {
    [
        common::faults(&DIALECT),
        framing::faults(),
        chunks::faults(),
        tools::faults(),
        endings::faults(),
        connection::faults(),
        status::faults(),
    ]
    .concat()
}
