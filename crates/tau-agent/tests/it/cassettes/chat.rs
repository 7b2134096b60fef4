//! OpenAI-compatible chat completions: every line of data is JSON, and what it holds is put one after the other.

use serde_json::Value;
use tau_core::TokenUsage;

use super::{Reading, events, number, text};

pub(super) fn read(body: &str) -> Reading {
    let mut reading = Reading::default();
    if body.starts_with('{') {
        read_chunk(&serde_json::from_str(body).unwrap(), "message", &mut reading);
    } else {
        events(body).for_each(|chunk| read_chunk(&chunk, "delta", &mut reading));
    }
    reading
}

fn read_chunk(chunk: &Value, key: &str, reading: &mut Reading) {
    if reading.id.is_empty() {
        reading.id = text(&chunk["id"]);
        reading.model = text(&chunk["model"]);
    }
    if chunk["usage"].is_object() {
        let usage = &chunk["usage"];
        let (input, output) = (number(&usage["prompt_tokens"]), number(&usage["completion_tokens"]));
        reading.usage = Some(TokenUsage {
            input,
            cached_input: number(&usage["prompt_tokens_details"]["cached_tokens"]),
            cache_write: number(&usage["prompt_tokens_details"]["cache_write_tokens"]),
            output,
            reasoning: number(&usage["completion_tokens_details"]["reasoning_tokens"]),
        });
    }
    // Of several alternatives the first is the reply.
    for choice in chunk["choices"].as_array().into_iter().flatten().filter(|choice| choice["index"] == 0) {
        let said = &choice[key];
        reading.text += &text(&said["content"]);
        reading.text += &text(&said["refusal"]);
        reading.reasoning += &text(&said["reasoning_content"]);
        reading.reasoning += &text(&said["reasoning"]);
        if let [more] = &details(&said["reasoning_details"])[..] {
            match &mut reading.opaque[..] {
                [held] => held.push_str(more),
                _ => reading.opaque.push(more.clone()),
            }
        }
        // OpenRouter says it twice.
        if let Some(reason) = choice["finish_reason"].as_str() {
            reading.finish = reason.to_owned();
        }
        for (position, call) in said["tool_calls"].as_array().into_iter().flatten().enumerate() {
            // Whole answers need no index: their calls stand in their order.
            let index = call["index"].as_u64().map_or(position, |index| usize::try_from(index).unwrap());
            if reading.calls.len() <= index {
                reading.calls.resize_with(index + 1, Default::default);
            }
            let (id, name, arguments) = &mut reading.calls[index];
            *id += &text(&call["id"]);
            *name += &text(&call["function"]["name"]);
            *arguments += &text(&call["function"]["arguments"]);
        }
    }
}

/// Everything in records of reasoning that is opaque or words, in one piece: streams cut it anywhere.
pub(super) fn details(details: &Value) -> Vec<String> {
    let details = details.as_array().into_iter().flatten();
    let keys = ["text", "summary", "data", "signature"];
    let all: String = details.flat_map(|detail| keys.map(|key| text(&detail[key]))).collect();
    if all.is_empty() { Vec::new() } else { vec![all] }
}
