//! Tool calls, streamed in odd ways. Each is a call of `read` for `a`, and where there are two, of `read` for `b`.

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::{Reply, chunk};

/// A delta with these fragments of calls.
fn calls(fragments: &Value) -> Value {
    chunk::delta(&json!({ "tool_calls": fragments }))
}

/// These chunks as a reply that called tools.
fn called(chunks: impl IntoIterator<Item = Value>) -> Reply {
    Reply::events(chunks.into_iter().chain([chunk::finish("tool_calls")]))
}

const A: &str = "{\"path\":\"a\"}";
const B: &str = "{\"path\":\"b\"}";

fn whole(id: &str, arguments: &str) -> Value {
    json!({ "id": id, "type": "function", "function": { "name": "read", "arguments": arguments } })
}

fn with(mut call: Value, key: &str, value: Value) -> Value {
    call[key] = value;
    call
}

pub(super) fn faults() -> Vec<Fault> {
    vec![
        Fault::new(
            "calls without an index",
            "ollama/ollama#7881; SamSaffron/term-llm#314",
            called([calls(&json!([whole("1", A)])), calls(&json!([whole("2", B)]))]),
        ),
        Fault::new("calls with the same index", "ollama/ollama#15457; apache/maka#1976", same_index()),
        Fault::new("fragments under an index that is taken", "agno-agi/agno#8880", taken_index()),
        Fault::new(
            "call with an empty id",
            "pipecat-ai/pipecat#5023; vllm-project/vllm#18412",
            called([calls(&json!([with(whole("", A), "index", json!(0))]))]),
        ),
        Fault::new("calls with the same id", "lmstudio-ai/lmstudio-bug-tracker#649", same_id()),
        Fault::new("a new id for each fragment", "poolsideai/pool#9; vllm-project/vllm#23522", new_ids()),
        Fault::new("the id in every fragment", "JetBrains/koog#2052", repeated_id()),
        Fault::new("the name in every fragment", "agentscope-ai/agentscope-java#1223", repeated_name()),
        Fault::new("id and name in different fragments", "pipecat-ai/pipecat#5023", split_head()),
        Fault::new(
            "tool_calls empty beside words",
            "spring-projects/spring-ai#6504; vercel/ai#20203",
            empty_calls(),
        ),
        Fault::new(
            "tool_calls null",
            "sgl-project/sglang#3912",
            Reply::events([
                chunk::delta(&json!({ "content": "Hello", "tool_calls": null })),
                chunk::finish("stop"),
            ]),
        ),
        Fault::new(
            "arguments empty",
            "QwenLM/qwen-code#6249; vercel/ai#6687",
            called([calls(&json!([with(whole("1", ""), "index", json!(0))]))]),
        ),
        Fault::new("arguments as an object", "ollama/ollama, /api/chat carried over", object_arguments()),
        Fault::new("calls interleaved", "OpenAI reference, parallel_tool_calls", interleaved()),
        Fault::new("arguments cut off", "OpenAI reference, finish_reason length", cut_arguments()),
        Fault::new(
            "finish reason stop behind calls",
            "ollama/ollama#15457",
            Reply::events([calls(&json!([with(whole("1", A), "index", json!(0))])), chunk::finish("stop")]),
        ),
    ]
}

fn same_index() -> Reply {
    let call = |id, arguments| calls(&json!([with(whole(id, arguments), "index", json!(0))]));
    called([call("1", A), call("2", B)])
}

fn taken_index() -> Reply {
    let begin = |id: &str| calls(&json!([with(whole(id, ""), "index", json!(0))]));
    let rest = |index: usize, arguments: &str| chunk::arguments(index, arguments);
    called([begin("1"), rest(0, A), begin("2"), rest(0, B)])
}

fn same_id() -> Reply {
    called([calls(&json!([with(whole("1", A), "index", json!(0)), with(whole("1", B), "index", json!(1)),]))])
}

fn new_ids() -> Reply {
    let more = |id: &str, arguments: &str| {
        calls(&json!([{ "index": 0, "id": id, "function": { "arguments": arguments } }]))
    };
    called([
        calls(&json!([with(whole("1", ""), "index", json!(0))])),
        more("2", "{\"path\""),
        more("3", ":\"a\"}"),
    ])
}

fn repeated_id() -> Reply {
    let more =
        |arguments: &str| calls(&json!([{ "index": 0, "id": "1", "function": { "arguments": arguments } }]));
    called([calls(&json!([with(whole("1", ""), "index", json!(0))])), more("{\"path\""), more(":\"a\"}")])
}

fn repeated_name() -> Reply {
    let more = |arguments: &str| {
        calls(&json!([{ "index": 0, "function": { "name": "read", "arguments": arguments } }]))
    };
    called([calls(&json!([with(whole("1", ""), "index", json!(0))])), more("{\"path\":\"a\""), more("}")])
}

fn split_head() -> Reply {
    called([
        calls(&json!([{ "index": 0, "id": "1", "type": "function" }])),
        calls(&json!([{ "index": 0, "function": { "name": "read" } }])),
        chunk::arguments(0, A),
    ])
}

fn empty_calls() -> Reply {
    let words = |text: &str| chunk::delta(&json!({ "content": text, "tool_calls": [] }));
    Reply::events([words("Hel"), words("lo"), chunk::finish("stop")])
}

fn object_arguments() -> Reply {
    let call =
        json!([{ "index": 0, "id": "1", "function": { "name": "read", "arguments": { "path": "a" } } }]);
    called([calls(&call)])
}

fn interleaved() -> Reply {
    called([
        chunk::tool_call(0, "1", "read", "{\"path\""),
        chunk::tool_call(1, "2", "read", "{\"path\""),
        chunk::arguments(0, ":\"a\"}"),
        chunk::arguments(1, ":\"b\"}"),
    ])
}

fn cut_arguments() -> Reply {
    Reply::events([chunk::tool_call(0, "1", "read", "{\"path\":\"a"), chunk::finish("length")])
}
