//! Conversations from elsewhere.

use std::collections::BTreeSet;

use tau_core::{ContentBlock, Message, Role, ToolCallId};

use super::transcript::check_paired;
use super::{Audit, calls_of};
use crate::invariant::{Checked, ensure};

impl Audit {
    /// A conversation is the beginning or nothing, and its calls are as used as those of this session.
    pub(super) fn imported(&mut self, messages: &[Message]) -> Checked {
        ensure!(self.config.is_some() && !self.is_closed, Grammar, "imported, and not open");
        let is_beginning = self.submitted.is_empty() && self.transcript.is_empty();
        ensure!(is_beginning, Context, "a conversation is imported after the beginning");
        let first = messages.first().map(|message| message.role);
        ensure!(first == Some(Role::User), Grammar, "a conversation begins with {first:?}");
        messages.iter().try_for_each(check_speaker)?;
        check_paired(messages)?;
        let calls = messages.iter().flat_map(|message| calls_of(&message.content));
        let ids: Vec<ToolCallId> = calls.map(|call| call.id).collect();
        let different: BTreeSet<_> = ids.iter().collect();
        ensure!(different.len() == ids.len(), Pairing, "call ids repeat in a conversation: {ids:?}");
        // A conversation that was taken back may be brought again, ids and all.
        self.seen.extend(ids);
        Ok(())
    }
}

/// Everybody says what is theirs to say, and something.
fn check_speaker(message: &Message) -> Checked {
    let is_theirs = |block: &ContentBlock| match block {
        ContentBlock::Text { text } => message.role != Role::Tool && !text.trim().is_empty(),
        ContentBlock::ToolCall(_) => message.role == Role::Assistant,
        ContentBlock::ToolResult(_) => message.role == Role::Tool,
        _ => true,
    };
    let is_fine = message.role != Role::System && message.content.iter().all(is_theirs);
    ensure!(is_fine, Grammar, "{message:?} is no message of a conversation");
    Ok(())
}
