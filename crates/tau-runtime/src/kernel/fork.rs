//! Fork: a copy of a session's beginning goes its own way.

use std::collections::BTreeSet;

use tau_core::event::{EventBody, RunOutcome, Seq, Spending, ToolOutcome};
use tau_core::{SessionId, ToolCallId, ToolResult};

use super::step::Step;
use super::{Rejection, hooks, prompt, tools};

/// The events so far were copied from another session. Whatever it had under way stays with it.
pub(super) fn fork(step: &mut Step<'_>, from: SessionId, at: Seq) -> Result<(), Rejection> {
    if step.control.config().is_none() {
        return Err(Rejection::NotOpen);
    }
    step.emit(EventBody::SessionForked { from, at });
    settle(step, "The session was copied while this call was under way.");
    // The hooks of the other one are not its own: whoever drives it says which are.
    if !step.control.hooked().is_empty() {
        step.emit(EventBody::HooksSet { points: BTreeSet::new() });
    }
    Ok(())
}

/// Ends everything that is on without touching it, so that the next prompt can be taken: a result for each call, also
/// for those that were never announced, and an end for each run that is on or waits.
pub(super) fn settle(step: &mut Step<'_>, why: &str) {
    let children: Vec<SessionId> = step.control.children().keys().copied().collect();
    for child in children {
        let outcome = RunOutcome::Cancelled;
        step.emit(EventBody::SubagentFinished { child, outcome, spent: Spending::default() });
    }
    hooks::withhold(step, "what was under way ended");
    let waiting = step.control.run().map(|run| run.waiting_calls()).unwrap_or_default();
    let open: Vec<ToolCallId> = step.state.history.open_calls().cloned().collect();
    for id in open {
        let was_announced = step.control.run().is_some_and(|run| run.call(&id).is_some());
        let (outcome, told) = if was_announced && !waiting.contains(&id) {
            (ToolOutcome::Unknown, "It may have done all, a part or nothing of its work.")
        } else {
            (ToolOutcome::Cancelled, "It had not run by then.")
        };
        tools::end(step, outcome, ToolResult::error(id, format!("{why} {told}")));
    }
    prompt::cancel_all(step);
}
