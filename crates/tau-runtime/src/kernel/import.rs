//! Import: a session begins with a conversation that was held elsewhere.

use tau_core::Message;
use tau_core::event::EventBody;
use tau_session::check_conversation;

use super::Rejection;
use super::step::Step;

/// Takes a conversation in. Only the beginning of a session has room for one: later, it would stand between what was
/// said before and after.
pub(super) fn import(step: &mut Step<'_>, messages: Vec<Message>) -> Result<(), Rejection> {
    step.require_open()?;
    let has_begun = !step.state.runs.is_empty() || !step.state.history.messages().is_empty();
    if has_begun {
        return Err(Rejection::AlreadyBegun);
    }
    check_conversation(&messages).map_err(Rejection::InvalidConversation)?;
    step.emit(EventBody::HistoryImported { messages });
    Ok(())
}
