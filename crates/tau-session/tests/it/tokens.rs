//! Token counts: the provider's where there are any, estimates for the rest.

use serde_json::json;
use tau_core::event::{EventBody, RunOutcome, Spending};
use tau_core::{
    ContentBlock, Image, Message, Opaque, Reasoning, SessionId, TokenUsage, ToolArguments, ToolCall,
    ToolCallId, ToolResult, ToolResultBlock,
};
use tau_session::estimate_tokens;

use crate::support::{Fold, announced, asked, finished, inject, prompt, reply, started};

#[test]
fn estimates() {
    let text = |text: &str| ContentBlock::text(text);
    let call = |arguments: &str| {
        ContentBlock::ToolCall(ToolCall::new(ToolCallId::new("id"), "look", ToolArguments::parse(arguments)))
    };
    let data = Opaque::new("openai-chat", "12345678");
    let results = [
        ToolResult::success(ToolCallId::new("a"), [ToolResultBlock::text("12345")]),
        ToolResult::success(ToolCallId::new("b"), [ToolResultBlock::Json { value: json!([1, 2, 3]) }]),
    ];
    // A frame is 4 tokens; text is a token for every 4 bytes begun.
    let cases = [
        (Message::user([]), 4),
        (Message::user([text("")]), 4),
        (Message::user([text("1234")]), 5),
        (Message::user([text("12345")]), 6),
        (Message::user([text("1"), text("1")]), 6),
        (Message::user([text("日本")]), 6),
        (Message::user([ContentBlock::Image(Image::url("http://example.com/a.png"))]), 1_004),
        (Message::assistant([ContentBlock::Reasoning(Reasoning::with_data("1234", data))]), 7),
        (Message::assistant([call("{\"a\":1}")]), 11),
        (Message::tool(results), 8),
    ];
    for (message, expected) in cases {
        assert_eq!(estimate_tokens(&message), expected, "{message:?}");
    }
}

#[test]
fn the_provider_replaces_the_estimate() {
    let mut fold = Fold::of([prompt(1, "12345678"), started(1), asked(1, 1)]);
    assert_eq!(fold.history.context_tokens(), 6);
    fold.feed([reply("1234", &["a"], Some((100, 20)))]);
    assert_eq!(fold.history.context_tokens(), 120, "the reply is in the provider's output");
    fold.feed([announced("a"), finished("a", "12345678")]);
    assert_eq!(fold.history.context_tokens(), 126);
    fold.feed([inject("1234")]);
    assert_eq!(fold.history.context_tokens(), 126, "it counts when it lands");
    fold.feed([asked(1, 2)]);
    assert_eq!(fold.history.context_tokens(), 131);
}

#[test]
fn without_counts_everything_is_estimated() {
    let fold = Fold::of([prompt(1, "1234"), started(1), asked(1, 1), reply("12345678", &[], None)]);
    assert_eq!(fold.history.context_tokens(), 5 + 6);
    assert_eq!(fold.history.usage(), TokenUsage::default());
}

#[test]
fn usage_adds_up_over_turns_and_subagents() {
    let mut spent = Spending::default();
    spent.usage = TokenUsage { input: 7, output: 2, ..TokenUsage::default() };
    let subagent =
        EventBody::SubagentFinished { child: SessionId::from_u128(9), outcome: RunOutcome::Completed, spent };
    let mut fold = Fold::of([prompt(1, "Hi"), started(1), asked(1, 1), reply("", &["a"], Some((10, 1)))]);
    fold.feed([announced("a"), subagent, finished("a", ""), asked(1, 2), reply("done", &[], Some((20, 2)))]);
    assert_eq!(fold.history.usage(), TokenUsage { input: 37, output: 5, ..TokenUsage::default() });
}
