//! Hooks: asked at points of the loop, and what their decisions lead to.
//!
//! What waits for hooks is in the fold, so that it is asked about again after a crash: a call in its state, a prompt at
//! the head of the queue, a turn in the phase of its run. A decision is journaled where it changes something, or where
//! the journal must show that it was made.

use std::collections::BTreeSet;

use tau_core::event::{
    DenialReason, EventBody, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, RunOutcome, Seq,
};
use tau_core::{ContentBlock, RunId, ToolArguments, ToolCallId, ToolResultBlock};

use super::run::Call;
use super::step::Step;
use super::{Effect, Rejection, budget, permission, prompt, tools, turn};

/// Hooks are asked at other points from here on.
pub(super) fn set(step: &mut Step<'_>, points: BTreeSet<HookPoint>) -> Result<(), Rejection> {
    step.require_open()?;
    if *step.control.hooked() == points {
        return Ok(());
    }
    let was_asked = step.control.is_hooked(HookPoint::SessionStarted);
    step.emit(EventBody::HooksSet { points });
    if !was_asked {
        started(step);
    }
    Ok(())
}

/// The session has started: its first run waits for what hooks add.
pub(super) fn started(step: &mut Step<'_>) {
    if step.control.awaits_start() {
        ask(step, HookPoint::SessionStarted, HookSubject::Session);
    }
}

pub(super) fn ask(step: &mut Step<'_>, point: HookPoint, about: HookSubject) {
    step.effect(Effect::AskHooks { point, about });
}

pub(super) fn ask_about_call(step: &mut Step<'_>, point: HookPoint, call_id: &ToolCallId) {
    ask(step, point, HookSubject::Call { call_id: call_id.clone() });
}

/// Nobody waits any more for what hooks say of something. A session that has none is not told.
pub(super) fn stop(step: &mut Step<'_>, about: HookSubject) {
    if !step.control.hooked().is_empty() {
        step.effect(Effect::StopHooks { about });
    }
}

/// The same for one call, if hooks are asked about it.
pub(super) fn stop_call(step: &mut Step<'_>, call_id: &ToolCallId) {
    let awaits =
        step.control.run().and_then(|run| run.call(call_id)).is_some_and(|call| call.awaits.is_some());
    if awaits {
        stop(step, HookSubject::Call { call_id: call_id.clone() });
    }
}

/// The point at which hooks are told of an event, for those that are only told.
pub(super) const fn told_at(event: &EventBody) -> Option<HookPoint> {
    match event {
        EventBody::ModelReplied { .. } => Some(HookPoint::AfterModel),
        EventBody::PermissionRequested { .. }
        | EventBody::QuestionAsked { .. }
        | EventBody::PlanProposed { .. } => Some(HookPoint::Notification),
        _ => None,
    }
}

pub(super) fn tell(point: HookPoint, seq: Seq) -> Effect {
    Effect::TellHooks { point, seq }
}

/// Hooks decided.
pub(super) fn decided(
    step: &mut Step<'_>,
    point: HookPoint,
    about: HookSubject,
    decision: HookDecision,
) -> Result<(), Rejection> {
    step.require_open()?;
    let decision = crate::hooks::fitting(point, decision);
    match about {
        HookSubject::Session if point == HookPoint::SessionStarted => session_decided(step, decision),
        HookSubject::Run { run } if point == HookPoint::BeforePrompt => prompt::judged(step, run, decision),
        HookSubject::Turn { run, turn } => turn_decided(step, point, run, turn, decision),
        HookSubject::Call { call_id } => call_decided(step, point, &call_id, decision),
        _ => Err(Rejection::Stale),
    }
}

/// Journals a decision.
pub(super) fn note(step: &mut Step<'_>, point: HookPoint, about: HookSubject, decision: HookDecision) {
    step.emit(EventBody::HooksDecided { point, about, decision: Box::new(decision) });
}

fn session_decided(step: &mut Step<'_>, decision: HookDecision) -> Result<(), Rejection> {
    if !step.control.is_starting() {
        return Err(Rejection::Stale);
    }
    note(step, HookPoint::SessionStarted, HookSubject::Session, decision);
    if step.control.run().is_none() {
        prompt::start_next(step);
    }
    Ok(())
}

fn turn_decided(
    step: &mut Step<'_>,
    point: HookPoint,
    run: RunId,
    turn: u32,
    mut decision: HookDecision,
) -> Result<(), Rejection> {
    let about = HookSubject::Turn { run, turn };
    if point == HookPoint::BeforeStop {
        turn::require_answered(step, run, turn)?;
        if decision.verdict != HookVerdict::Deny {
            prompt::finish_run(step, RunOutcome::Completed);
            return Ok(());
        }
        // What is left to do is told to the model like any context.
        let words = told("There is more to do before you stop.", &decision.message);
        decision = decision.with_context([ContentBlock::text(words)]);
        note(step, point, about, decision);
        turn::ask(step);
        return Ok(());
    }
    turn::require_due(step, run, turn)?;
    match point {
        HookPoint::BeforeCompaction => {
            let keep = decision.context.iter().filter_map(ContentBlock::as_text).collect::<Vec<_>>();
            step.effect(Effect::Compact { run, turn, keep: keep.join("\n\n") });
        }
        HookPoint::AfterCompaction if step.run()?.compacted => {
            note(step, point, about, decision);
            turn::go_on(step, run, turn);
        }
        HookPoint::BeforeModel => {
            let denied = (decision.verdict == HookVerdict::Deny).then(|| decision.message.clone());
            if !decision.is_nothing() {
                note(step, point, about, decision);
            }
            match (denied, budget::exceeded(step)) {
                (Some(message), _) => prompt::finish_run(step, RunOutcome::Denied { message }),
                // Subagents that were stopped may have reported meanwhile.
                (None, Some(outcome)) => prompt::finish_run(step, outcome),
                (None, None) => turn::request(step, run, turn),
            }
        }
        _ => return Err(Rejection::Stale),
    }
    Ok(())
}

