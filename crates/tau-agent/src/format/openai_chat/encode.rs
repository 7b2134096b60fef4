//! Writing requests.
//!
//! The messages stand last in the body, so that the bytes of a turn begin with the bytes of the turn before.

use serde_json::{Map, Value, json};
use tau_core::config::{MaxTokensField, ReasoningReplay, SeedField, StructuredOutput};
use tau_core::{ContentBlock, Image, ImageSource, Message, Reasoning, Role, ToolDefinition, ToolResultBlock};

use super::{ECHO_TEXT, NAME};
use crate::format::json::write_json;
use crate::format::{Ask, wire};
use crate::request::{WireBody, WireCache};

/// Ends the list of messages and the body.
const TAIL: &[u8] = b"]}";

pub(super) fn body(ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
    let system = wire::system(ask);
    let head = head(ask, &system);
    let replay = ask.quirks.reasoning_replay.unwrap_or_default();
    let messages = ask.request.messages;
    cache.body(head, messages, TAIL, |_, message, is_first, out| {
        let mut is_first = is_first && system.is_empty();
        for wire in wire_messages(message, replay) {
            if !std::mem::take(&mut is_first) {
                out.push(b',');
            }
            write_json(&wire, out);
        }
    })
}

fn head(ask: &Ask<'_>, system: &str) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("model".into(), ask.model.name.clone().into());
    fields.insert("stream".into(), true.into());
    if ask.quirks.stream_options.unwrap_or(true) {
        fields.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    put_tools(&mut fields, ask);
    put_output(&mut fields, ask);
    put_options(&mut fields, ask);
    let mut head = wire::open_list(&fields, "messages");
    if !system.is_empty() {
        write_json(&json!({ "role": "system", "content": system }), &mut head);
    }
    head
}

fn put_tools(fields: &mut Map<String, Value>, ask: &Ask<'_>) {
    if ask.request.tools.is_empty() {
        return;
    }
    fields.insert("tools".into(), ask.request.tools.iter().map(wire_tool).collect());
    if !ask.model.capabilities.parallel_tools {
        fields.insert("parallel_tool_calls".into(), false.into());
    }
}

fn put_output(fields: &mut Map<String, Value>, ask: &Ask<'_>) {
    let Some(output) = ask.request.output else { return };
    let format = match ask.quirks.structured_output.unwrap_or_default() {
        StructuredOutput::Schema => json!({
            "type": "json_schema",
            "json_schema": { "name": output.name, "schema": output.schema, "strict": output.is_strict() },
        }),
        StructuredOutput::Json => json!({ "type": "json_object" }),
        _ => return,
    };
    fields.insert("response_format".into(), format);
}

fn put_options(fields: &mut Map<String, Value>, ask: &Ask<'_>) {
    let (options, quirks) = (ask.options, ask.quirks);
    let max_tokens = match quirks.max_tokens_field.unwrap_or_default() {
        MaxTokensField::MaxCompletionTokens => "max_completion_tokens",
        _ => "max_tokens",
    };
    let seed = match quirks.seed_field.unwrap_or_default() {
        SeedField::RandomSeed => "random_seed",
        _ => "seed",
    };
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    put("temperature", options.temperature.map(Value::from));
    put("top_p", options.top_p.map(Value::from));
    put(max_tokens, wire::max_tokens(ask).map(Value::from));
    put(seed, options.seed.map(Value::from));
    put("stop", options.stop.clone().map(Value::from));
    put("reasoning_effort", options.reasoning_effort.map(|effort| effort.as_str().into()));
    for (key, value) in wire::extra(options) {
        wire::merge(fields, key, value);
    }
}

fn wire_tool(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function",
        "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
    })
}

/// What a message becomes: one wire message, or one for each tool result.
fn wire_messages(message: &Message, replay: ReasoningReplay) -> Vec<Map<String, Value>> {
    match message.role {
        Role::Tool => tool_messages(message),
        Role::Assistant => vec![assistant_message(message, replay)],
        Role::System => vec![plain_message("system", message)],
        _ => vec![plain_message("user", message)],
    }
}

fn object(role: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("role".into(), role.into());
    fields
}

/// Text as a string where it can be one: older servers know no parts.
fn plain_message(role: &str, message: &Message) -> Map<String, Value> {
    let mut fields = object(role);
    let content = match &*message.content {
        [ContentBlock::Text { text }] => text.clone().into(),
        blocks => blocks.iter().filter_map(wire_part).collect(),
    };
    fields.insert("content".into(), content);
    fields
}

fn wire_part(block: &ContentBlock) -> Option<Value> {
    match block {
        ContentBlock::Text { text } => Some(json!({ "type": "text", "text": text })),
        ContentBlock::Image(image) => Some(wire_image(image)),
        _ => None,
    }
}

/// A picture, or a document by its media type.
fn wire_image(image: &Image) -> Value {
    let url = wire::image_url(image);
    match &image.source {
        ImageSource::Base64 { media_type, .. } if !media_type.starts_with("image/") => {
            json!({ "type": "file", "file": { "filename": wire::file_name(media_type), "file_data": url } })
        }
        _ => json!({ "type": "image_url", "image_url": { "url": url } }),
    }
}

fn assistant_message(message: &Message, replay: ReasoningReplay) -> Map<String, Value> {
    let mut fields = object("assistant");
    let text = message.text();
    let calls: Vec<Value> = message
        .tool_calls()
        .map(|call| {
            json!({
                "id": call.id, "type": "function",
                "function": { "name": wire::tool_name(&call.name), "arguments": wire::arguments(&call.arguments) },
            })
        })
        .collect();
    fields.insert(
        "content".into(),
        if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() },
    );
    let may_replay = match replay {
        ReasoningReplay::Never => false,
        ReasoningReplay::Always => true,
        _ => !calls.is_empty(),
    };
    if !calls.is_empty() {
        fields.insert("tool_calls".into(), calls.into());
    }
    for block in message.content.iter() {
        if let ContentBlock::Reasoning(reasoning) = block {
            echo(reasoning, may_replay, &mut fields);
        }
    }
    fields
}

/// What the provider wants back is echoed in the fields it came in; other formats' data stays here.
fn echo(reasoning: &Reasoning, may_replay: bool, fields: &mut Map<String, Value>) {
    if let Some(data) = &reasoning.data
        && data.format == NAME
        && let Ok(Value::Object(echo)) = serde_json::from_str(&data.json)
    {
        for (field, value) in echo {
            if value != ECHO_TEXT {
                fields.insert(field, value);
            } else if may_replay {
                fields.insert(field, reasoning.text.as_str().into());
            }
        }
    }
}

/// One message for each result, and one of the user's for images, which tool messages cannot hold.
fn tool_messages(message: &Message) -> Vec<Map<String, Value>> {
    let mut messages = Vec::new();
    let mut images = Vec::new();
    for result in message.tool_results() {
        let mut fields = object("tool");
        fields.insert("tool_call_id".into(), result.call_id.as_str().into());
        fields.insert("content".into(), result.text().into());
        messages.push(fields);
        images.extend(result.content.iter().filter_map(|block| match block {
            ToolResultBlock::Image(image) => Some(wire_image(image)),
            _ => None,
        }));
    }
    if !images.is_empty() {
        let mut fields = object("user");
        images
            .insert(0, json!({ "type": "text", "text": "The images of the tool results above, in order:" }));
        fields.insert("content".into(), images.into());
        messages.push(fields);
    }
    messages
}
