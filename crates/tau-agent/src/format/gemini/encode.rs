//! Writing requests.
//!
//! A wire message is left open until one of the other role comes, as the interface wants roles to take turns, and what
//! is written is still only added to.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tau_core::config::StructuredOutput;
use tau_core::{
    ContentBlock, Image, ImageSource, Message, Role, ToolCall, ToolDefinition, ToolResult, ToolResultBlock,
};

use super::{NAME, thinking};
use crate::attempt::is_made_id;
use crate::format::echo::{self, Echo};
use crate::format::json::{ObjectWriter, write_json};
use crate::format::{Ask, wire};
use crate::request::{WireBody, WireCache};

/// What a call may have in place of a signature when another model made it. Source: "Thought signatures", FAQ.
const FOREIGN_CALL: &str = r#"{"thoughtSignature":"skip_thought_signature_validator"}"#;

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let messages = ask.request.messages;
    let wants_signatures = thinking::has_levels(&ask.model.name);
    let tail: &[u8] = if messages.iter().any(|message| writes(message)) { b"]}]}" } else { b"]}" };
    cache.body(head(ask), messages, tail, |position, message, _, out| {
        if !writes(message) {
            return;
        }
        let before = &messages[..position];
        let role = wire_role(message);
        match before.iter().rev().find(|message| writes(message)).map(|message| wire_role(message)) {
            Some(open) if open == role => out.push(b','),
            other => {
                if other.is_some() {
                    out.extend_from_slice(b"]},");
                }
                out.extend_from_slice(format!(r#"{{"role":"{role}","parts":["#).as_bytes());
            }
        }
        let parts = parts(before, message, wants_signatures);
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            out.extend_from_slice(part);
        }
    })
}

fn head(ask: &Ask<'_>) -> Vec<u8> {
    let mut fields = Map::new();
    let system = wire::system(ask);
    if !system.is_empty() {
        fields.insert("systemInstruction".into(), json!({ "parts": [{ "text": system }] }));
    }
    if !ask.request.tools.is_empty() {
        let declarations: Value = ask.request.tools.iter().map(declaration).collect();
        fields.insert("tools".into(), json!([{ "functionDeclarations": declarations }]));
    }
    let generation = generation(ask);
    if !generation.is_empty() {
        fields.insert("generationConfig".into(), generation.into());
    }
    for (key, value) in wire::extra(ask.options) {
        wire::merge(&mut fields, key, value);
    }
    wire::open_list(&fields, "contents")
}

fn generation(ask: &Ask<'_>) -> Map<String, Value> {
    let options = ask.options;
    let mut fields = Map::new();
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    put("temperature", options.temperature.map(Value::from));
    put("topP", options.top_p.map(Value::from));
    put("maxOutputTokens", wire::max_tokens(ask).map(Value::from));
    put("seed", options.seed.map(Value::from));
    put("stopSequences", options.stop.clone().map(Value::from));
    put("thinkingConfig", options.reasoning_effort.map(|effort| thinking::config(&ask.model.name, effort)));
    if let Some(output) = ask.request.output {
        let kind = ask.quirks.structured_output.unwrap_or_default();
        put("responseMimeType", (kind != StructuredOutput::Prompt).then(|| "application/json".into()));
        put("responseJsonSchema", (kind == StructuredOutput::Schema).then(|| output.schema.clone()));
    }
    fields
}

fn declaration(tool: &ToolDefinition) -> Value {
    json!({
        "name": tool.name, "description": tool.description, "parametersJsonSchema": tool.parameters,
    })
}

fn wire_role(message: &Message) -> &'static str {
    if message.role == Role::Assistant { "model" } else { "user" }
}

/// Whether anything of a message is written.
fn writes(message: &Message) -> bool {
    message.content.iter().any(|block| match block {
        ContentBlock::Text { text } => !text.is_empty(),
        ContentBlock::Image(_) | ContentBlock::ToolCall(_) | ContentBlock::ToolResult(_) => true,
        ContentBlock::Reasoning(reasoning) => {
            matches!(echo::read(NAME, reasoning), Some(Echo::With(_) | Echo::Whole(_)))
        }
        _ => false,
    })
}

