//! Gemini: the parts of all chunks one after the other.

use serde_json::Value;
use tau_core::TokenUsage;

use super::{Reading, events, history, number, text};

pub(super) fn read(body: &str) -> Reading {
    let mut reading = Reading::default();
    if body.starts_with('{') {
        read_chunk(&serde_json::from_str(body).unwrap(), &mut reading);
    } else {
        events(body).for_each(|chunk| read_chunk(&chunk, &mut reading));
    }
    if reading.finish == "stop" && !reading.calls.is_empty() {
        reading.finish = "tool_calls".to_owned();
    }
    reading
}

fn read_chunk(chunk: &Value, reading: &mut Reading) {
    reading.id = text(&chunk["responseId"]);
    reading.model = text(&chunk["modelVersion"]);
    let candidate = &chunk["candidates"][0];
    for part in candidate["content"]["parts"].as_array().into_iter().flatten() {
        let said = if part["thought"] == true { &mut reading.reasoning } else { &mut reading.text };
        *said += &text(&part["text"]);
        let call = &part["functionCall"];
        if call.is_object() {
            reading.calls.push((text(&call["id"]), text(&call["name"]), call["args"].to_string()));
        } else if part["text"].is_null() {
            reading.whole.push(part.to_string());
        }
        reading.opaque.extend(history::opaque(part));
    }
    match candidate["finishReason"].as_str() {
        Some("STOP") => reading.finish = "stop".to_owned(),
        Some("MAX_TOKENS") => reading.finish = "length".to_owned(),
        Some(other) => reading.finish = other.to_owned(),
        None => {}
    }
    let usage = &chunk["usageMetadata"];
    reading.usage = Some(TokenUsage {
        input: number(&usage["promptTokenCount"]) + number(&usage["toolUsePromptTokenCount"]),
        cached_input: number(&usage["cachedContentTokenCount"]),
        cache_write: 0,
        output: number(&usage["candidatesTokenCount"]) + number(&usage["thoughtsTokenCount"]),
        reasoning: number(&usage["thoughtsTokenCount"]),
    });
}
