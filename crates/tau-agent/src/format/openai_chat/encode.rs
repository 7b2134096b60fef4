//! Writing requests.
//!
//! The messages stand last in the body, so that the bytes of a turn begin with the bytes of the turn before.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tau_core::config::ModelOptions;
use tau_core::{
    ContentBlock, Image, ImageSource, Message, Model, Role, ToolArguments, ToolDefinition, ToolResultBlock,
};

use super::{ECHO_TEXT, NAME};
use crate::request::{ChatRequest, WireBody, WireCache};

/// Ends the list of messages and the body.
const TAIL: &[u8] = b"]}";

pub(super) fn body(
    model: &Model,
    options: &ModelOptions,
    request: &ChatRequest<'_>,
    cache: &mut WireCache,
) -> WireBody {
    let head = head(model, options, request);
    let has_system = !request.system.is_empty();
    cache.body(head, request.messages, TAIL, |position, message, out| {
        for (part, wire) in wire_messages(message).iter().enumerate() {
            if has_system || position + part > 0 {
                out.push(b',');
            }
            write_json(wire, out);
        }
    })
}

fn head(model: &Model, options: &ModelOptions, request: &ChatRequest<'_>) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("model".into(), model.name.clone().into());
    fields.insert("stream".into(), true.into());
    fields.insert("stream_options".into(), json!({ "include_usage": true }));
    put_options(&mut fields, model, options);
    if !request.tools.is_empty() {
        fields.insert("tools".into(), request.tools.iter().map(wire_tool).collect());
    }
    let mut head = Vec::new();
    write_json(&fields, &mut head);
    head.pop(); // the closing brace: messages follow
    head.extend_from_slice(b",\"messages\":[");
    if !request.system.is_empty() {
        write_json(&json!({ "role": "system", "content": request.system }), &mut head);
    }
    head
}

fn put_options(fields: &mut Map<String, Value>, model: &Model, options: &ModelOptions) {
    let mut put = |key: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(key.to_owned(), value);
        }
    };
    put("temperature", options.temperature.map(Value::from));
    put("top_p", options.top_p.map(Value::from));
    put("max_tokens", options.max_tokens.or(model.capabilities.max_output).map(Value::from));
    put("seed", options.seed.map(Value::from));
    put("stop", options.stop.clone().map(Value::from));
    put("reasoning_effort", options.reasoning_effort.map(|effort| effort.as_str().into()));
    for (key, value) in &options.extra {
        fields.insert(key.clone(), value.clone());
    }
}

fn wire_tool(tool: &ToolDefinition) -> Value {
    json!({
        "type": "function",
        "function": { "name": tool.name, "description": tool.description, "parameters": tool.parameters },
    })
}

/// What a message becomes: one wire message, or one for each tool result.
fn wire_messages(message: &Message) -> Vec<Map<String, Value>> {
    match message.role {
        Role::Tool => tool_messages(message),
        Role::Assistant => vec![assistant_message(message)],
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

fn wire_image(image: &Image) -> Value {
    let url = match &image.source {
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        ImageSource::Url { url } => url.clone(),
        _ => String::new(),
    };
    json!({ "type": "image_url", "image_url": { "url": url } })
}

fn assistant_message(message: &Message) -> Map<String, Value> {
    let mut fields = object("assistant");
    let text = message.text();
    let calls: Vec<Value> = message
        .tool_calls()
        .map(|call| {
            json!({
                "id": call.id, "type": "function",
                "function": { "name": wire_name(&call.name), "arguments": wire_arguments(&call.arguments) },
            })
        })
        .collect();
    fields.insert(
        "content".into(),
        if text.is_empty() && !calls.is_empty() { Value::Null } else { text.into() },
    );
    if !calls.is_empty() {
        fields.insert("tool_calls".into(), calls.into());
    }
    // What the provider wants back is echoed in the fields it came in; other formats' data stays here.
    for block in message.content.iter() {
        if let ContentBlock::Reasoning(reasoning) = block
            && let Some(data) = &reasoning.data
            && data.format == NAME
            && let Ok(Value::Object(echo)) = serde_json::from_str(&data.json)
        {
            let text = || Value::from(reasoning.text.as_str());
            fields.extend(echo.into_iter().map(|(field, value)| {
                let value = if value == ECHO_TEXT { text() } else { value };
                (field, value)
            }));
        }
    }
    fields
}

/// The name as the model wrote it, where it can be a tool's. Servers refuse other names, for every request of the
/// session from then on. The call itself was refused, and the model was told.
fn wire_name(name: &str) -> String {
    const MOST: usize = 64;
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    let name: String = name.chars().take(MOST).map(allowed).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// The arguments as the model wrote them. Servers parse the arguments of *past* calls to render their prompt
/// and fail on text that is no JSON object, for every request of the session from then on; so such text is sent
/// inside an object. The call itself was refused, and the model was told.
fn wire_arguments(arguments: &ToolArguments) -> String {
    match arguments.value() {
        Ok(_) if arguments.raw().trim().is_empty() => "{}".to_owned(),
        Ok(Value::Object(_)) => arguments.raw().to_owned(),
        _ => json!({ "invalid_json": arguments.raw() }).to_string(),
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

/// Writing to memory cannot fail, and neither can these types, whose keys are strings.
fn write_json(value: &impl Serialize, out: &mut Vec<u8>) {
    let written = serde_json::to_writer(&mut *out, value);
    debug_assert!(written.is_ok(), "JSON of plain values is always writable");
}
