//! Deviations of the fields around and in the delta.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_core::{ChatResponse, ContentBlock, FinishReason, Opaque, Reasoning, TokenUsage};

use super::{Case, call, check_all, choice, delta, events, finish, words};

fn hi() -> Value {
    delta(&json!({ "content": "Hi" }))
}

fn used(input: u64, output: u64) -> TokenUsage {
    TokenUsage { input, output, ..TokenUsage::default() }
}

fn thought(thought: &str, text: &str) -> ChatResponse {
    let content = [ContentBlock::Reasoning(Reasoning::text(thought)), ContentBlock::text(text)];
    ChatResponse::new(content, FinishReason::Stop)
}

#[tokio::test]
async fn words_wherever_they_are() {
    let seen = ["text Hi"];
    let parts = json!([{ "type": "text", "text": "H" }, { "type": "text", "text": "i" }]);
    check_all([
        Case::reply(
            "message in place of the delta",
            events(&[choice(&json!({ "message": { "content": "Hi" }, "finish_reason": "stop" }))]),
            &seen,
            words("Hi"),
        ),
        Case::reply(
            "content as parts",
            events(&[delta(&json!({ "content": parts })), finish("stop")]),
            &["text H", "text i"],
            words("Hi"),
        ),
        Case::reply(
            "a refusal is words",
            events(&[delta(&json!({ "content": null, "refusal": "No." })), finish("stop")]),
            &["text No."],
            words("No."),
        ),
        Case::reply(
            "null in every field",
            events(&[
                json!({ "id": null, "model": null, "usage": null, "error": null, "choices": [{
                    "index": null, "finish_reason": null, "logprobs": null,
                    "delta": { "role": null, "content": "Hi", "refusal": null, "tool_calls": null,
                               "reasoning": null, "reasoning_content": null, "reasoning_details": null },
                }] }),
                finish("stop"),
            ]),
            &seen,
            words("Hi"),
        ),
        Case::reply(
            "empty deltas before, between and after",
            events(&[
                delta(&json!({ "role": "assistant", "content": "" })),
                hi(),
                delta(&json!({})),
                choice(&json!({ "delta": null })),
                finish("stop"),
            ]),
            &seen,
            words("Hi"),
        ),
        Case::reply(
            "choices missing, null or empty",
            events(&[
                json!({ "choices": [] }),
                json!({ "choices": null }),
                json!({ "prompt_filter_results": [] }),
                json!(null),
                hi(),
                finish("stop"),
            ]),
            &seen,
            words("Hi"),
        ),
        Case::reply(
            "unknown fields",
            events(&[
                json!({ "obfuscation": "x", "choices": [{ "delta": { "content": "Hi", "annotations": [1] } }] }),
                finish("stop"),
            ]),
            &seen,
            words("Hi"),
        ),
        Case::reply(
            "several alternatives, of which the first is the reply",
            events(&[
                json!({ "choices": [{ "index": 1, "delta": { "content": "H" } },
                                    { "index": 0, "delta": { "content": "no" } }] }),
                choice(&json!({ "index": 0, "delta": { "content": "no" }, "finish_reason": "length" })),
                choice(&json!({ "index": 1, "delta": { "content": "i" }, "finish_reason": "stop" })),
            ]),
            &["text H", "text i"],
            words("Hi"),
        ),
        Case::reply("no words at all", events(&[finish("stop")]), &[], {
            ChatResponse::new([], FinishReason::Stop)
        }),
    ])
    .await;
}

#[tokio::test]
async fn finish_reasons() {
    let cases = [
        ("length", FinishReason::Length),
        ("content_filter", FinishReason::ContentFilter),
        ("function_call", FinishReason::ToolCalls),
        ("eos", FinishReason::Other("eos".to_owned())),
    ];
    for (word, expected) in cases {
        let mut reply = words("Hi");
        reply.finish = expected;
        Case::reply("a reason", events(&[hi(), finish(word)]), &["text Hi"], reply).check().await;
    }
    // An empty reason is none; the reply goes on.
    let early = choice(&json!({ "delta": { "content": "H" }, "finish_reason": "" }));
    let body = events(&[early, delta(&json!({ "content": "i" })), finish("stop")]);
    Case::reply("empty", body, &["text H", "text i"], words("Hi")).check().await;
}

