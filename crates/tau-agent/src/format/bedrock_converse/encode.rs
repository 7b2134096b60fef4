//! Writing requests.
//!
//! A wire message is left open until one of the other role comes: roles have to alternate, and what is written is still only
//! added to.

use serde_json::{Map, Value, json};
use tau_core::config::StructuredOutput;
use tau_core::{ContentBlock, Image, ImageSource, Message, Role, ToolCall, ToolResult, ToolResultBlock};

use super::NAME;
use crate::format::echo::{self, Echo};
use crate::format::json::{ObjectWriter, write_json};
use crate::format::{Ask, wire};
use crate::request::{WireBody, WireCache};

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let messages = ask.request.messages;
    let tail: &[u8] = if messages.iter().any(|message| writes(message)) { b"]}]}" } else { b"]}" };
    cache.body(head(ask), messages, tail, |position, message, _, out| {
        let before = messages[..position].iter().rev().find(|message| writes(message));
        write_message(before.map(|message| &**message), message, out);
    })
}

fn head(ask: &Ask<'_>) -> Vec<u8> {
    let options = ask.options;
    let mut inference = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            inference.insert(key.to_owned(), value);
        }
    };
    put("maxTokens", wire::max_tokens(ask).map(Value::from));
    put("temperature", options.temperature.map(Value::from));
    put("topP", options.top_p.map(Value::from));
    put("stopSequences", options.stop.clone().map(Value::from));
    let mut fields = Map::new();
    if !inference.is_empty() {
        fields.insert("inferenceConfig".into(), inference.into());
    }
    let system = wire::system(ask);
    if !system.trim().is_empty() {
        fields.insert("system".into(), json!([{ "text": system }]));
    }
    if !ask.request.tools.is_empty() {
        let tools: Vec<Value> = ask
            .request
            .tools
            .iter()
            .map(|tool| {
                json!({ "toolSpec": { "name": tool.name, "description": tool.description,
                    "inputSchema": { "json": tool.parameters } } })
            })
            .collect();
        fields.insert("toolConfig".into(), json!({ "tools": tools }));
    }
    if let Some(output) = ask.request.output
        && ask.quirks.structured_output.unwrap_or_default() == StructuredOutput::Schema
    {
        // The schema is a text there.
        let schema = json!({ "name": output.name, "schema": output.schema.to_string() });
        let format = json!({ "type": "json_schema", "structure": { "jsonSchema": schema } });
        fields.insert("outputConfig".into(), json!({ "textFormat": format }));
    }
    for (key, value) in wire::extra(options) {
        wire::merge(&mut fields, key, value);
    }
    wire::open_list(&fields, "messages")
}

/// Whether anything of a message is written: empty texts are refused.
fn writes(message: &Message) -> bool {
    let mut out = Vec::new();
    message.content.iter().any(|block| {
        write_block(block, &mut out);
        !out.is_empty()
    })
}

fn role(message: &Message) -> &'static str {
    if message.role == Role::Assistant { "assistant" } else { "user" }
}

fn write_message(before: Option<&Message>, message: &Message, out: &mut Vec<u8>) {
    if !writes(message) {
        return;
    }
    let role = self::role(message);
    let mut is_first = before.map(self::role) != Some(role);
    if is_first {
        if before.is_some() {
            out.extend_from_slice(b"]},");
        }
        out.extend_from_slice(format!(r#"{{"role":"{role}","content":["#).as_bytes());
    }
    let mut block_out = Vec::new();
    for block in message.content.iter() {
        block_out.clear();
        write_block(block, &mut block_out);
        if !block_out.is_empty() {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            out.extend_from_slice(&block_out);
        }
    }
}

/// Writes a block, or nothing where there is nothing to say.
fn write_block(block: &ContentBlock, out: &mut Vec<u8>) {
    match block {
        ContentBlock::Text { text } if !text.trim().is_empty() => write_json(&json!({ "text": text }), out),
        ContentBlock::Image(image) => write_json(&picture(image), out),
        ContentBlock::ToolCall(call) => write_call(call, out),
        ContentBlock::ToolResult(result) => write_json(&tool_result(result), out),
        ContentBlock::Reasoning(reasoning) => match echo::read(NAME, reasoning) {
            Some(Echo::Whole(block)) => out.extend_from_slice(block.as_bytes()),
            Some(Echo::With(fields)) => {
                let mut content = Vec::new();
                ObjectWriter::new(&mut content).field("text", &reasoning.text).fields(fields).end();
                out.extend_from_slice(br#"{"reasoningContent":{"reasoningText":"#);
                out.extend_from_slice(&content);
                out.extend_from_slice(b"}}");
            }
            _ => {}
        },
        _ => {}
    }
}

fn write_call(call: &ToolCall, out: &mut Vec<u8>) {
    out.extend_from_slice(br#"{"toolUse":"#);
    ObjectWriter::new(out)
        .field("toolUseId", &tool_id(call.id.as_str()))
        .field("name", &wire::tool_name(&call.name))
        .raw("input", &wire::arguments(&call.arguments))
        .end();
    out.push(b'}');
}

fn tool_result(result: &ToolResult) -> Value {
    let mut content: Vec<Value> = result
        .content
        .iter()
        .filter_map(|block| match block {
            ToolResultBlock::Text { text } if text.trim().is_empty() => None,
            ToolResultBlock::Text { text } => Some(json!({ "text": text })),
            // An object alone is taken as JSON.
            ToolResultBlock::Json { value } if value.is_object() => Some(json!({ "json": value })),
            ToolResultBlock::Json { value } => Some(json!({ "text": value.to_string() })),
            ToolResultBlock::Image(image) => Some(picture(image)),
            _ => None,
        })
        .collect();
    if content.is_empty() {
        content.push(json!({ "text": "(nothing)" }));
    }
    let status = if result.is_error { "error" } else { "success" };
    json!({ "toolResult": { "toolUseId": tool_id(result.call_id.as_str()), "content": content, "status": status } })
}

/// A picture, or a document by its media type; a word for what lies at an address, which is not fetched.
fn picture(image: &Image) -> Value {
    match &image.source {
        ImageSource::Base64 { media_type, data } => match media_type.strip_prefix("image/") {
            Some(format) => json!({ "image": { "format": format, "source": { "bytes": data } } }),
            None => {
                let format = match media_type.rsplit('/').next().unwrap_or_default() {
                    "plain" => "txt",
                    "markdown" => "md",
                    other => other,
                };
                json!({ "document": { "format": format, "name": "document", "source": { "bytes": data } } })
            }
        },
        ImageSource::Url { url } => json!({ "text": format!("[image at {url}, not shown]") }),
        _ => json!({ "text": "[image of an unknown kind, not shown]" }),
    }
}

/// An id as the interface takes it: `[a-zA-Z0-9_-]`, at most 64.
fn tool_id(id: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    id.chars().take(64).map(allowed).collect()
}
