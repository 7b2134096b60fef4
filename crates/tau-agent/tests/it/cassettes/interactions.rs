//! Google's Interactions: a stream is put together into the steps it stands for, and the steps are read.

use serde_json::{Value, json};
use tau_core::TokenUsage;

use super::{Reading, events, history, number, text};

pub(super) fn read(body: &str) -> Reading {
    let interaction = if body.starts_with('{') { serde_json::from_str(body).unwrap() } else { join(body) };
    let mut reading =
        Reading { id: text(&interaction["id"]), model: text(&interaction["model"]), ..Reading::default() };
    for step in interaction["steps"].as_array().unwrap() {
        let texts = |list: &Value| -> String {
            list.as_array().into_iter().flatten().map(|part| text(&part["text"])).collect()
        };
        match step["type"].as_str().unwrap() {
            "model_output" => reading.text += &texts(&step["content"]),
            "thought" => reading.reasoning += &texts(&step["summary"]),
            "function_call" => {
                reading.calls.push((text(&step["id"]), text(&step["name"]), step["arguments"].to_string()));
            }
            _ => reading.whole.push(step.to_string()),
        }
    }
    reading.opaque = history::opaque(&interaction["steps"]);
    reading.finish = match interaction["status"].as_str().unwrap() {
        "completed" if reading.calls.is_empty() => "stop",
        "completed" | "requires_action" => "tool_calls",
        other => other,
    }
    .to_owned();
    let usage = &interaction["usage"];
    let reasoning = number(&usage["total_thought_tokens"]);
    reading.usage = Some(TokenUsage {
        input: number(&usage["total_input_tokens"]) + number(&usage["total_tool_use_tokens"]),
        cached_input: number(&usage["total_cached_tokens"]),
        cache_write: 0,
        output: number(&usage["total_output_tokens"]) + reasoning,
        reasoning,
    });
    reading
}

/// The interaction that a stream stands for.
fn join(body: &str) -> Value {
    let mut steps: Vec<Value> = Vec::new();
    let mut interaction = Value::Null;
    for event in events(body) {
        let index = usize::try_from(number(&event["index"])).unwrap();
        match event["event_type"].as_str().unwrap() {
            "step.start" => steps.push(event["step"].clone()),
            "step.delta" => {
                let (step, delta) = (&mut steps[index], &event["delta"]);
                if delta["signature"].is_string() {
                    step["signature"] = delta["signature"].clone();
                }
                if delta["type"] == "text" {
                    let said = text(&step["content"][0]["text"]) + &text(&delta["text"]);
                    step["content"] = json!([{ "type": "text", "text": said }]);
                }
            }
            "interaction.completed" => interaction = event["interaction"].clone(),
            _ => {}
        }
    }
    interaction["steps"] = steps.into();
    interaction
}
