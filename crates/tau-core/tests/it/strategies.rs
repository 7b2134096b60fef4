//! Arbitrary values of the vocabulary.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;
use tau_core::{
    ContentBlock, FinishReason, Image, Message, Opaque, Reasoning, Role, ToolArguments, ToolCall, ToolCallId,
    ToolResult, ToolResultBlock,
};

/// JSON without fractions.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(any::<String>(), inner, 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Argument texts as models write them: JSON, JSON oddly spaced, and anything else.
pub(crate) fn arguments() -> impl Strategy<Value = ToolArguments> {
    prop_oneof![
        json().prop_map(ToolArguments::from),
        json().prop_map(|value| ToolArguments::parse(format!("\n{value:#} "))),
        any::<String>().prop_map(ToolArguments::parse),
    ]
}

fn image() -> impl Strategy<Value = Image> {
    prop_oneof![
        (any::<String>(), any::<String>()).prop_map(|(media_type, data)| Image::base64(media_type, data)),
        any::<String>().prop_map(Image::url),
    ]
}

pub(crate) fn opaque() -> impl Strategy<Value = Opaque> {
    (any::<String>(), any::<String>()).prop_map(|(format, json)| Opaque::new(format, json))
}

fn reasoning() -> impl Strategy<Value = Reasoning> {
    (any::<String>(), option::of(opaque())).prop_map(|(text, data)| match data {
        Some(data) => Reasoning::with_data(text, data),
        None => Reasoning::text(text),
    })
}

fn tool_call() -> impl Strategy<Value = ToolCall> {
    (any::<String>(), any::<String>(), arguments())
        .prop_map(|(id, name, arguments)| ToolCall::new(ToolCallId::new(id), name, arguments))
}

fn tool_result() -> impl Strategy<Value = ToolResult> {
    let block = prop_oneof![
        any::<String>().prop_map(ToolResultBlock::text),
        json().prop_map(|value| ToolResultBlock::Json { value }),
        image().prop_map(ToolResultBlock::Image),
    ];
    (any::<String>(), vec(block, 0..3), any::<bool>()).prop_map(|(id, content, is_error)| {
        let mut result = ToolResult::success(ToolCallId::new(id), content);
        result.is_error = is_error;
        result
    })
}

/// A block of every kind.
pub(crate) fn block() -> impl Strategy<Value = ContentBlock> {
    prop_oneof![
        any::<String>().prop_map(ContentBlock::text),
        image().prop_map(ContentBlock::Image),
        reasoning().prop_map(ContentBlock::Reasoning),
        tool_call().prop_map(ContentBlock::ToolCall),
        tool_result().prop_map(ContentBlock::ToolResult),
    ]
}

pub(crate) fn message() -> impl Strategy<Value = Message> {
    let role = prop_oneof![Just(Role::System), Just(Role::User), Just(Role::Assistant), Just(Role::Tool)];
    (role, vec(block(), 0..4)).prop_map(|(role, content)| Message::new(role, content))
}

pub(crate) fn finish_reason() -> impl Strategy<Value = FinishReason> {
    any::<String>().prop_map(|word| FinishReason::from(word.as_str()))
}

/// Names few enough that layers meet at the same key.
pub(crate) fn named<T: std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = BTreeMap<String, T>> {
    btree_map(prop_oneof![Just("a".to_owned()), Just("b".to_owned())], value, 0..3)
}
