//! Writing requests.
//!
//! A wire message is left open until one of the other role comes: what users and tools say one after the other is
//! one message, as the interface wants it, and what is written is still only added to.

use serde_json::{Map, Value, json};
use tau_core::config::{ReasoningReplay, StructuredOutput};
use tau_core::{
    ContentBlock, Image, ImageSource, Message, Reasoning, Role, ToolCall, ToolDefinition, ToolResult,
    ToolResultBlock,
};

use super::{NAME, thinking};

use crate::format::echo::{self, Echo};
use crate::format::json::{ObjectWriter, write_json};
use crate::format::{Ask, wire};
use crate::request::{Marks, WireBody, WireCache};

/// The interface wants a limit; this one every model since Claude 3.5 allows.
const MAX_TOKENS: u64 = 8192;

/// Goes before the last byte of a block, its closing brace.
const CACHE_MARK: &[u8] = br#","cache_control":{"type":"ephemeral"}"#;

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let writer = MessageWriter { replay: ask.quirks.reasoning_replay.unwrap_or_default() };
    let messages = ask.request.messages;
    let tail: &[u8] = if messages.iter().any(|message| writer.writes(message)) { b"]}]}" } else { b"]}" };
    let has_marks = ask.quirks.cache_markers.unwrap_or(true);
    let marked = if has_marks { ends_of_turns(messages, &writer) } else { Vec::new() };
    let encode = |position: usize, message: &Message, _, out: &mut Vec<u8>| {
        let before = messages[..position].iter().rev().find(|message| writer.writes(message));
        writer.message(before.map(|message| &**message), message, out);
    };
    cache.body_with_marks(head(ask, has_marks), messages, tail, encode, &Marks::new(&marked, 1, CACHE_MARK))
}

fn head(ask: &Ask<'_>, has_marks: bool) -> Vec<u8> {
    let (options, request) = (ask.options, ask.request);
    let max_tokens = wire::max_tokens(ask).unwrap_or(MAX_TOKENS);
    let mut fields = Map::new();
    fields.insert("model".into(), ask.model.name.clone().into());
    fields.insert("stream".into(), true.into());
    fields.insert("max_tokens".into(), max_tokens.into());
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    put("temperature", options.temperature.map(Value::from));
    put("top_p", options.top_p.map(Value::from));
    put("stop_sequences", options.stop.clone().map(Value::from));
    if let Some(effort) = options.reasoning_effort {
        thinking::put(&mut fields, &ask.model.name, effort, max_tokens);
    }
    if let Some(output) = request.output
        && ask.quirks.structured_output.unwrap_or_default() == StructuredOutput::Schema
    {
        let format = json!({ "format": { "type": "json_schema", "schema": closed(&output.schema) } });
        wire::merge(&mut fields, "output_config", &format);
    }
    put_prefix(&mut fields, ask, has_marks);
    for (key, value) in wire::extra(options) {
        wire::merge(&mut fields, key, value);
    }
    wire::open_list(&fields, "messages")
}

/// Tools and system, which are the prompt's beginning: a mark at the end of each, so that sessions that share the tools
/// alone share their place in the cache too. With the two of the messages these are the four marks allowed.
fn put_prefix(fields: &mut Map<String, Value>, ask: &Ask<'_>, has_marks: bool) {
    let mark = |block: &mut Value| {
        if has_marks {
            block["cache_control"] = json!({ "type": "ephemeral" });
        }
    };
    let mut tools: Vec<Value> = ask.request.tools.iter().map(tool).collect();
    if let Some(last) = tools.last_mut() {
        mark(last);
        fields.insert("tools".into(), tools.into());
        if !ask.model.capabilities.parallel_tools {
            let choice = json!({ "type": "auto", "disable_parallel_tool_use": true });
            fields.insert("tool_choice".into(), choice);
        }
    }
    let system = wire::system(ask);
    if !system.trim().is_empty() {
        let mut block = json!({ "type": "text", "text": system });
        mark(&mut block);
        fields.insert("system".into(), json!([block]));
    }
}

fn tool(tool: &ToolDefinition) -> Value {
    json!({ "name": tool.name, "description": tool.description, "input_schema": tool.parameters })
}

/// The schema with every object closed, which the interface insists on.
fn closed(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut fields: Map<String, Value> =
                fields.iter().map(|(key, value)| (key.clone(), closed(value))).collect();
            if fields.get("type").is_some_and(|kind| kind == "object") {
                fields.entry("additionalProperties").or_insert(Value::Bool(false));
            }
            Value::Object(fields)
        }
        Value::Array(items) => items.iter().map(closed).collect(),
        other => other.clone(),
    }
}

/// The last message of the user's side, and the one that was it when the model was asked before: the first is where
/// the cache is written, the second where it was.
fn ends_of_turns(messages: &[std::sync::Arc<Message>], writer: &MessageWriter) -> Vec<usize> {
    let is_users = |position: &usize| {
        let message = &messages[*position];
        message.role != Role::Assistant && writer.writes(message)
    };
    let Some(last) = (0..messages.len()).rev().find(is_users) else { return Vec::new() };
    let model = (0..last).rev().find(|position| messages[*position].role == Role::Assistant);
    let before = model.and_then(|model| (0..model).rev().find(is_users));
    before.into_iter().chain([last]).collect()
}

/// Writes messages as blocks.
struct MessageWriter {
    replay: ReasoningReplay,
}