fn parts(before: &[Arc<Message>], message: &Message, wants_signatures: bool) -> Vec<Vec<u8>> {
    let mut parts = Vec::new();
    // What belongs to the part that comes next.
    let mut beside = "";
    let is_own = message.content.iter().any(
        |block| matches!(block, ContentBlock::Reasoning(r) if r.data.as_ref().is_some_and(|d| d.format == NAME)),
    );
    let mut foreign = if wants_signatures && !is_own { FOREIGN_CALL } else { "" };
    for block in message.content.iter() {
        let mut part = Vec::new();
        match block {
            ContentBlock::Text { text } => {
                let fields = std::mem::take(&mut beside);
                if !text.is_empty() {
                    ObjectWriter::new(&mut part).field("text", text).fields(fields).end();
                }
            }
            ContentBlock::Image(image) => image_part(image, &mut part),
            ContentBlock::ToolCall(call) => {
                let fields = [std::mem::take(&mut beside), std::mem::take(&mut foreign)];
                call_part(call, fields, &mut part);
            }
            ContentBlock::ToolResult(result) => result_parts(before, result, &mut parts),
            ContentBlock::Reasoning(reasoning) => match echo::read(NAME, reasoning) {
                Some(Echo::Next(fields)) => beside = fields,
                Some(Echo::Whole(json)) => part.extend_from_slice(json.as_bytes()),
                Some(Echo::With(fields)) => ObjectWriter::new(&mut part)
                    .field("text", &reasoning.text)
                    .field("thought", &true)
                    .fields(fields)
                    .end(),
                None => {}
            },
            _ => {}
        }
        if !part.is_empty() {
            parts.push(part);
        }
    }
    // The answers to calls come before anything else of the message.
    parts.sort_by_key(|part| !part.starts_with(br#"{"functionResponse""#) && message.role == Role::Tool);
    parts
}

fn call_part(call: &ToolCall, fields: [&str; 2], out: &mut Vec<u8>) {
    let mut writer = ObjectWriter::new(out);
    let function = writer.key("functionCall");
    let mut inner = ObjectWriter::new(function);
    if let Some(id) = own_id(call.id.as_str()) {
        inner.field("id", id);
    }
    inner.field("name", &wire::tool_name(&call.name)).raw("args", &wire::arguments(&call.arguments)).end();
    for fields in fields {
        writer.fields(fields);
    }
    writer.end();
}

/// The id, if a provider gave it: calls without one were given one here, and the provider pairs them by their order.
fn own_id(id: &str) -> Option<&str> {
    Some(id).filter(|id| !is_made_id(id))
}

fn result_parts(before: &[Arc<Message>], result: &ToolResult, parts: &mut Vec<Vec<u8>>) {
    let output = match &*result.content {
        [ToolResultBlock::Json { value }] => value.clone(),
        _ => result.text().into(),
    };
    let key = if result.is_error { "error" } else { "output" };
    let name = wire::tool_name(wire::called_tool(before, &result.call_id).unwrap_or_default());
    let mut part = Vec::new();
    let mut writer = ObjectWriter::new(&mut part);
    let mut inner = ObjectWriter::new(writer.key("functionResponse"));
    if let Some(id) = own_id(result.call_id.as_str()) {
        inner.field("id", id);
    }
    inner.field("name", &name).field("response", &json!({ key: output })).end();
    writer.end();
    parts.push(part);
    for block in result.content.iter() {
        if let ToolResultBlock::Image(image) = block {
            let mut part = Vec::new();
            image_part(image, &mut part);
            parts.push(part);
        }
    }
}

fn image_part(image: &Image, out: &mut Vec<u8>) {
    let part = match &image.source {
        ImageSource::Base64 { media_type, data } => {
            json!({ "inlineData": { "mimeType": media_type, "data": data } })
        }
        ImageSource::Url { url } => {
            let media_type = wire::media_type(url);
            json!({ "fileData": { "mimeType": media_type, "fileUri": url } })
        }
        _ => return,
    };
    write_json(&part, out);
}
