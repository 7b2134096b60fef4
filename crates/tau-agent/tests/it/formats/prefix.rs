//! The bytes of a conversation are made once: what is sent for a turn begins with what was sent for the one before.

use std::sync::Arc;

use proptest::prelude::*;
use tau_agent::ChatRequest;
use tau_core::{ContentBlock, Image, Message, Reasoning, ToolCallId, ToolResult, ToolResultBlock};

use super::{Sender, call};

const FORMATS: [&str; 6] =
    ["openai-chat", "openai-responses", "anthropic-messages", "ollama-chat", "gemini", "gemini-interactions"];

fn message() -> impl Strategy<Value = Message> {
    let text = || "[a-c \n\"é]{0,6}".prop_map(ContentBlock::text);
    let said = prop_oneof![
        text(),
        Just(ContentBlock::Reasoning(Reasoning::text("Hm."))),
        "[a-z]{1,3}".prop_map(|id| call(&id, "ls", "{}")),
    ];
    let user = prop_oneof![text(), Just(ContentBlock::Image(Image::base64("image/png", "AAAA")))];
    let result =
        "[a-z]{1,3}".prop_map(|id| ToolResult::success(ToolCallId::new(id), [ToolResultBlock::text("x")]));
    prop_oneof![
        prop::collection::vec(user, 0..3).prop_map(Message::user),
        prop::collection::vec(said, 0..4).prop_map(Message::assistant),
        prop::collection::vec(result, 0..3).prop_map(Message::tool),
    ]
}

/// The bytes without the marks, which move, and without what ends the body.
fn prefix(body: &[u8]) -> String {
    let text = std::str::from_utf8(body).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
    let text = text.replace(r#","cache_control":{"type":"ephemeral"}"#, "");
    text.trim_end_matches([']', '}']).to_owned()
}

proptest! {
    #[test]
    fn a_longer_conversation_begins_with_the_shorter_one(
        messages in prop::collection::vec(message(), 0..12),
        system in "[a-z]{0,3}",
    ) {
        let messages: Vec<Arc<Message>> = messages.into_iter().map(Arc::new).collect();
        for format in FORMATS {
            let mut sender = Sender::new(format);
            let mut before = String::new();
            for length in 0..=messages.len() {
                let request = ChatRequest::new(&messages[..length]).with_system(&system);
                let sent = sender.send(request);
                prop_assert_eq!(&sent, &Sender::new(format).send(request), "{}: a cache changes nothing", format);
                let now = prefix(&sent);
                prop_assert!(now.starts_with(&before), "{}\n{}\n{}", format, before, now);
                before = now;
            }
        }
    }
}
