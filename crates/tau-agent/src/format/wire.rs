//! What the formats write alike.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use tau_core::config::{ModelOptions, Quirks, StructuredOutput};
use tau_core::{Image, ImageSource, Message, ToolArguments, ToolCallId};

use super::Ask;
use super::json::write_json;

/// The name as the model wrote it, where it can be a tool's. Servers refuse other names, for every request of the
/// session from then on. The call itself was refused, and the model was told.
pub(super) fn tool_name(name: &str) -> String {
    const MOST: usize = 64;
    let allowed = |c: char| if c.is_ascii_alphanumeric() || "_-".contains(c) { c } else { '_' };
    let name: String = name.chars().take(MOST).map(allowed).collect();
    if name.is_empty() { "unnamed".to_owned() } else { name }
}

/// The arguments as the model wrote them. Servers parse the arguments of *past* calls to render their prompt
/// and fail on text that is no JSON object, for every request of the session from then on; so such text is sent
/// inside an object. The call itself was refused, and the model was told.
pub(super) fn arguments(arguments: &ToolArguments) -> String {
    match arguments.value() {
        Ok(_) if arguments.raw().trim().is_empty() => "{}".to_owned(),
        Ok(Value::Object(_)) => arguments.raw().to_owned(),
        _ => json!({ "invalid_json": arguments.raw() }).to_string(),
    }
}

/// The address of a picture, or its bytes as one.
pub(super) fn image_url(image: &Image) -> String {
    match &image.source {
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        ImageSource::Url { url } => url.clone(),
        _ => String::new(),
    }
}

/// The most tokens of a reply: what was asked for, or else all the model can.
pub(super) fn max_tokens(ask: &Ask<'_>) -> Option<u64> {
    ask.options.max_tokens.or(ask.model.capabilities.max_output)
}

/// The fields that a user adds to a request, one by one.
pub(super) fn extra(options: &ModelOptions) -> impl Iterator<Item = (&str, &Value)> {
    options.extra.iter().map(|(key, value)| (key.as_str(), value))
}

/// The instructions, with the schema of the output in words where the server is not given it.
pub(super) fn system(ask: &Ask<'_>) -> String {
    let system = ask.request.system.to_owned();
    let Some(output) = ask.request.output.filter(|_| told_in_words(ask.quirks)) else { return system };
    let separator = if system.is_empty() { "" } else { "\n\n" };
    let schema = &output.schema;
    format!(
        "{system}{separator}Answer with JSON alone, no other text, that follows this JSON Schema:\n{schema}"
    )
}

fn told_in_words(quirks: &Quirks) -> bool {
    quirks.structured_output.unwrap_or_default() != StructuredOutput::Schema
}

/// Lays a value over that of a field: objects are joined, anything else is replaced.
pub(super) fn merge(fields: &mut Map<String, Value>, key: &str, over: &Value) {
    match (fields.get_mut(key), over) {
        (Some(Value::Object(held)), Value::Object(over)) => {
            for (key, value) in over {
                merge(held, key, value);
            }
        }
        _ => {
            fields.insert(key.to_owned(), over.clone());
        }
    }
}

/// An object that ends with a list, up to the list's beginning.
pub(super) fn open_list(fields: &Map<String, Value>, list: &str) -> Vec<u8> {
    let mut head = Vec::new();
    write_json(fields, &mut head);
    head.pop(); // the closing brace
    if !fields.is_empty() {
        head.push(b',');
    }
    write_json(&list, &mut head);
    head.extend_from_slice(b":[");
    head
}

/// The name of a document of a media type. Servers tell its kind by the ending.
pub(super) fn file_name(media_type: &str) -> &'static str {
    if media_type == "application/pdf" { "document.pdf" } else { "document.txt" }
}

/// The text that is held in base64, as far as it is some.
pub(super) fn base64_text(data: &str) -> String {
    let bytes = BASE64_STANDARD.decode(data).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether an address looks like that of a PDF document.
pub(super) fn is_pdf(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.to_ascii_lowercase().ends_with(".pdf")
}

/// The tool of a call, which is asked for among the messages before its result.
pub(super) fn called_tool<'a>(before: &'a [Arc<Message>], id: &ToolCallId) -> Option<&'a str> {
    let mut calls = before.iter().rev().flat_map(|message| message.tool_calls());
    calls.find(|call| call.id == *id).map(|call| call.name.as_str())
}

/// The media type of what an address ends in, as far as that tells.
pub(super) fn media_type(url: &str) -> &'static str {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    match path.rsplit('.').next().unwrap_or_default() {
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        _ => "image/png",
    }
}