#[tokio::test]
async fn id_and_model_are_the_first_that_are_said() {
    let mut expected = words("Hi");
    expected.id = "a".to_owned();
    expected.model = "m-2026".to_owned();
    let body = events(&[
        json!({ "id": "", "model": null, "choices": [] }),
        json!({ "id": "a", "model": "m-2026", "choices": [{ "delta": { "content": "Hi" } }] }),
        json!({ "id": "b", "model": "other", "choices": [{ "delta": {}, "finish_reason": "stop" }] }),
    ]);
    Case::reply("id and model", body, &["text Hi"], expected).check().await;
}

#[tokio::test]
async fn usage_wherever_it_is() {
    let usage = json!({ "prompt_tokens": 7, "completion_tokens": 3 });
    let bodies = [
        ("in a chunk of its own", vec![hi(), finish("stop"), json!({ "choices": [], "usage": usage })]),
        ("in a chunk without choices", vec![hi(), finish("stop"), json!({ "usage": usage })]),
        (
            "with the finish reason",
            vec![hi(), json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": usage })],
        ),
        (
            "in the choice",
            vec![hi(), choice(&json!({ "delta": {}, "finish_reason": "stop", "usage": usage }))],
        ),
        (
            "in Groq's field",
            vec![
                hi(),
                json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "x_groq": { "usage": usage } }),
            ],
        ),
        (
            "growing in every chunk",
            vec![
                json!({ "choices": [{ "delta": { "content": "Hi" } }],
                        "usage": { "prompt_tokens": 7, "completion_tokens": 1 } }),
                json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": usage }),
            ],
        ),
        ("before a null", vec![json!({ "usage": usage }), hi(), finish("stop"), json!({ "usage": null })]),
    ];
    for (name, body) in bodies {
        let expected = words("Hi").with_usage(used(7, 3));
        Case::reply(name, events(&body), &["text Hi"], expected).check().await;
    }
}

#[tokio::test]
async fn parts_of_usage_under_their_several_names() {
    let cases = [
        (
            "OpenAI",
            json!({ "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
                    "prompt_tokens_details": { "cached_tokens": 64 },
                    "completion_tokens_details": { "reasoning_tokens": 8 } }),
            TokenUsage { cached_input: 64, reasoning: 8, ..used(100, 20) },
        ),
        (
            "OpenRouter",
            json!({ "prompt_tokens": 100, "completion_tokens": 20,
                    "prompt_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 90 } }),
            TokenUsage { cache_write: 90, ..used(100, 20) },
        ),
        (
            "DeepSeek",
            json!({ "prompt_tokens": 100, "completion_tokens": 20,
                    "prompt_cache_hit_tokens": 64, "prompt_cache_miss_tokens": 36 }),
            TokenUsage { cached_input: 64, ..used(100, 20) },
        ),
        (
            "Moonshot",
            json!({ "prompt_tokens": 100, "completion_tokens": 20, "cached_tokens": 5 }),
            TokenUsage { cached_input: 5, ..used(100, 20) },
        ),
        (
            "xAI, which does not count reasoning as output",
            json!({ "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 150,
                    "completion_tokens_details": { "reasoning_tokens": 30 } }),
            TokenUsage { reasoning: 30, ..used(100, 50) },
        ),
        (
            "null details",
            json!({ "prompt_tokens": 1, "completion_tokens": 2, "prompt_tokens_details": null }),
            used(1, 2),
        ),
    ];
    for (name, usage, expected) in cases {
        let body = events(&[hi(), finish("stop"), json!({ "choices": [], "usage": usage })]);
        Case::reply(name, body, &["text Hi"], words("Hi").with_usage(expected)).check().await;
    }
}

#[tokio::test]
async fn reasoning_in_every_field() {
    let (content, reasoning) = (Some("reasoning_content"), Some("reasoning"));
    let fields = [
        ("reasoning_content", content, json!({ "reasoning_content": "Hm." })),
        ("reasoning", reasoning, json!({ "reasoning": "Hm." })),
        ("both, saying the same", content, json!({ "reasoning_content": "Hm.", "reasoning": "Hm." })),
        ("both, one empty", reasoning, json!({ "reasoning_content": "", "reasoning": "Hm." })),
        (
            "thinking among the parts of the content",
            None,
            json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "Hm." }] }] }),
        ),
    ];
    for (name, field, fields) in fields {
        let body = events(&[delta(&fields), hi(), finish("stop")]);
        let seen = ["reasoning Hm.", "text Hi"];
        let mut expected = thought("Hm.", "Hi");
        if let Some(field) = field {
            let data = Opaque::new("openai-chat", format!("{{\"{field}\":true}}"));
            let reasoning = ContentBlock::Reasoning(Reasoning::with_data("Hm.", data));
            expected.content = Arc::from([reasoning, ContentBlock::text("Hi")]);
        }
        Case::reply(name, body, &seen, expected).check().await;
    }
}

