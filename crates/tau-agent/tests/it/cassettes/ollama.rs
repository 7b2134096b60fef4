//! Ollama: every line is JSON, and what it holds is put one after the other.

use serde_json::Value;
use tau_core::TokenUsage;

use super::{Reading, number, text};

pub(super) fn read(body: &str) -> Reading {
    let mut reading = Reading::default();
    for line in body.lines().filter(|line| !line.is_empty()) {
        let line: Value = serde_json::from_str(line).unwrap();
        reading.model = text(&line["model"]);
        let message = &line["message"];
        reading.text += &text(&message["content"]);
        reading.reasoning += &text(&message["thinking"]);
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            reading.calls.push((
                text(&call["id"]),
                text(&function["name"]),
                function["arguments"].to_string(),
            ));
        }
        if line["done"] == true {
            let reason = text(&line["done_reason"]);
            let has_calls = reason == "stop" && !reading.calls.is_empty();
            reading.finish = if has_calls { "tool_calls".to_owned() } else { reason };
            reading.usage = Some(TokenUsage {
                input: number(&line["prompt_eval_count"]),
                output: number(&line["eval_count"]),
                ..TokenUsage::default()
            });
        }
    }
    reading
}