fn call_decided(
    step: &mut Step<'_>,
    point: HookPoint,
    id: &ToolCallId,
    decision: HookDecision,
) -> Result<(), Rejection> {
    let run = step.run()?;
    let known = run.call(id).filter(|call| call.awaits == Some(point)).cloned().ok_or(Rejection::Stale)?;
    let waited = run.waiting_calls();
    let about = HookSubject::Call { call_id: id.clone() };
    let (verdict, message) = (decision.verdict, decision.message.clone());
    let is_before =
        matches!(point, HookPoint::BeforeTool | HookPoint::BeforeSubagent | HookPoint::PermissionRequested);
    if is_before && verdict == HookVerdict::Deny {
        note(step, point, about, decision);
        let text = told("Not run: a hook does not allow this call.", &message);
        tools::refuse(step, id, DenialReason::Hook, text);
    } else if point == HookPoint::PermissionRequested && verdict == HookVerdict::Continue {
        permission::ask_person(step, &known);
    } else {
        note(step, point, about, for_call(point, &known, decision));
        let next = step.run()?.call(id).and_then(|call| call.awaits);
        if let Some(next) = next {
            ask_about_call(step, next, id);
        }
    }
    tools::run_released(step, &waited);
    tools::ask_when_ready(step);
    Ok(())
}

/// A decision about a call as it is journaled: what is changed, in the form in which the call takes it.
fn for_call(point: HookPoint, call: &Call, mut decision: HookDecision) -> HookDecision {
    match (point, decision.verdict, decision.change.take()) {
        (HookPoint::AfterTool | HookPoint::AfterSubagent, HookVerdict::Deny, _) => {
            let words = told("Withheld: a hook does not let this result be read.", &decision.message);
            decision.with_change(withheld(words))
        }
        (HookPoint::BeforeSubagent, _, Some(HookChange::Prompt { content, .. })) => {
            match with_prompt(call, &content) {
                Some(arguments) => decision.with_change(HookChange::Arguments { arguments }),
                None => decision,
            }
        }
        (_, _, change) => {
            decision.change = change;
            decision
        }
    }
}

/// The arguments of a call for a subagent, with another prompt.
fn with_prompt(call: &Call, content: &[ContentBlock]) -> Option<ToolArguments> {
    let prompt = content.iter().filter_map(ContentBlock::as_text).collect::<Vec<_>>().join("\n\n");
    let mut value = call.call.arguments.value().ok()?;
    value.as_object_mut()?.insert("prompt".to_owned(), prompt.into());
    Some(ToolArguments::parse(value.to_string()))
}

fn withheld(words: String) -> HookChange {
    HookChange::Result { content: vec![ToolResultBlock::text(words)], is_error: true }
}

/// Whatever hooks could still have taken out of results, nobody reads: the run ends before they said.
pub(super) fn withhold(step: &mut Step<'_>, why: &str) {
    let calls = step.control.run().into_iter().flat_map(|run| run.calls_awaiting_after());
    let calls: Vec<(HookPoint, ToolCallId)> =
        calls.map(|(point, call)| (point, call.call.id.clone())).collect();
    for (point, call_id) in calls {
        let words = format!("Withheld: {why} before hooks had looked at this result. The call did end.");
        let decision = HookDecision::new(HookVerdict::Deny, why).with_change(withheld(words));
        note(step, point, HookSubject::Call { call_id }, decision);
    }
}

/// Asks about a call that has ended, if hooks are to see it before the model.
pub(super) fn ask_after(step: &mut Step<'_>, id: &ToolCallId) {
    let point = step.control.run().and_then(|run| run.call(id)).and_then(|call| call.awaits);
    if let Some(point) = point {
        ask_about_call(step, point, id);
    }
}

/// Asks again, after a crash, about results that the model may not read yet.
pub(super) fn ask_after_again(step: &mut Step<'_>) {
    let calls = step.control.run().into_iter().flat_map(|run| run.calls_awaiting_after());
    let calls: Vec<ToolCallId> = calls.map(|(_, call)| call.call.id.clone()).collect();
    calls.iter().for_each(|id| ask_after(step, id));
}

pub(super) fn told(what: &str, message: &str) -> String {
    if message.trim().is_empty() { what.to_owned() } else { format!("{what} It said: {message}") }
}
