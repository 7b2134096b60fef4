//! Writing requests.
//!
//! The steps of the input stand last in the body, so that the bytes of a turn begin with the bytes of the turn before.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tau_core::config::{ReasoningEffort, StructuredOutput};
use tau_core::{
    ContentBlock, Image, ImageSource, Message, Reasoning, Role, ToolDefinition, ToolResult, ToolResultBlock,
};

use super::NAME;
use crate::format::echo::{self, Echo};
use crate::format::gemini::thinking::level;
use crate::format::json::ObjectWriter;
use crate::format::{Ask, wire};
use crate::request::{WireBody, WireCache};

/// Ends the list of steps and the body.
const TAIL: &[u8] = b"]}";

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let messages = ask.request.messages;
    cache.body(head(ask), messages, TAIL, |position, message, mut is_first, out| {
        for step in steps(&messages[..position], message) {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            out.extend_from_slice(&step);
        }
    })
}

fn head(ask: &Ask<'_>) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("model".into(), ask.model.name.clone().into());
    fields.insert("stream".into(), true.into());
    fields.insert("store".into(), false.into());
    let system = wire::system(ask);
    if !system.is_empty() {
        fields.insert("system_instruction".into(), system.into());
    }
    if !ask.request.tools.is_empty() {
        fields.insert("tools".into(), ask.request.tools.iter().map(tool).collect());
    }
    let generation = generation(ask);
    if !generation.is_empty() {
        fields.insert("generation_config".into(), generation.into());
    }
    if let Some(output) = ask.request.output {
        let kind = ask.quirks.structured_output.unwrap_or_default();
        let mut format = json!({ "type": "text", "mime_type": "application/json" });
        if kind == StructuredOutput::Schema {
            format["schema"] = output.schema.clone();
        }
        if kind != StructuredOutput::Prompt {
            fields.insert("response_format".into(), format);
        }
    }
    for (key, value) in wire::extra(ask.options) {
        wire::merge(&mut fields, key, value);
    }
    wire::open_list(&fields, "input")
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
    put("top_p", options.top_p.map(Value::from));
    put("max_output_tokens", wire::max_tokens(ask).map(Value::from));
    put("seed", options.seed.map(Value::from));
    put("stop_sequences", options.stop.clone().map(Value::from));
    if let Some(effort) = options.reasoning_effort {
        put("thinking_level", Some(level(&ask.model.name, effort).into()));
        put("thinking_summaries", (effort != ReasoningEffort::None).then(|| "auto".into()));
    }
    fields
}

fn tool(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters,
    })
}

fn steps(before: &[Arc<Message>], message: &Message) -> Vec<Vec<u8>> {
    match message.role {
        Role::Tool => message.tool_results().map(|result| result_step(before, result)).collect(),
        Role::Assistant => model_steps(message),
        _ => {
            let content: Vec<Value> = message.content.iter().filter_map(part).collect();
            let mut step = Vec::new();
            ObjectWriter::new(&mut step).field("type", "user_input").field("content", &content).end();
            if content.is_empty() { Vec::new() } else { vec![step] }
        }
    }
}

fn model_steps(message: &Message) -> Vec<Vec<u8>> {
    let mut steps = Vec::new();
    // What belongs to the step that comes next.
    let mut beside = "";
    for block in message.content.iter() {
        let mut step = Vec::new();
        match block {
            ContentBlock::Text { text } => {
                let fields = std::mem::take(&mut beside);
                if !text.is_empty() {
                    ObjectWriter::new(&mut step)
                        .field("type", "model_output")
                        .field("content", &json!([{ "type": "text", "text": text }]))
                        .fields(fields)
                        .end();
                }
            }
            ContentBlock::ToolCall(call) => ObjectWriter::new(&mut step)
                .field("type", "function_call")
                .field("id", &call.id)
                .field("name", &wire::tool_name(&call.name))
                .raw("arguments", &wire::arguments(&call.arguments))
                .fields(std::mem::take(&mut beside))
                .end(),
            ContentBlock::Reasoning(reasoning) => match echo::read(NAME, reasoning) {
                Some(Echo::Next(fields)) => beside = fields,
                Some(Echo::Whole(json)) => step.extend_from_slice(json.as_bytes()),
                Some(Echo::With(fields)) => thought_step(reasoning, fields, &mut step),
                None => {}
            },
            _ => {}
        }
        if !step.is_empty() {
            steps.push(step);
        }
    }
    steps
}

fn thought_step(reasoning: &Reasoning, fields: &str, out: &mut Vec<u8>) {
    let mut writer = ObjectWriter::new(out);
    writer.field("type", "thought").fields(fields);
    if !reasoning.text.is_empty() {
        writer.field("summary", &json!([{ "type": "text", "text": reasoning.text }]));
    }
    writer.end();
}

fn part(block: &ContentBlock) -> Option<Value> {
    match block {
        ContentBlock::Text { text } => Some(json!({ "type": "text", "text": text })),
        ContentBlock::Image(image) => image_part(image),
        _ => None,
    }
}

/// A picture, or a document by its media type.
fn image_part(image: &Image) -> Option<Value> {
    let kind = |media_type: &str| if media_type.starts_with("image/") { "image" } else { "document" };
    match &image.source {
        ImageSource::Base64 { media_type, data } => {
            Some(json!({ "type": kind(media_type), "mime_type": media_type, "data": data }))
        }
        ImageSource::Url { url } => {
            let media_type = wire::media_type(url);
            Some(json!({ "type": kind(media_type), "mime_type": media_type, "uri": url }))
        }
        _ => None,
    }
}

fn result_step(before: &[Arc<Message>], result: &ToolResult) -> Vec<u8> {
    let parts = result.content.iter().filter_map(|block| match block {
        ToolResultBlock::Text { text } => Some(json!({ "type": "text", "text": text })),
        ToolResultBlock::Json { value } => Some(json!({ "type": "text", "text": value.to_string() })),
        ToolResultBlock::Image(image) => image_part(image),
        _ => None,
    });
    let name = wire::tool_name(wire::called_tool(before, &result.call_id).unwrap_or_default());
    let mut step = Vec::new();
    let mut writer = ObjectWriter::new(&mut step);
    writer
        .field("type", "function_result")
        .field("call_id", &result.call_id)
        .field("name", &name)
        .field("result", &parts.collect::<Vec<_>>());
    if result.is_error {
        writer.field("is_error", &true);
    }
    writer.end();
    step
}
