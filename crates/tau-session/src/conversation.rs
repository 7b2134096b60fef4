//! What a conversation from elsewhere must be, so that every provider takes it.

use std::collections::BTreeSet;

use tau_core::{ContentBlock, Message, Role, ToolCallId};

/// A list of messages is no conversation that a model can be asked to continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("message {message}: {problem}")]
#[non_exhaustive]
pub struct InvalidConversation {
    /// The message, from 1; 0 where the whole is meant.
    pub message: usize,
    /// What is wrong with it.
    pub problem: ConversationProblem,
}

/// What is wrong with a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConversationProblem {
    /// There are no messages.
    #[error("a conversation needs at least one message")]
    Empty,
    /// The first message is not a user's.
    #[error("a conversation begins with a message of the user")]
    Beginning,
    /// Instructions are no part of the conversation.
    #[error("instructions belong into the session's configuration, not into its messages")]
    System,
    /// A message says nothing.
    #[error("a message needs content, and text that is not blank")]
    Blank,
    /// A block that the role cannot say.
    #[error("a user says text and images, an assistant text, reasoning and tool calls, a tool its results")]
    Block,
    /// A call's id is not new.
    #[error("the id of a tool call was used before")]
    RepeatedCall,
    /// The results after a reply are not those of its calls.
    #[error(
        "each tool call needs exactly one result, in one message right after it and in the order of the calls"
    )]
    Results,
}

/// Checks that messages are a conversation that can go on: every tool call has exactly one result, right after it.
///
/// # Errors
/// With the first message that is not as it must be.
pub fn check_conversation(messages: &[Message]) -> Result<(), InvalidConversation> {
    let whole = |problem| InvalidConversation { message: 0, problem };
    let first = messages.first().ok_or_else(|| whole(ConversationProblem::Empty))?;
    if first.role == Role::Assistant {
        return Err(InvalidConversation { message: 1, problem: ConversationProblem::Beginning });
    }
    let mut seen = BTreeSet::new();
    let mut open: Vec<&ToolCallId> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        let failed = |problem| InvalidConversation { message: index + 1, problem };
        check_blocks(message).map_err(failed)?;
        let answered: Vec<&ToolCallId> = message.tool_results().map(|result| &result.call_id).collect();
        if answered != open {
            return Err(failed(ConversationProblem::Results));
        }
        open = message.tool_calls().map(|call| &call.id).collect();
        if !open.iter().all(|id| seen.insert(*id)) {
            return Err(failed(ConversationProblem::RepeatedCall));
        }
    }
    let last = InvalidConversation { message: messages.len(), problem: ConversationProblem::Results };
    if open.is_empty() { Ok(()) } else { Err(last) }
}

fn check_blocks(message: &Message) -> Result<(), ConversationProblem> {
    let can_say = |block: &ContentBlock| {
        use ContentBlock::{Reasoning, Text, ToolCall, ToolResult};
        match message.role {
            Role::User => block.is_speech(),
            Role::Assistant => matches!(block, Text { .. } | Reasoning(_) | ToolCall(_)),
            Role::Tool => matches!(block, ToolResult(_)),
            _ => false,
        }
    };
    if message.role == Role::System {
        return Err(ConversationProblem::System);
    }
    if !message.content.iter().all(can_say) {
        return Err(ConversationProblem::Block);
    }
    // Also where the list is empty.
    if message.content.iter().all(ContentBlock::is_blank) { Err(ConversationProblem::Blank) } else { Ok(()) }
}
