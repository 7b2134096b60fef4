//! Writing requests.
//!
//! The items of the input stand last in the body, so that the bytes of a turn begin with the bytes of the turn before.

use serde_json::{Map, Value, json};
use tau_core::config::{ReasoningEffort, ReasoningReplay, StructuredOutput};
use tau_core::{
    ContentBlock, Image, ImageSource, Message, Reasoning, Role, ToolDefinition, ToolResult, ToolResultBlock,
};

use super::NAME;
use crate::format::echo::{self, Echo};
use crate::format::json::{ObjectWriter, write_json};
use crate::format::{Ask, wire};
use crate::request::{WireBody, WireCache};

/// Ends the list of items and the body.
const TAIL: &[u8] = b"]}";

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let writer = ItemWriter { replay: ask.quirks.reasoning_replay.unwrap_or_default() };
    let messages = ask.request.messages;
    cache.body(head(ask), messages, TAIL, |_, message, mut is_first, out| {
        for item in writer.items(message) {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            out.extend_from_slice(&item);
        }
    })
}

fn head(ask: &Ask<'_>) -> Vec<u8> {
    let (options, request) = (ask.options, ask.request);
    let mut fields = Map::new();
    fields.insert("model".into(), ask.model.name.clone().into());
    fields.insert("stream".into(), true.into());
    fields.insert("store".into(), false.into());
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    let system = wire::system(ask);
    put("instructions", (!system.is_empty()).then(|| system.into()));
    put("temperature", options.temperature.map(Value::from));
    put("top_p", options.top_p.map(Value::from));
    put("max_output_tokens", wire::max_tokens(ask).map(Value::from));
    put("reasoning", options.reasoning_effort.map(|effort| json!({ "effort": effort.as_str() })));
    // Models that do not reason refuse to be asked for it.
    put("include", reasons(ask).then(|| json!(["reasoning.encrypted_content"])));
    if !request.tools.is_empty() {
        put("tools", Some(request.tools.iter().map(tool).collect()));
        put("parallel_tool_calls", (!ask.model.capabilities.parallel_tools).then(|| false.into()));
    }
    if let Some(output) = request.output {
        let format = match ask.quirks.structured_output.unwrap_or_default() {
            StructuredOutput::Schema => Some(json!({
                "type": "json_schema", "name": output.name, "schema": output.schema,
                "strict": output.is_strict(),
            })),
            StructuredOutput::Json => Some(json!({ "type": "json_object" })),
            _ => None,
        };
        put("text", format.map(|format| json!({ "format": format })));
    }
    for (key, value) in wire::extra(options) {
        wire::merge(&mut fields, key, value);
    }
    wire::open_list(&fields, "input")
}

/// Whether the model reasons: because it is configured so, or is one of those known to.
fn reasons(ask: &Ask<'_>) -> bool {
    let is_asked = ask.options.reasoning_effort.is_some_and(|effort| effort != ReasoningEffort::None);
    let name = ask.model.name.rsplit('/').next().unwrap_or_default();
    let version = |prefix: &str| {
        let rest = name.strip_prefix(prefix)?;
        rest.split(['-', '.']).next()?.parse::<u32>().ok()
    };
    is_asked
        || ask.model.capabilities.reasoning
        || version("o").is_some()
        || version("gpt-").is_some_and(|major| major >= 5) && !name.contains("chat")
        || version("grok-").is_some_and(|major| major >= 4) && !name.contains("non-reasoning")
}

/// Not strict: that mode takes a part of JSON Schema alone.
fn tool(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function", "name": tool.name, "description": tool.description,
        "parameters": tool.parameters, "strict": false,
    })
}

/// Writes messages as items.
struct ItemWriter {
    replay: ReasoningReplay,
}

impl ItemWriter {
    fn items(&self, message: &Message) -> Vec<Vec<u8>> {
        match message.role {
            Role::Tool => message.tool_results().map(result_item).collect(),
            Role::Assistant => self.assistant_items(message),
            Role::System => vec![plain_item("system", message)],
            _ => vec![plain_item("user", message)],
        }
    }

