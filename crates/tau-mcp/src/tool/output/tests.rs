use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::json;
use tau_core::{Image, ToolResultBlock};

use super::{IMAGE_BYTES, IMAGES, output};

fn shown(content: Vec<ContentBlock>) -> Vec<ToolResultBlock> {
    output(CallToolResult::success(content)).content
}

#[test]
fn structured_content_is_shown_once() {
    let value = json!({"b": [1, 2], "a": "x"});
    let mut result = CallToolResult::structured(value.clone());
    result.content =
        vec![ContentBlock::text("{ \"a\": \"x\",\n \"b\": [1,2] }"), ContentBlock::text("two results")];
    let json = ToolResultBlock::Json { value };
    assert_eq!(output(result.clone()).content, [ToolResultBlock::text("two results"), json.clone()]);
    result.content.clear();
    assert_eq!(output(result).content, [json]);
}

#[test]
fn texts_in_a_row_become_one() {
    let content = vec![
        ContentBlock::text("a"),
        ContentBlock::text("b"),
        ContentBlock::image("AAAA", "image/png"),
        ContentBlock::text("c"),
    ];
    let image = ToolResultBlock::Image(Image::base64("image/png", "AAAA"));
    assert_eq!(shown(content), [ToolResultBlock::text("a\nb"), image, ToolResultBlock::text("c")]);
}

#[test]
fn pictures_are_bounded_in_size_and_number() {
    let large = "A".repeat(IMAGE_BYTES + 4);
    let [ToolResultBlock::Text { text }] = &shown(vec![ContentBlock::image(large, "image/png")])[..] else {
        panic!()
    };
    assert_eq!(text, "[image of type image/png, 5242884 bytes, was left out]");
    let many = shown(vec![ContentBlock::image("AAAA", "image/png"); IMAGES + 5]);
    assert_eq!(many.len(), IMAGES + 1);
    let ToolResultBlock::Text { text } = &many[IMAGES] else { panic!() };
    assert_eq!(text.lines().count(), 5);
}

#[test]
fn resources_are_shown_by_their_kind() {
    let blob = |media_type: &str| ResourceContents::BlobResourceContents {
        uri: "file:///x".to_owned(),
        mime_type: Some(media_type.to_owned()),
        blob: "AAAA".to_owned(),
        meta: None,
    };
    let picture = shown(vec![ContentBlock::resource(blob("image/gif"))]);
    let image = ToolResultBlock::Image(Image::base64("image/gif", "AAAA"));
    assert_eq!(picture, [ToolResultBlock::text("[resource file:///x]"), image]);
    let data = "[resource file:///x]\n[data of type application/zip, 3 bytes, was left out]";
    assert_eq!(shown(vec![ContentBlock::resource(blob("application/zip"))]), [ToolResultBlock::text(data)]);
}

#[test]
fn a_failure_stays_one() {
    let failed = output(CallToolResult::error(vec![]));
    assert!(failed.is_error);
    assert_eq!(failed.content, [ToolResultBlock::text("(The tool gave no output.)")]);
}