impl MessageWriter {
    /// Whether anything of a message is written: empty texts are refused.
    fn writes(&self, message: &Message) -> bool {
        message.content.iter().any(|block| match block {
            ContentBlock::Text { text } => !text.trim().is_empty(),
            ContentBlock::Image(_) | ContentBlock::ToolCall(_) | ContentBlock::ToolResult(_) => true,
            ContentBlock::Reasoning(reasoning) => match echo::read(NAME, reasoning) {
                Some(Echo::With(_) | Echo::Whole(_)) => true,
                Some(Echo::Next(_)) => false,
                None => self.replays(reasoning),
            },
            _ => false,
        })
    }

    /// Words without a signature: Anthropic refuses them, others may want them.
    fn replays(&self, reasoning: &Reasoning) -> bool {
        self.replay == ReasoningReplay::Always && reasoning.data.is_none() && !reasoning.text.is_empty()
    }

    fn message(&self, before: Option<&Message>, message: &Message, out: &mut Vec<u8>) {
        if !self.writes(message) {
            return;
        }
        let role = wire_role(message);
        match before.map(wire_role) {
            Some(open) if open == role => out.push(b','),
            other => {
                if other.is_some() {
                    out.extend_from_slice(b"]},");
                }
                out.extend_from_slice(format!(r#"{{"role":"{role}","content":["#).as_bytes());
            }
        }
        self.blocks(message, out);
    }

    fn blocks(&self, message: &Message, out: &mut Vec<u8>) {
        let start = out.len();
        // What belongs to the block that comes next.
        let mut beside = "";
        for block in message.content.iter() {
            let end = out.len();
            if end > start {
                out.push(b',');
            }
            let separated = out.len();
            match block {
                ContentBlock::Text { text } => {
                    let fields = std::mem::take(&mut beside);
                    if !text.trim().is_empty() {
                        text_block(text, fields, out);
                    }
                }
                ContentBlock::Image(image) => image_block(image, out),
                ContentBlock::ToolCall(call) => call_block(call, std::mem::take(&mut beside), out),
                ContentBlock::ToolResult(result) => result_block(result, out),
                ContentBlock::Reasoning(reasoning) => match echo::read(NAME, reasoning) {
                    Some(Echo::Next(fields)) => beside = fields,
                    Some(Echo::Whole(block)) => out.extend_from_slice(block.as_bytes()),
                    Some(Echo::With(fields)) => thinking_block(&reasoning.text, fields, out),
                    None if self.replays(reasoning) => {
                        thinking_block(&reasoning.text, r#"{"signature":""}"#, out);
                    }
                    None => {}
                },
                _ => {}
            }
            if out.len() == separated {
                out.truncate(end);
            }
        }
    }
}

fn wire_role(message: &Message) -> &'static str {
    if message.role == Role::Assistant { "assistant" } else { "user" }
}

fn text_block(text: &str, beside: &str, out: &mut Vec<u8>) {
    ObjectWriter::new(out).field("type", "text").field("text", text).fields(beside).end();
}

fn thinking_block(text: &str, fields: &str, out: &mut Vec<u8>) {
    ObjectWriter::new(out).field("type", "thinking").field("thinking", text).fields(fields).end();
}

fn call_block(call: &ToolCall, beside: &str, out: &mut Vec<u8>) {
    ObjectWriter::new(out)
        .field("type", "tool_use")
        .field("id", &tool_id(call.id.as_str()))
        .field("name", &wire::tool_name(&call.name))
        .raw("input", &wire::arguments(&call.arguments))
        .fields(beside)
        .end();
}

fn result_block(result: &ToolResult, out: &mut Vec<u8>) {
    let mut writer = ObjectWriter::new(out);
    writer.field("type", "tool_result").field("tool_use_id", &tool_id(result.call_id.as_str()));
    let mut content = Vec::new();
    for block in result.content.iter() {
        let start = content.len();
        if start > 0 {
            content.push(b',');
        }
        let separated = content.len();
        match block {
            ToolResultBlock::Image(image) => image_block(image, &mut content),
            ToolResultBlock::Text { text } if text.trim().is_empty() => {}
            ToolResultBlock::Text { text } => text_block(text, "", &mut content),
            ToolResultBlock::Json { value } => text_block(&value.to_string(), "", &mut content),
            _ => {}
        }
        if content.len() == separated {
            content.truncate(start);
        }
    }
    if content.is_empty() && result.is_error {
        // The interface refuses an error without words.
        text_block("(it said nothing)", "", &mut content);
    }
    let list = writer.key("content");
    list.push(b'[');
    list.extend_from_slice(&content);
    list.push(b']');
    if result.is_error {
        writer.field("is_error", &true);
    }
    writer.end();
}

/// A picture, or a document by its media type.
fn image_block(image: &Image, out: &mut Vec<u8>) {
    let (kind, source) = match &image.source {
        ImageSource::Base64 { media_type, data } if media_type == "text/plain" => {
            // The one kind of document that is not sent in base64.
            let text = wire::base64_text(data);
            ("document", json!({ "type": "text", "media_type": media_type, "data": text }))
        }
        ImageSource::Base64 { media_type, data } => {
            let kind = if media_type == "application/pdf" { "document" } else { "image" };
            (kind, json!({ "type": "base64", "media_type": media_type, "data": data }))
        }
        ImageSource::Url { url } => {
            let kind = if wire::is_pdf(url) { "document" } else { "image" };
            (kind, json!({ "type": "url", "url": url }))
        }
        _ => return,
    };
    write_json(&json!({ "type": kind, "source": source }), out);
}

/// An id as the interface takes it; ids of other providers may hold other characters.
fn tool_id(id: &str) -> String {
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    id.chars().map(allowed).collect()
}
