//! Chunks with odd or missing fields.

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::{Reply, chunk};

/// These chunks, then the end of a reply that says "Hello".
fn before_hello(chunks: impl IntoIterator<Item = Value>) -> Reply {
    Reply::events(chunks.into_iter().chain([chunk::text("Hello"), chunk::finish("stop")]))
}

fn choice(choice: &Value) -> Value {
    json!({ "id": "1", "choices": [choice] })
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::new(
            "choices empty",
            "microsoft/agent-framework#6417",
            before_hello([json!({ "choices": [] })]),
        ),
        Fault::new("choices missing", "TheR1D/shell_gpt#470", before_hello([json!({ "id": "1" })])),
        Fault::new("choices null", "cline/cline#1786", before_hello([json!({ "choices": null })])),
        Fault::new(
            "delta missing",
            "OpenAI reference, chunk object",
            before_hello([choice(&json!({ "index": 0 }))]),
        ),
        Fault::new("delta null", "openai/openai-go#227", before_hello([choice(&json!({ "delta": null }))])),
        Fault::new(
            "content null",
            "crewAIInc/crewAI#4461",
            before_hello([chunk::delta(&json!({ "role": "assistant", "content": null }))]),
        ),
        Fault::new(
            "content as parts",
            "Mistral reference, content chunks",
            Reply::events([
                chunk::delta(&json!({ "content": [{ "type": "text", "text": "Hello" }] })),
                chunk::finish("stop"),
            ]),
        ),
        Fault::new(
            "finish reason empty until the end",
            "ollama/ollama#4357; sgl-project/sglang#3912",
            empty_finish(),
        ),
        Fault::new("finish reason missing until the end", "danny-avila/LibreChat#5563", missing_finish()),
        Fault::new(
            "finish reason in the chunk of the last words",
            "vllm-project/vllm#36944",
            finish_with_words(),
        ),
        Fault::new(
            "finish reason nobody knows",
            "OpenRouter reference, finish reasons",
            Reply::events([chunk::text("Hello"), chunk::finish("model_length")]),
        ),
        Fault::new(
            "usage in a chunk of its own",
            "OpenAI reference, stream_options.include_usage",
            Reply::events([chunk::text("Hello"), chunk::finish("stop"), chunk::usage(10, 5)]),
        ),
        Fault::new("usage null until the end", "sgl-project/sglang#3912", null_usage()),
        Fault::new("several choices", "OpenAI reference, n", several_choices()),
    ]
}

fn empty_finish() -> Reply {
    let words = json!({ "index": 0, "delta": { "content": "Hello" }, "finish_reason": "" });
    Reply::events([choice(&words), chunk::finish("stop")])
}

fn missing_finish() -> Reply {
    let words = json!({ "index": 0, "delta": { "content": "Hello" } });
    Reply::events([choice(&words), chunk::finish("stop")])
}

fn finish_with_words() -> Reply {
    let words = json!({ "index": 0, "delta": { "content": "lo" }, "finish_reason": "stop" });
    Reply::events([chunk::text("Hel"), choice(&words)])
}

fn null_usage() -> Reply {
    let mut words = chunk::text("Hello");
    words["usage"] = Value::Null;
    Reply::events([words, chunk::finish("stop"), chunk::usage(10, 5)])
}

fn several_choices() -> Reply {
    let other = json!({ "index": 1, "delta": { "content": "Other" } });
    Reply::events([chunk::text("Hello"), choice(&other), chunk::finish("stop")])
}
