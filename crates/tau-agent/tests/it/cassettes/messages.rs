//! Anthropic's Messages: a stream is put together into the message it stands for, and the message is read.

use serde_json::Value;
use tau_core::TokenUsage;

use super::{Reading, events, history, number, text};

pub(super) fn read(body: &str) -> Reading {
    if body.starts_with('{') {
        read_message(&serde_json::from_str(body).unwrap())
    } else {
        read_message(&join(body))
    }
}

/// The message that a stream stands for.
fn join(body: &str) -> Value {
    let mut message = Value::Null;
    let mut inputs: Vec<String> = Vec::new();
    let mut is_over = false;
    for event in events(body) {
        let index = usize::try_from(number(&event["index"])).unwrap();
        match event["type"].as_str().unwrap() {
            "message_start" => message = event["message"].clone(),
            "content_block_start" => {
                message["content"].as_array_mut().unwrap().push(event["content_block"].clone());
                inputs.push(String::new());
            }
            "content_block_delta" => {
                let block = &mut message["content"][index];
                let delta = &event["delta"];
                for key in ["text", "thinking", "signature"] {
                    if let Some(more) = delta[key].as_str() {
                        block[key] = (text(&block[key]) + more).into();
                    }
                }
                inputs[index] += &text(&delta["partial_json"]);
                if delta["citation"].is_object() {
                    block["citations"].as_array_mut().unwrap().push(delta["citation"].clone());
                }
            }
            "content_block_stop" if !inputs[index].is_empty() => {
                let is_call = message["content"][index]["type"] == "tool_use";
                let input = Value::from(inputs[index].as_str());
                message["content"][index]["input"] =
                    if is_call { input } else { serde_json::from_str(&inputs[index]).unwrap() };
            }
            "content_block_stop" if message["content"][index]["type"] == "tool_use" => {
                message["content"][index]["input"] = "".into();
            }
            "message_delta" => {
                message["stop_reason"] = event["delta"]["stop_reason"].clone();
                for (key, value) in event["usage"].as_object().unwrap() {
                    message["usage"][key] = value.clone();
                }
            }
            "message_stop" => is_over = true,
            _ => {}
        }
    }
    assert!(is_over);
    message
}

fn read_message(message: &Value) -> Reading {
    let mut reading =
        Reading { id: text(&message["id"]), model: text(&message["model"]), ..Reading::default() };
    for block in message["content"].as_array().unwrap() {
        match block["type"].as_str().unwrap() {
            "text" => reading.text += &text(&block["text"]),
            "thinking" => reading.reasoning += &text(&block["thinking"]),
            "tool_use" => {
                let arguments =
                    block["input"].as_str().map_or_else(|| block["input"].to_string(), str::to_owned);
                // An empty input says as much as none.
                let arguments = if arguments == "{}" { String::new() } else { arguments };
                reading.calls.push((text(&block["id"]), text(&block["name"]), arguments));
            }
            _ => reading.whole.push(block.to_string()),
        }
    }
    reading.opaque = history::opaque(&message["content"]);
    reading.finish = match message["stop_reason"].as_str().unwrap() {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        other => other,
    }
    .to_owned();
    let usage = &message["usage"];
    let (cached_input, cache_write) =
        (number(&usage["cache_read_input_tokens"]), number(&usage["cache_creation_input_tokens"]));
    reading.usage = Some(TokenUsage {
        input: number(&usage["input_tokens"]) + cached_input + cache_write,
        cached_input,
        cache_write,
        output: number(&usage["output_tokens"]),
        reasoning: number(&usage["output_tokens_details"]["thinking_tokens"]),
    });
    reading
}
