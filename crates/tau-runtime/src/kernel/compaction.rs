//! Compaction: the history is made shorter before a request that would be too long.

use tau_core::RunId;
use tau_core::event::{HookPoint, HookSubject};
use tau_session::compaction::Compaction;

use super::step::Step;
use super::{Effect, Rejection, hooks, turn};

/// Whether the history is to be made shorter before the next request.
///
/// What this decision adds is not counted yet: it is in the history only once it is committed, and the next turn
/// counts it. A policy leaves room for that between its limit and the model's window.
pub(super) fn is_due(step: &Step<'_>) -> bool {
    let policy = step.control.config().and_then(|config| config.compaction.as_ref());
    policy.is_some_and(|policy| step.state.history.context_tokens() >= policy.at_tokens)
}

/// Has the history made shorter before the request of a turn.
pub(super) fn begin(step: &mut Step<'_>, run: RunId, turn: u32) {
    if step.control.is_hooked(HookPoint::BeforeCompaction) {
        hooks::ask(step, HookPoint::BeforeCompaction, HookSubject::Turn { run, turn });
    } else {
        step.effect(Effect::Compact { run, turn, keep: String::new() });
    }
}

/// A shorter history was made, or could not be: the request is made all the same.
pub(super) fn finished(
    step: &mut Step<'_>,
    run: RunId,
    turn: u32,
    compaction: Option<Compaction>,
) -> Result<(), Rejection> {
    turn::require_due(step, run, turn)?;
    if let Some(compaction) = compaction {
        step.emit(compaction.into());
    }
    if step.control.run().is_some_and(|run| run.compacted) {
        hooks::ask(step, HookPoint::AfterCompaction, HookSubject::Turn { run, turn });
    } else {
        turn::go_on(step, run, turn);
    }
    Ok(())
}
