//! Messages there and back.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::json;
use tau_core::{
    ContentBlock, Image, Message, Opaque, Reasoning, Role, ToolArguments, ToolCall, ToolCallId, ToolResult,
    ToolResultBlock,
};
use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::content_block::Block;
use tau_proto::runtime::v1::image::Source;

use super::super::content::{content_block, picture, read_tool_result, tool_result};
use super::super::message::{message, read_message};
use super::assert_travels;

pub(super) fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ \\n\\r`>\u{1f600}a-z]{0,20}"]
}

fn any_image() -> impl Strategy<Value = Image> {
    prop_oneof![
        vec(any::<u8>(), 0..40).prop_map(|data| picture("image/png", &data)),
        any_text().prop_map(Image::url),
    ]
}

fn any_block() -> impl Strategy<Value = ContentBlock> {
    let id = || any_text().prop_map(ToolCallId::new);
    let result_block = prop_oneof![
        any_text().prop_map(ToolResultBlock::text),
        any::<i64>().prop_map(|number| ToolResultBlock::Json { value: json!({ "n": number }) }),
        any_image().prop_map(ToolResultBlock::Image),
    ];
    let result = (id(), vec(result_block, 0..4), any::<bool>()).prop_map(|(id, content, is_error)| {
        let mut result = ToolResult::success(id, content);
        result.is_error = is_error;
        ContentBlock::ToolResult(result)
    });
    let opaque = (any_text(), any_text()).prop_map(|(format, json)| Opaque::new(format, json));
    prop_oneof![
        any_text().prop_map(ContentBlock::text),
        any_image().prop_map(ContentBlock::Image),
        (any_text(), option::of(opaque)).prop_map(|(text, data)| {
            let mut reasoning = Reasoning::text(text);
            reasoning.data = data;
            ContentBlock::Reasoning(reasoning)
        }),
        (id(), any_text(), any_text()).prop_map(|(id, name, arguments)| {
            ContentBlock::ToolCall(ToolCall::new(id, name, ToolArguments::parse(arguments)))
        }),
        result,
    ]
}

pub(super) fn any_message() -> impl Strategy<Value = Message> {
    let role = prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant), Just(Role::Tool)];
    (role, vec(any_block(), 0..5)).prop_map(|(role, content)| Message::new(role, content))
}

proptest! {
    #[test]
    fn a_message_comes_back_as_it_was(said in any_message()) {
        let told = message(&said);
        assert_travels(&told);
        prop_assert_eq!(read_message(told).unwrap(), said);
    }
}

#[test]
fn what_a_model_signed_keeps_its_bytes() {
    let signed = "{ \"signature\":\"a\\/b\",\"n\":1.0e2 }";
    let thought = ContentBlock::Reasoning(Reasoning::with_data("", Opaque::new("openai-chat", signed)));
    let Some(Block::Reasoning(told)) = content_block(&thought).block else { panic!("no reasoning") };
    assert_eq!(told.data.json, signed);
}

#[test]
fn a_picture_is_bytes_on_the_wire_and_base64_in_the_journal() {
    let picture = ContentBlock::Image(Image::base64("image/png", "AAEC/w=="));
    let Some(Block::Image(told)) = content_block(&picture).block else { panic!("no picture") };
    assert_eq!(told.media_type, "image/png");
    assert_eq!(told.source, Some(Source::Data(Bytes::from_static(&[0, 1, 2, 255]))));

    let broken = ContentBlock::Image(Image::base64("image/png", "no base64!"));
    let Some(Block::Image(told)) = content_block(&broken).block else { panic!("no picture") };
    assert_eq!(told.source, None, "nobody could see it");
}

#[test]
fn a_result_comes_back_with_its_data() {
    let value = json!({"lines": 1, "share": 0.5, "next": null});
    let result = ToolResult::success(ToolCallId::new("call_1"), [ToolResultBlock::Json { value }]);
    assert_eq!(read_tool_result(tool_result(&result)).unwrap(), result);
}
