//! Mistakes with what people bring, say of a session, and take back.

use tau_core::ContentBlock;
use tau_core::event::{CancelScope, EventBody};
use tau_runtime::kernel::{Decision, Input, Rejection, State};

use super::{Bug, Memory};

/// What goes in with a mistake.
pub(super) fn before(bug: Bug, state: &State, input: &mut Input) {
    match (bug, input) {
        (Bug::CancelsOther, Input::Cancel { scope: CancelScope::QueuedRun { run } }) => {
            let other = state.queued_runs().find(|queued| queued != run);
            *run = other.unwrap_or(*run);
        }
        (Bug::ShortensImported, Input::Import { messages }) => messages.truncate(1),
        _ => {}
    }
}

/// Whether what is refused is taken all the same.
pub(super) fn takes(bug: Bug, rejection: &Rejection) -> bool {
    matches!(
        (bug, rejection),
        (Bug::ImportsLate, Rejection::AlreadyBegun) | (Bug::ImportsFlawed, Rejection::InvalidConversation(_))
    )
}

/// Takes a conversation that was refused.
pub(super) fn take(input: Input, rejection: Rejection) -> Result<Decision, Rejection> {
    let Input::Import { messages } = input else { return Err(rejection) };
    let mut decision = Decision::default();
    decision.events.push(EventBody::HistoryImported { messages });
    Ok(decision)
}

/// What comes out with a mistake.
pub(super) fn mistake(memory: &Memory, bug: Bug, input: &Input, events: &mut Vec<EventBody>) {
    match (bug, input) {
        (Bug::TellsCancelled, Input::Cancel { scope: CancelScope::QueuedRun { run } }) => {
            let content = memory.prompts.get(run).cloned();
            events.extend(content.map(|content| EventBody::ContextInjected { content }));
        }
        (Bug::TellsMetadata, Input::Describe { metadata }) => {
            let content = metadata.values().map(ContentBlock::text).collect();
            events.push(EventBody::ContextInjected { content });
        }
        _ => {}
    }
}
