//! Tokens of what nobody has counted yet.

use tau_core::{ContentBlock, Message, ToolResultBlock};

/// What a picture costs, about: providers charge 85 to 1,600 tokens by size.
pub(crate) const IMAGE_TOKENS: u64 = 1_000;

/// What the frame of a message costs: role and separators.
pub(crate) const FRAME_TOKENS: u64 = 4;

/// Tokens of a message, estimated at one for every four bytes of text. English prose and code come out a
/// little high, other scripts up to twice too low; the provider's count replaces it a turn later.
#[must_use]
pub fn estimate_tokens(message: &Message) -> u64 {
    FRAME_TOKENS + message.content.iter().map(block_tokens).sum::<u64>()
}

fn block_tokens(block: &ContentBlock) -> u64 {
    match block {
        ContentBlock::Text { text } => text_tokens(text.len()),
        ContentBlock::Image(_) => IMAGE_TOKENS,
        ContentBlock::Reasoning(reasoning) => {
            text_tokens(reasoning.text.len() + reasoning.data.as_ref().map_or(0, |data| data.json.len()))
        }
        ContentBlock::ToolCall(call) => {
            text_tokens(call.name.len() + call.arguments.raw().len()) + FRAME_TOKENS
        }
        ContentBlock::ToolResult(result) => result.content.iter().map(result_tokens).sum(),
        _ => 0,
    }
}

fn result_tokens(block: &ToolResultBlock) -> u64 {
    match block {
        ToolResultBlock::Text { text } => text_tokens(text.len()),
        ToolResultBlock::Json { value } => text_tokens(value.to_string().len()),
        ToolResultBlock::Image(_) => IMAGE_TOKENS,
        _ => 0,
    }
}

pub(crate) fn text_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}
