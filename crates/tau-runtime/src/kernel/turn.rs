//! A turn: the model is asked, and answers or fails.

use std::collections::BTreeSet;
use std::sync::Arc;

use tau_core::event::{EventBody, HookPoint, HookSubject, ModelFailure, ModelFailureKind, RunOutcome};
use tau_core::{ChatResponse, ContentBlock, RunId, ToolCall, ToolCallId};

use super::run::Phase;
use super::step::Step;
use super::{Effect, Rejection, budget, compaction, hooks, prompt, tools};

/// How often a turn is asked again when its answer breaks off.
const MAX_BROKEN_OFF: u32 = 2;

/// Asks the model for the next turn, unless the budget forbids it.
pub(super) fn ask(step: &mut Step<'_>) {
    if let Some(outcome) = budget::exceeded(step) {
        return prompt::finish_run(step, outcome);
    }
    let Some(run) = step.control.run() else { return };
    let (run, turn, is_compacted) = (run.id, run.turn + 1, run.compacted);
    if is_compacted {
        hooks::ask(step, HookPoint::AfterCompaction, HookSubject::Turn { run, turn });
    } else if compaction::is_due(step) {
        compaction::begin(step, run, turn);
    } else {
        approach(step, run, turn);
    }
}

/// Goes on to a turn whose history is as short as it gets. Making it shorter has cost something, and subagents that
/// were stopped may have reported meanwhile.
pub(super) fn go_on(step: &mut Step<'_>, run: RunId, turn: u32) {
    match budget::exceeded(step) {
        Some(outcome) => prompt::finish_run(step, outcome),
        None => approach(step, run, turn),
    }
}

/// The last thing before a request.
fn approach(step: &mut Step<'_>, run: RunId, turn: u32) {
    if step.control.is_hooked(HookPoint::BeforeModel) {
        hooks::ask(step, HookPoint::BeforeModel, HookSubject::Turn { run, turn });
    } else {
        request(step, run, turn);
    }
}

/// The model has nothing more to do.
pub(super) fn stop(step: &mut Step<'_>) {
    let Some(run) = step.control.run() else { return };
    let (run, turn, phase) = (run.id, run.turn, run.phase);
    if phase != Phase::Answered {
        return ask(step);
    }
    // Their reports are read before the last word.
    if step.control.children_in_background().next().is_some() {
        return;
    }
    if step.control.is_hooked(HookPoint::BeforeStop) {
        hooks::ask(step, HookPoint::BeforeStop, HookSubject::Turn { run, turn });
    } else {
        prompt::finish_run(step, RunOutcome::Completed);
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
        stop(step);
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

/// A turn that is about to be asked for, and nothing else.
pub(super) fn require_due(step: &Step<'_>, run: RunId, turn: u32) -> Result<(), Rejection> {
    let active = step.run()?;
    let is_between = !matches!(active.phase, Phase::Asking | Phase::Answered) && active.is_settled();
    let is_due = active.id == run && active.turn + 1 == turn && is_between;
    if is_due { Ok(()) } else { Err(Rejection::Stale) }
}

/// A turn in which the model had nothing more to do.
pub(super) fn require_answered(step: &Step<'_>, run: RunId, turn: u32) -> Result<(), Rejection> {
    let active = step.run()?;
    let is_answered = active.id == run && active.turn == turn && active.phase == Phase::Answered;
    if is_answered { Ok(()) } else { Err(Rejection::Stale) }
}

/// Gives a new id to calls without one, or with one that the session has seen: servers number calls anew in
/// every reply, and results are paired by id.
fn make_ids_unique(step: &Step<'_>, turn: u32, response: &mut ChatResponse) {
    let mut seen = BTreeSet::new();
    let mut number = 0;
    for block in Arc::make_mut(&mut response.content) {
        let ContentBlock::ToolCall(call) = block else { continue };
        number += 1;
        let original = call.id.clone();
        let mut attempt = 0;
        while call.id.as_str().is_empty() || seen.contains(&call.id) || step.state.history.has_call(&call.id)
        {
            let base = if original.as_str().is_empty() { "call" } else { original.as_str() };
            let again = if attempt == 0 { String::new() } else { format!("_{attempt}") };
            call.id = ToolCallId::new(format!("{base}_t{turn}_{number}{again}"));
            attempt += 1;
        }
        seen.insert(call.id.clone());
    }
}
