//! Compaction: the history is made shorter before a request that would be too long.

use tau_core::RunId;
use tau_session::compaction::Compaction;

use super::run::Phase;
use super::step::Step;
use super::{Rejection, budget, prompt, turn};

/// Whether the history is to be made shorter before the next request.
///
/// What this decision adds is not counted yet: it is in the history only once it is committed, and the next turn
/// counts it. A policy leaves room for that between its limit and the model's window.
pub(super) fn is_due(step: &Step<'_>) -> bool {
    let policy = step.control.config().and_then(|config| config.compaction.as_ref());
    policy.is_some_and(|policy| step.state.history.context_tokens() >= policy.at_tokens)
}

/// A shorter history was made, or could not be: the request is made all the same.
pub(super) fn finished(
    step: &mut Step<'_>,
    run: RunId,
    turn: u32,
    compaction: Option<Compaction>,
) -> Result<(), Rejection> {
    let active = step.run()?;
    let waits = active.id == run
        && active.turn + 1 == turn
        && active.phase != Phase::Asking
        && active.open_calls().next().is_none();
    if !waits {
        return Err(Rejection::Stale);
    }
    if let Some(compaction) = compaction {
        step.emit(compaction.into());
    }
    // The summary has cost something, and subagents that were stopped may have reported meanwhile.
    match budget::exceeded(step) {
        Some(outcome) => prompt::finish_run(step, outcome),
        None => turn::request(step, run, turn),
    }
    Ok(())
}
