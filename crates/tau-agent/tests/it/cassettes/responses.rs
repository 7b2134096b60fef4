//! OpenAI's Responses: the last event of a stream holds the whole answer, and one event each holds a whole item.
//! The items are the same in both but for what is encrypted, which is encrypted anew each time.

use serde_json::Value;
use tau_core::TokenUsage;

use super::{Reading, events, history, number, text};

pub(super) fn read(body: &str) -> Reading {
    let response: Value = if body.starts_with('{') {
        serde_json::from_str(body).unwrap()
    } else {
        let last = events(body).last().unwrap();
        assert!(["response.completed", "response.incomplete"].map(Value::from).contains(&last["type"]));
        let mut response = last["response"].clone();
        let done = events(body).filter(|event| event["type"] == "response.output_item.done");
        let items: Vec<Value> = done.map(|event| event["item"].clone()).collect();
        assert_eq!(items.len(), response["output"].as_array().unwrap().len());
        response["output"] = items.into();
        response
    };
    let mut reading =
        Reading { id: text(&response["id"]), model: text(&response["model"]), ..Reading::default() };
    for item in response["output"].as_array().unwrap() {
        read_item(item, &mut reading);
    }
    reading.finish = match response["incomplete_details"]["reason"].as_str() {
        Some("max_output_tokens") => "length",
        Some(other) => other,
        None if reading.calls.is_empty() => "stop",
        None => "tool_calls",
    }
    .to_owned();
    let usage = &response["usage"];
    reading.usage = Some(TokenUsage {
        input: number(&usage["input_tokens"]),
        cached_input: number(&usage["input_tokens_details"]["cached_tokens"]),
        cache_write: number(&usage["input_tokens_details"]["cache_write_tokens"]),
        output: number(&usage["output_tokens"]),
        reasoning: number(&usage["output_tokens_details"]["reasoning_tokens"]),
    });
    reading
}

fn read_item(item: &Value, reading: &mut Reading) {
    let texts = |list: &Value| -> Vec<String> {
        list.as_array()
            .into_iter()
            .flatten()
            .map(|part| text(&part["text"]) + &text(&part["refusal"]))
            .collect()
    };
    match item["type"].as_str().unwrap() {
        "message" => reading.text += &texts(&item["content"]).concat(),
        "function_call" => {
            reading.calls.push((text(&item["call_id"]), text(&item["name"]), text(&item["arguments"])));
        }
        "reasoning" => {
            let summary = texts(&item["summary"]).join("\n\n");
            reading.reasoning += &if summary.is_empty() { texts(&item["content"]).concat() } else { summary };
            // Without what is encrypted, a server that keeps nothing cannot read it.
            if item["encrypted_content"].is_string() {
                reading.opaque.extend(history::opaque(item));
                reading.whole.push(item.to_string());
            }
        }
        _ => reading.whole.push(item.to_string()),
    }
}
