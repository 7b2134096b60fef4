//! Conversations that were held elsewhere, and those that are none.

use tau_core::event::EventBody;
use tau_core::{
    ContentBlock, Message, Role, ToolArguments, ToolCall, ToolCallId, ToolResult, ToolResultBlock,
};
use tau_runtime::kernel::Input;

use super::World;
use crate::invariant::{Checked, ensure};
use crate::script::{Flaw, Pick};

impl World {
    /// A conversation is taken when it is one and nothing was ever asked or said; then word for word.
    pub(super) fn import(&mut self, session: Pick, calls: &[&str], flaw: Option<Flaw>) -> Checked {
        let Some(at) = self.pick_open(session) else { return Ok(()) };
        let mut messages = conversation(self.name(), calls);
        flaw.into_iter().for_each(|flaw| spoil(&mut messages, flaw));
        let session = &self.sessions[at];
        let has_begun = !session.submitted.is_empty() || !session.audit.transcript.is_empty();
        let is_due = self.is_open(at) && !has_begun && flaw.is_none();
        self.give_expecting(at, Input::Import { messages: messages.clone() }, is_due)?;
        let is_whole = self.sessions[at].log.iter().any(|event| match &**event {
            EventBody::HistoryImported { messages: taken } => *taken == messages,
            _ => false,
        });
        ensure!(is_whole == is_due, Context, "a conversation is not taken as it was brought: {messages:?}");
        Ok(())
    }
}

fn conversation(name: u64, ids: &[&str]) -> Vec<Message> {
    let words = |what: &str| ContentBlock::text(format!("{what} <{name}>"));
    let mut messages = vec![Message::user([words("asked elsewhere")])];
    if !ids.is_empty() {
        messages.push(calls(ids));
        messages.push(Message::tool(ids.iter().map(|id| result(id))));
    }
    messages.push(Message::assistant([words("told elsewhere")]));
    // Some wait for an answer.
    if name.is_multiple_of(2) {
        messages.push(Message::user([words("asked last")]));
    }
    messages
}

fn spoil(messages: &mut Vec<Message>, flaw: Flaw) {
    match flaw {
        Flaw::Empty => messages.clear(),
        Flaw::NotAsked => drop(messages.remove(0)),
        Flaw::Instructed => {
            messages.insert(0, Message::new(Role::System, [ContentBlock::text("You are another.")]));
        }
        Flaw::Blank => messages.push(Message::user([ContentBlock::text(" \n")])),
        Flaw::Smuggled => messages.push(Message::user(calls(&["smuggled"]).content)),
        Flaw::Unanswered => messages.push(calls(&["unanswered"])),
        Flaw::Stray => messages.push(Message::tool([result("stray")])),
        Flaw::Repeated => {
            for _ in 0..2 {
                messages.push(calls(&["repeated"]));
                messages.push(Message::tool([result("repeated")]));
            }
        }
    }
}

fn calls(ids: &[&str]) -> Message {
    let call = |id: &&str| ToolCall::new(ToolCallId::new(*id), "elsewhere", ToolArguments::parse("{}"));
    Message::assistant(ids.iter().map(call).map(ContentBlock::ToolCall).collect::<Vec<_>>())
}

fn result(id: &str) -> ToolResult {
    ToolResult::success(ToolCallId::new(id), [ToolResultBlock::text(format!("result of {id}"))])
}