#[tokio::test]
async fn reasoning_beside_a_call_remembers_the_field_it_goes_back_in() {
    for field in ["reasoning_content", "reasoning"] {
        let call_delta = json!({ "tool_calls": [
            { "index": 0, "id": "x", "function": { "name": "ls", "arguments": "{}" } }
        ] });
        let body = events(&[delta(&json!({ field: "Hm." })), delta(&call_delta), finish("tool_calls")]);
        let data = Opaque::new("openai-chat", format!("{{\"{field}\":true}}"));
        let expected = ChatResponse::new(
            [ContentBlock::Reasoning(Reasoning::with_data("Hm.", data)), call("x", "ls", "{}")],
            FinishReason::ToolCalls,
        );
        let seen = ["reasoning Hm.", "call 0 ls", "arguments 0 {}"];
        Case::reply(field, body, &seen, expected).check().await;
    }
}

#[tokio::test]
async fn reasoning_details_are_kept_whole() {
    let text = |text: &str| json!({ "type": "reasoning.text", "index": 0, "text": text, "signature": null });
    let details = [
        text("Let me"),
        text(" see."),
        json!({ "type": "reasoning.text", "index": 0, "signature": "sig" }),
        json!({ "type": "reasoning.text", "index": 1, "text": "And?" }),
        json!({ "type": "reasoning.encrypted", "index": 2, "data": "AAA", "id": "rs_1" }),
        json!({ "type": "reasoning.encrypted", "index": 2, "data": "BBB", "id": "rs_2" }),
    ];
    let mut chunks: Vec<Value> =
        details.iter().map(|detail| delta(&json!({ "reasoning_details": [detail] }))).collect();
    chunks.extend([hi(), finish("stop")]);
    let kept = json!({ "reasoning_details": [
        { "type": "reasoning.text", "index": 0, "text": "Let me see.", "signature": "sig" },
        { "type": "reasoning.text", "index": 1, "text": "And?" },
        { "type": "reasoning.encrypted", "index": 2, "data": "AAA", "id": "rs_1" },
        { "type": "reasoning.encrypted", "index": 2, "data": "BBB", "id": "rs_2" },
    ] });
    let data = Opaque::new("openai-chat", kept.to_string());
    let expected = ChatResponse::new(
        [ContentBlock::Reasoning(Reasoning::with_data("", data)), ContentBlock::text("Hi")],
        FinishReason::Stop,
    );
    Case::reply("details", events(&chunks), &["text Hi"], expected).check().await;
}
