use proptest::prelude::*;
use serde_json::{Value, json};
use tau_core::{
    ContentBlock, Image, Message, Opaque, Reasoning, Role, ToolArguments, ToolCall, ToolCallId, ToolResult,
    ToolResultBlock,
};

use crate::strategies;

/// Text that a JSON parser and printer would give back changed: number formats, escapes, key order, duplicate keys.
const FRAGILE: &str =
    "{ \"b\":1.0e+2,\"a\":\"\\u00e9\\/\", \"n\":123456789012345678901234567890,\"a\":-0 }\r\n";

#[test]
fn every_block_is_written_in_its_form_and_reads_back() {
    let call_id = ToolCallId::new("call_1");
    let table: [(ContentBlock, Value); 9] = [
        (ContentBlock::text("hi\u{0}"), json!({"type": "text", "text": "hi\u{0}"})),
        (
            ContentBlock::Image(Image::base64("image/png", "AAEC")),
            json!({"type": "image", "source": {"kind": "base64", "media_type": "image/png", "data": "AAEC"}}),
        ),
        (
            ContentBlock::Image(Image::url("https://example.com/a.png")),
            json!({"type": "image", "source": {"kind": "url", "url": "https://example.com/a.png"}}),
        ),
        (ContentBlock::Reasoning(Reasoning::default()), json!({"type": "reasoning"})),
        (
            ContentBlock::Reasoning(Reasoning::with_data("why", Opaque::new("openai-chat", FRAGILE))),
            json!({"type": "reasoning", "text": "why", "data": {"format": "openai-chat", "json": FRAGILE}}),
        ),
        (
            ContentBlock::ToolCall(ToolCall::new(call_id.clone(), "read", ToolArguments::parse(FRAGILE))),
            json!({"type": "tool_call", "id": "call_1", "name": "read", "arguments": FRAGILE}),
        ),
        (
            ContentBlock::ToolResult(ToolResult::success(
                call_id.clone(),
                [
                    ToolResultBlock::text("a"),
                    ToolResultBlock::Json { value: Value::Null },
                    ToolResultBlock::Image(Image::url("u")),
                ],
            )),
            json!({"type": "tool_result", "call_id": "call_1", "content": [
                {"type": "text", "text": "a"},
                {"type": "json", "value": null},
                {"type": "image", "source": {"kind": "url", "url": "u"}},
            ]}),
        ),
        (
            ContentBlock::ToolResult(ToolResult::success(call_id.clone(), [])),
            json!({"type": "tool_result", "call_id": "call_1", "content": []}),
        ),
        (
            ContentBlock::ToolResult(ToolResult::error(call_id, "no such file")),
            json!({"type": "tool_result", "call_id": "call_1", "is_error": true, "content": [
                {"type": "text", "text": "no such file"},
            ]}),
        ),
    ];
    for (block, written) in table {
        assert_eq!(serde_json::to_value(&block).unwrap(), written);
        assert_eq!(serde_json::from_value::<ContentBlock>(written).unwrap(), block);
    }
}

#[test]
fn opaque_data_and_arguments_keep_every_byte() {
    let message = Message::assistant([
        ContentBlock::Reasoning(Reasoning::with_data("", Opaque::new("openai-chat", FRAGILE))),
        ContentBlock::ToolCall(ToolCall::new(ToolCallId::new("c"), "t", ToolArguments::parse(FRAGILE))),
    ]);
    let text = serde_json::to_string(&message).unwrap();
    let read: Message = serde_json::from_str(&text).unwrap();
    let [ContentBlock::Reasoning(reasoning), ContentBlock::ToolCall(call)] = &read.content[..] else {
        panic!("other blocks: {read:?}");
    };
    assert_eq!(reasoning.data.as_ref().map(|data| data.json.as_bytes()), Some(FRAGILE.as_bytes()));
    assert_eq!(call.arguments.raw().as_bytes(), FRAGILE.as_bytes());
}

#[test]
fn an_unknown_block_is_an_error_not_a_loss() {
    let error = serde_json::from_value::<ContentBlock>(json!({"type": "video", "url": "u"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown variant `video`, expected one of `text`, `image`, `reasoning`, `tool_call`, `tool_result`",
    );
}

#[test]
fn a_message_gives_its_parts_in_order() {
    let call = |id: &str| ToolCall::new(ToolCallId::new(id), "t", ToolArguments::parse(""));
    let message = Message::assistant([
        ContentBlock::text("one "),
        ContentBlock::ToolCall(call("b")),
        ContentBlock::Reasoning(Reasoning::text("hidden")),
        ContentBlock::text("two"),
        ContentBlock::ToolCall(call("a")),
    ]);
    assert_eq!(message.text(), "one two");
    assert_eq!(message.tool_calls().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
    assert_eq!(message.tool_results().count(), 0);

    let results = Message::tool([ToolResult::error(ToolCallId::new("b"), "no")]);
    assert_eq!(results.role, Role::Tool);
    assert_eq!(results.tool_results().map(|result| result.call_id.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(results.text(), "");
}

#[test]
fn a_result_as_text_names_what_is_not_text() {
    let result = ToolResult::success(
        ToolCallId::new("c"),
        [
            ToolResultBlock::text("line"),
            ToolResultBlock::Json { value: json!({"b": [1, 2], "a": "x"}) },
            ToolResultBlock::Image(Image::url("u")),
        ],
    );
    assert_eq!(result.text(), "line\n{\"a\":\"x\",\"b\":[1,2]}\n[image]");
}

proptest! {
    #[test]
    fn any_message_reads_back_and_is_written_the_same_again(message in strategies::message()) {
        let text = serde_json::to_string(&message).unwrap();
        let read: Message = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&read, &message);
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    #[test]
    fn any_opaque_text_is_kept(data in strategies::opaque()) {
        let block = ContentBlock::Reasoning(Reasoning::with_data("", data));
        let read: ContentBlock = serde_json::from_str(&serde_json::to_string(&block).unwrap()).unwrap();
        prop_assert_eq!(read, block);
    }

    /// A fraction that drifts when it is read would change bytes a provider has already seen.
    #[test]
    fn any_fraction_in_a_result_reads_back(number in proptest::num::f64::NORMAL) {
        let block = ToolResultBlock::Json { value: json!({ "number": number }) };
        let text = serde_json::to_string(&block).unwrap();
        let read: ToolResultBlock = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }
}
