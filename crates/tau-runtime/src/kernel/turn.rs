//! A turn: the model is asked, and answers or fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use tau_core::event::{EventBody, ModelFailure, ModelFailureKind, RunOutcome};
use tau_core::{ChatResponse, ContentBlock, RunId, ToolCall, ToolCallId};

use super::run::Phase;
use super::step::Step;
use super::{Effect, Rejection, budget, compaction, prompt, tools};

/// How often a turn is asked again when its answer breaks off.
const MAX_BROKEN_OFF: u32 = 2;

/// Asks the model for the next turn, unless the budget forbids it.
pub(super) fn ask(step: &mut Step<'_>) {
    if let Some(outcome) = budget::exceeded(step) {
        return prompt::finish_run(step, outcome);
    }
    let Some(run) = step.control.run() else { return };
    let (run, turn) = (run.id, run.turn + 1);
    if compaction::is_due(step) {
        step.effect(Effect::Compact { run, turn });
    } else {
        request(step, run, turn);
    }
}

/// Announces a request and makes it.
pub(super) fn request(step: &mut Step<'_>, run: RunId, turn: u32) {
    step.emit(EventBody::ModelRequested { run, turn });
    step.effect(Effect::CallModel { run, turn });
}

/// The model answered: its calls are announced, or the run is done.
pub(super) fn replied(
    step: &mut Step<'_>,
    run: RunId,
    turn: u32,
    mut response: ChatResponse,
) -> Result<(), Rejection> {
    require_asking(step, run, turn)?;
    make_ids_unique(step, turn, &mut response);
    let calls: Vec<ToolCall> = response
        .content
        .iter()
        .filter_map(|block| match block {
            ContentBlock::ToolCall(call) => Some(call.clone()),
            _ => None,
        })
        .collect();
    step.emit(EventBody::ModelReplied { turn, response: Arc::new(response) });
    if calls.is_empty() {
        prompt::finish_run(step, RunOutcome::Completed);
    } else {
        tools::called(step, calls);
    }
    Ok(())
}

/// The model could not be asked. An answer that broke off is asked for again; any other failure ends the run.
pub(super) fn failed(
    step: &mut Step<'_>,
    run: RunId,
    turn: u32,
    failure: ModelFailure,
) -> Result<(), Rejection> {
    let broken_off = require_asking(step, run, turn)?;
    step.emit(EventBody::ModelFailed { turn, failure: failure.clone() });
    if failure.kind == ModelFailureKind::Interrupted && broken_off < MAX_BROKEN_OFF {
        request(step, run, turn);
    } else {
        prompt::finish_run(step, RunOutcome::Failed { failure });
    }
    Ok(())
}

/// How often the turn broke off, when its answer is still waited for.
fn require_asking(step: &Step<'_>, run: RunId, turn: u32) -> Result<u32, Rejection> {
    let active = step.run()?;
    if active.id == run && active.turn == turn && active.phase == Phase::Asking {
        Ok(active.broken_off)
    } else {
        Err(Rejection::Stale)
    }
}

/// Gives a new id to calls without one, or with one that the session has seen: servers number calls anew in
/// every reply, and results are paired by id.
fn make_ids_unique(step: &Step<'_>, turn: u32, response: &mut ChatResponse) {
    let mut seen = BTreeSet::new();
    let mut number = 0;
    for block in Arc::make_mut(&mut response.content) {
        let ContentBlock::ToolCall(call) = block else { continue };
        number += 1;
        let original = call.id.as_str().to_owned();
        let mut attempt = 0;
        while call.id.as_str().is_empty() || seen.contains(&call.id) || step.state.history.has_call(&call.id)
        {
            let base = if original.is_empty() { "call" } else { original.as_str() };
            let again = if attempt == 0 { String::new() } else { format!("_{attempt}") };
            call.id = ToolCallId::new(format!("{base}_t{turn}_{number}{again}"));
            attempt += 1;
        }
        seen.insert(call.id.clone());
    }
}
