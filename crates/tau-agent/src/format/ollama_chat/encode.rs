//! Writing requests.
//!
//! The messages stand last in the body, so that the bytes of a turn begin with the bytes of the turn before.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tau_core::config::{ReasoningEffort, ReasoningReplay, StructuredOutput};
use tau_core::{
    ContentBlock, Image, ImageSource, Message, Role, ToolCall, ToolDefinition, ToolResult, ToolResultBlock,
};

use super::NAME;
use crate::format::echo;
use crate::format::json::{ObjectWriter, write_json};
use crate::format::{Ask, wire};
use crate::request::{WireBody, WireCache};

/// Ends the list of messages and the body.
const TAIL: &[u8] = b"]}";

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let system = wire::system(ask);
    let head = head(ask, &system);
    let replay = ask.quirks.reasoning_replay.unwrap_or_default();
    let messages = ask.request.messages;
    cache.body(head, messages, TAIL, |position, message, is_first, out| {
        let mut is_first = is_first && system.is_empty();
        let mut separate = |out: &mut Vec<u8>| {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
        };
        match message.role {
            Role::Tool => {
                for result in message.tool_results() {
                    separate(out);
                    result_message(&messages[..position], result, out);
                }
            }
            Role::Assistant => {
                separate(out);
                assistant_message(message, replay, out);
            }
            role => {
                separate(out);
                plain_message(if role == Role::System { "system" } else { "user" }, message, out);
            }
        }
    })
}

fn head(ask: &Ask<'_>, system: &str) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("model".into(), ask.model.name.clone().into());
    fields.insert("stream".into(), true.into());
    // Without it Ollama drops the oldest messages in silence.
    fields.insert("truncate".into(), false.into());
    let options = runner_options(ask);
    if !options.is_empty() {
        fields.insert("options".into(), options.into());
    }
    if let Some(effort) = ask.options.reasoning_effort {
        fields.insert("think".into(), think(&ask.model.name, effort));
    }
    if !ask.request.tools.is_empty() {
        fields.insert("tools".into(), ask.request.tools.iter().map(tool).collect());
    }
    if let Some(output) = ask.request.output {
        match ask.quirks.structured_output.unwrap_or_default() {
            StructuredOutput::Schema => fields.insert("format".into(), output.schema.clone()),
            StructuredOutput::Json => fields.insert("format".into(), "json".into()),
            _ => None,
        };
    }
    for (key, value) in wire::extra(ask.options) {
        wire::merge(&mut fields, key, value);
    }
    let mut head = wire::open_list(&fields, "messages");
    if !system.is_empty() {
        write_json(&json!({ "role": "system", "content": system }), &mut head);
    }
    head
}

fn runner_options(ask: &Ask<'_>) -> Map<String, Value> {
    let options = ask.options;
    let mut fields = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    put("num_ctx", ask.model.capabilities.context_window.map(Value::from));
    put("num_predict", wire::max_tokens(ask).map(Value::from));
    put("temperature", options.temperature.map(Value::from));
    put("top_p", options.top_p.map(Value::from));
    put("seed", options.seed.map(Value::from));
    put("stop", options.stop.clone().map(Value::from));
    fields
}

/// How hard to think: gpt-oss is told a level, and refuses any other word; others are told whether.
fn think(model: &str, effort: ReasoningEffort) -> Value {
    match effort {
        ReasoningEffort::None => false.into(),
        ReasoningEffort::Minimal if model.contains("gpt-oss") => "low".into(),
        effort if model.contains("gpt-oss") => effort.as_str().into(),
        _ => true.into(),
    }
}

fn tool(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function",
        "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
    })
}

fn plain_message(role: &str, message: &Message, out: &mut Vec<u8>) {
    let mut text = message.text();
    let images = images(message.content.iter().filter_map(|block| match block {
        ContentBlock::Image(image) => Some(image),
        _ => None,
    }));
    text.push_str(&images.notes);
    let mut writer = ObjectWriter::new(out);
    writer.field("role", role).field("content", &text);
    if !images.data.is_empty() {
        writer.field("images", &images.data);
    }
    writer.end();
}

fn assistant_message(message: &Message, replay: ReasoningReplay, out: &mut Vec<u8>) {
    let calls: Vec<&ToolCall> = message.tool_calls().collect();
    let mut writer = ObjectWriter::new(out);
    writer.field("role", "assistant").field("content", &message.text());
    let may_replay = match replay {
        ReasoningReplay::Never => false,
        ReasoningReplay::Always => true,
        _ => !calls.is_empty(),
    };
    let thoughts = message.content.iter().filter_map(|block| match block {
        ContentBlock::Reasoning(reasoning) if echo::read(NAME, reasoning).is_some() => {
            Some(reasoning.text.as_str())
        }
        _ => None,
    });
    let thoughts: String = thoughts.filter(|_| may_replay).collect();
    if !thoughts.is_empty() {
        writer.field("thinking", &thoughts);
    }
    if !calls.is_empty() {
        let list = writer.key("tool_calls");
        list.push(b'[');
        for (index, call) in calls.into_iter().enumerate() {
            if index > 0 {
                list.push(b',');
            }
            write_call(call, list);
        }
        list.push(b']');
    }
    writer.end();
}

fn write_call(call: &ToolCall, out: &mut Vec<u8>) {
    let mut writer = ObjectWriter::new(out);
    writer.field("id", &call.id);
    ObjectWriter::new(writer.key("function"))
        .field("name", &wire::tool_name(&call.name))
        .raw("arguments", &wire::arguments(&call.arguments))
        .end();
    writer.end();
}

fn result_message(before: &[Arc<Message>], result: &ToolResult, out: &mut Vec<u8>) {
    let images = images(result.content.iter().filter_map(|block| match block {
        ToolResultBlock::Image(image) => Some(image),
        _ => None,
    }));
    let mut writer = ObjectWriter::new(out);
    writer.field("role", "tool").field("content", &(result.text() + &images.notes));
    if let Some(name) = wire::called_tool(before, &result.call_id) {
        writer.field("tool_name", &wire::tool_name(name));
    }
    writer.field("tool_call_id", &result.call_id);
    if !images.data.is_empty() {
        writer.field("images", &images.data);
    }
    writer.end();
}

/// Pictures as Ollama takes them.
struct Images<'a> {
    data: Vec<&'a str>,
    /// Words for what it does not take: it fetches no pictures itself, and knows no documents.
    notes: String,
}

fn images<'a>(images: impl Iterator<Item = &'a Image>) -> Images<'a> {
    let mut found = Images { data: Vec::new(), notes: String::new() };
    for image in images {
        match &image.source {
            ImageSource::Base64 { media_type, data } if media_type.starts_with("image/") => {
                found.data.push(data);
            }
            ImageSource::Base64 { media_type, data } if media_type.starts_with("text/") => {
                found.notes.push_str(&format!("\n{}", wire::base64_text(data)));
            }
            ImageSource::Base64 { media_type, .. } => {
                found.notes.push_str(&format!("\n[a document of the type {media_type}, not shown]"));
            }
            ImageSource::Url { url } => found.notes.push_str(&format!("\n[image at {url}, not shown]")),
            _ => {}
        }
    }
    found
}