    fn assistant_items(&self, message: &Message) -> Vec<Vec<u8>> {
        let called = message.tool_calls().next().is_some();
        let mut items = Vec::new();
        // What belongs to the item that comes next.
        let mut beside = "";
        for block in message.content.iter() {
            let mut item = Vec::new();
            match block {
                ContentBlock::Text { text } => {
                    let fields = std::mem::take(&mut beside);
                    if !text.is_empty() {
                        ObjectWriter::new(&mut item)
                            .field("type", "message")
                            .field("role", "assistant")
                            .field("content", text)
                            .fields(fields)
                            .end();
                    }
                }
                ContentBlock::ToolCall(call) => ObjectWriter::new(&mut item)
                    .field("type", "function_call")
                    .field("call_id", &call.id)
                    .field("name", &wire::tool_name(&call.name))
                    .field("arguments", &wire::arguments(&call.arguments))
                    .fields(std::mem::take(&mut beside))
                    .end(),
                ContentBlock::Reasoning(reasoning) => match echo::read(NAME, reasoning) {
                    Some(Echo::Next(fields)) => beside = fields,
                    Some(Echo::Whole(json)) if self.replays(reasoning, json, called) => {
                        item.extend_from_slice(json.as_bytes());
                    }
                    _ => {}
                },
                _ => {}
            }
            if !item.is_empty() {
                items.push(item);
            }
        }
        items
    }

    /// A server that keeps nothing cannot find reasoning by its id: it goes back when its content is in it, encrypted
    /// or, by the rule for words, in words.
    fn replays(&self, reasoning: &Reasoning, json: &str, called: bool) -> bool {
        let item: Value = serde_json::from_str(json).unwrap_or_default();
        if item["type"] != "reasoning" || item["encrypted_content"].is_string() {
            return true;
        }
        let has_words = !reasoning.text.is_empty() && item["content"].is_array();
        match self.replay {
            ReasoningReplay::Never => false,
            ReasoningReplay::Always => !reasoning.text.is_empty(),
            _ => called && has_words,
        }
    }
}

fn plain_item(role: &str, message: &Message) -> Vec<u8> {
    let mut item = Vec::new();
    let mut writer = ObjectWriter::new(&mut item);
    writer.field("type", "message").field("role", role);
    match &*message.content {
        [ContentBlock::Text { text }] => writer.field("content", text),
        blocks => writer.field("content", &blocks.iter().filter_map(part).collect::<Vec<_>>()),
    };
    writer.end();
    item
}

fn part(block: &ContentBlock) -> Option<Value> {
    match block {
        ContentBlock::Text { text } => Some(json!({ "type": "input_text", "text": text })),
        ContentBlock::Image(image) => Some(image_part(image)),
        _ => None,
    }
}

/// A picture, or a document by its media type.
fn image_part(image: &Image) -> Value {
    let url = wire::image_url(image);
    match &image.source {
        ImageSource::Base64 { media_type, .. } if !media_type.starts_with("image/") => {
            json!({ "type": "input_file", "filename": wire::file_name(media_type), "file_data": url })
        }
        ImageSource::Url { url } if wire::is_pdf(url) => json!({ "type": "input_file", "file_url": url }),
        _ => json!({ "type": "input_image", "image_url": url, "detail": "auto" }),
    }
}

fn result_item(result: &ToolResult) -> Vec<u8> {
    let has_image = result.content.iter().any(|block| matches!(block, ToolResultBlock::Image(_)));
    let output: Value = if has_image {
        let parts = result.content.iter().filter_map(|block| match block {
            ToolResultBlock::Text { text } => Some(json!({ "type": "input_text", "text": text })),
            ToolResultBlock::Json { value } => {
                Some(json!({ "type": "input_text", "text": value.to_string() }))
            }
            ToolResultBlock::Image(image) => Some(image_part(image)),
            _ => None,
        });
        parts.collect()
    } else {
        result.text().into()
    };
    let mut item = Vec::new();
    write_json(
        &json!({ "type": "function_call_output", "call_id": result.call_id, "output": output }),
        &mut item,
    );
    item
}
