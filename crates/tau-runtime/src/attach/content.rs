//! What tools give, from the interface's words to ours.

use serde_json::Value;
use serde_json::value::Serializer;
use tau_core::{Image, ToolResultBlock};
use tau_proto::buffa::json_helpers::bytes as base64;
use tau_proto::runtime::v1::{Image as WireImage, ToolReturn, image, tool_result_block::Block};
use tau_tools::ToolOutput;

/// The most parts of one result.
const MAX_BLOCKS: usize = 256;

/// What a tool gave. What cannot be shown is named in its place; what is too long is cut where every result is.
pub(super) fn output(returned: ToolReturn) -> ToolOutput {
    let left = returned.content.len().saturating_sub(MAX_BLOCKS);
    let blocks = returned.content.into_iter().take(MAX_BLOCKS).filter_map(|block| block.block);
    let mut output = ToolOutput::text("");
    output.is_error = returned.is_error;
    output.content = blocks.map(block).collect();
    if left > 0 {
        output.content.push(ToolResultBlock::text(format!("[{left} more parts were left out]")));
    }
    output
}

fn block(block: Block) -> ToolResultBlock {
    match block {
        Block::Text(text) => ToolResultBlock::text(text),
        Block::Json(json) => match serde_json::from_str(&json) {
            Ok(value) => ToolResultBlock::Json { value },
            Err(_) => ToolResultBlock::text(json),
        },
        Block::Image(image) => picture(image).map_or_else(
            || ToolResultBlock::text("[a picture that could not be read]"),
            ToolResultBlock::Image,
        ),
    }
}

/// Bytes as models take them. protobuf's JSON writes them the same: as standard base64, padded.
pub(crate) fn encoded(data: &[u8]) -> String {
    match base64::serialize(data, Serializer) {
        Ok(Value::String(encoded)) => encoded,
        _ => String::new(),
    }
}

/// A picture, where it can be read.
pub(super) fn picture(image: WireImage) -> Option<Image> {
    if let Some(image::Source::Url(url)) = image.source {
        return Some(Image::url(url));
    }
    let Some(image::Source::Data(data)) = image.source else { return None };
    (!image.media_type.is_empty()).then(|| Image::base64(image.media_type, encoded(&data)))
}

#[cfg(test)]
mod tests {
    use tau_core::{Image, ToolResultBlock};
    use tau_proto::runtime::v1::{
        Image as WireImage, ToolResultBlock as WireBlock, ToolReturn, image, tool_result_block::Block,
    };

    use super::output;

    #[test]
    fn every_part_has_its_place() {
        let image = |media_type: &str, source| WireImage {
            media_type: media_type.into(),
            source: Some(source),
            ..Default::default()
        };
        let data = image::Source::Data(vec![0, 255, 62, 63].into());
        let parts = [
            Block::Text("words".into()),
            Block::Json(r#"{"b": 1, "a": 2}"#.into()),
            Block::Json("{".into()),
            Block::Image(image("image/png", data.clone())),
            Block::Image(image("", image::Source::Url("https://example.org/a.png".into()))),
            Block::Image(image("", data)),
        ];
        let content = parts.map(|part| WireBlock { block: Some(part), ..Default::default() }).to_vec();
        let returned = output(ToolReturn { content, is_error: true, ..Default::default() });
        assert!(returned.is_error);
        assert_eq!(
            returned.content,
            [
                ToolResultBlock::text("words"),
                ToolResultBlock::Json { value: serde_json::json!({"b": 1, "a": 2}) },
                ToolResultBlock::text("{"),
                ToolResultBlock::Image(Image::base64("image/png", "AP8+Pw==")),
                ToolResultBlock::Image(Image::url("https://example.org/a.png")),
                ToolResultBlock::text("[a picture that could not be read]"),
            ]
        );
    }

    #[test]
    fn parts_are_bounded() {
        let part = WireBlock { block: Some(Block::Text("x".into())), ..Default::default() };
        let returned = output(ToolReturn { content: vec![part; 300], ..Default::default() });
        assert_eq!(returned.content.len(), 257);
        assert_eq!(returned.content.last(), Some(&ToolResultBlock::text("[44 more parts were left out]")));
    }
}
