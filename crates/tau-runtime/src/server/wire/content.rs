//! The parts that a message is made of.

use serde_json::Value;
use tau_core::{
    ContentBlock, Image, ImageSource, Opaque, Reasoning, ToolArguments, ToolCall, ToolCallId, ToolResult,
    ToolResultBlock,
};
use tau_proto::buffa::bytes::Bytes;
use tau_proto::buffa::json_helpers::bytes as base64;
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::content_block::Block;
use tau_proto::runtime::v1::image::Source;
use tau_proto::runtime::v1::tool_result_block::Block as ResultBlock;

use super::error::{WireError, Within, read_all};
use crate::attach::encoded;
use crate::server::reason::Reason;

/// One part of a message.
pub(super) fn content_block(block: &ContentBlock) -> pb::ContentBlock {
    let block = match block {
        ContentBlock::Text { text } => Some(Block::Text(text.clone())),
        ContentBlock::Image(picture) => Some(image(picture).into()),
        ContentBlock::Reasoning(thought) => Some(reasoning(thought).into()),
        ContentBlock::ToolCall(call) => Some(tool_call(call).into()),
        ContentBlock::ToolResult(result) => Some(tool_result(result).into()),
        _ => None,
    };
    pb::ContentBlock { block, ..Default::default() }
}

pub(super) fn content(blocks: &[ContentBlock]) -> Vec<pb::ContentBlock> {
    blocks.iter().map(content_block).collect()
}

pub(super) fn read_block(wire: pb::ContentBlock) -> Result<ContentBlock, WireError> {
    Ok(match wire.block {
        Some(Block::Text(text)) => ContentBlock::Text { text },
        Some(Block::Image(image)) => ContentBlock::Image(read_image(image).within("image")?),
        Some(Block::Reasoning(reasoning)) => ContentBlock::Reasoning(read_reasoning(reasoning)),
        Some(Block::ToolCall(call)) => ContentBlock::ToolCall(read_tool_call(call)),
        Some(Block::ToolResult(result)) => {
            ContentBlock::ToolResult(read_tool_result(result).within("tool_result")?)
        }
        None => return Err(WireError::invalid("", "a block needs a kind that this version knows")),
    })
}

/// A picture. One whose data is no base64 has no source: nobody could see it.
fn image(image: &Image) -> pb::Image {
    let (media_type, source) = match &image.source {
        ImageSource::Base64 { media_type, data } => (media_type.clone(), decode(data).map(Source::Data)),
        ImageSource::Url { url } => (String::new(), Some(Source::Url(url.clone()))),
        _ => (String::new(), None),
    };
    pb::Image { media_type, source, ..Default::default() }
}

pub(super) fn read_image(wire: pb::Image) -> Result<Image, WireError> {
    match wire.source {
        Some(Source::Data(_)) if wire.media_type.is_empty() => {
            Err(WireError::new(Reason::InvalidContent, "media_type", "data needs its media type beside it"))
        }
        Some(Source::Data(data)) => Ok(picture(wire.media_type, &data)),
        Some(Source::Url(url)) => Ok(Image::url(url)),
        None => Err(WireError::invalid("", "a picture needs a source that this version knows")),
    }
}

/// A picture by its content.
pub(super) fn picture(media_type: impl Into<String>, data: &[u8]) -> Image {
    Image::base64(media_type, encoded(data))
}

fn decode(data: &str) -> Option<Bytes> {
    base64::deserialize(Value::from(data)).ok()
}

fn reasoning(reasoning: &Reasoning) -> pb::Reasoning {
    let data = reasoning.data.as_ref().map(|Opaque { format, json, .. }| pb::Opaque {
        format: format.clone(),
        json: json.clone(),
        ..Default::default()
    });
    pb::Reasoning { text: reasoning.text.clone(), data: data.into(), ..Default::default() }
}

fn read_reasoning(wire: pb::Reasoning) -> Reasoning {
    match wire.data.into_option() {
        Some(data) => Reasoning::with_data(wire.text, Opaque::new(data.format, data.json)),
        None => Reasoning::text(wire.text),
    }
}

/// A model's request to run a tool.
pub(super) fn tool_call(call: &ToolCall) -> pb::ToolCall {
    pb::ToolCall {
        call_id: call.id.to_string(),
        name: call.name.clone(),
        arguments_json: call.arguments.raw().to_owned(),
        ..Default::default()
    }
}

fn read_tool_call(wire: pb::ToolCall) -> ToolCall {
    ToolCall::new(ToolCallId::new(wire.call_id), wire.name, ToolArguments::parse(wire.arguments_json))
}

/// What a tool gave back.
pub(super) fn tool_result(result: &ToolResult) -> pb::ToolResult {
    pb::ToolResult {
        call_id: result.call_id.to_string(),
        content: result.content.iter().map(result_block).collect(),
        is_error: result.is_error,
        ..Default::default()
    }
}

/// What a tool gave back.
pub(super) fn read_tool_result(wire: pb::ToolResult) -> Result<ToolResult, WireError> {
    let content = read_all("content", wire.content, read_result_block)?;
    let mut result = ToolResult::success(ToolCallId::new(wire.call_id), content);
    result.is_error = wire.is_error;
    Ok(result)
}

pub(super) fn result_block(block: &ToolResultBlock) -> pb::ToolResultBlock {
    let block = match block {
        ToolResultBlock::Text { text } => Some(ResultBlock::Text(text.clone())),
        ToolResultBlock::Json { value } => Some(ResultBlock::Json(value.to_string())),
        ToolResultBlock::Image(picture) => Some(image(picture).into()),
        _ => None,
    };
    pb::ToolResultBlock { block, ..Default::default() }
}

fn read_result_block(wire: pb::ToolResultBlock) -> Result<ToolResultBlock, WireError> {
    Ok(match wire.block {
        Some(ResultBlock::Text(text)) => ToolResultBlock::Text { text },
        Some(ResultBlock::Json(json)) => ToolResultBlock::Json { value: read_json("json", &json)? },
        Some(ResultBlock::Image(image)) => ToolResultBlock::Image(read_image(image).within("image")?),
        None => return Err(WireError::invalid("", "a block needs a kind that this version knows")),
    })
}

/// The value that a field's text is.
pub(super) fn read_json(field: &str, json: &str) -> Result<Value, WireError> {
    serde_json::from_str(json)
        .map_err(|error| WireError::new(Reason::InvalidJson, field, format!("not JSON: {error}")))
}
