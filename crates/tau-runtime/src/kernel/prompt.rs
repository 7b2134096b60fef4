//! Prompts: how work enters, and how it ends.

use std::collections::BTreeMap;

use tau_core::event::{
    EventBody, HookChange, HookDecision, HookPoint, HookSubject, HookVerdict, RunOutcome, SessionConfig,
};
use tau_core::{ContentBlock, RunId};

use super::step::Step;
use super::{Effect, Rejection, hooks, subagent, turn};

/// The session begins.
pub(super) fn create(step: &mut Step<'_>, config: Box<SessionConfig>) -> Result<(), Rejection> {
    if step.control.config().is_some() {
        return Err(Rejection::AlreadyCreated);
    }
    step.emit(EventBody::SessionCreated(config));
    Ok(())
}

/// Someone changes what the session is found by; the model is not told.
pub(super) fn describe(step: &mut Step<'_>, metadata: BTreeMap<String, String>) -> Result<(), Rejection> {
    step.require_open()?;
    step.emit(EventBody::SessionUpdated { metadata });
    Ok(())
}

/// Someone asks for work: it starts when no run is on, and waits otherwise.
pub(super) fn submit(step: &mut Step<'_>, run: RunId, content: Vec<ContentBlock>) -> Result<(), Rejection> {
    step.require_open()?;
    require_words(&content)?;
    if step.state.runs.contains(&run) {
        return Err(Rejection::DuplicateRun(run));
    }
    step.emit(EventBody::PromptSubmitted { run, content });
    // Of the one before it, if that waits, hooks were asked.
    if step.control.run().is_none() && step.control.queue().len() == 1 {
        start_next(step);
    }
    Ok(())
}

/// Hooks decided about the prompt that is next. One that they do not let in never reaches the model.
pub(super) fn judged(step: &mut Step<'_>, run: RunId, mut decision: HookDecision) -> Result<(), Rejection> {
    let is_next = step.control.run().is_none() && step.control.queue().front() == Some(&run);
    if !is_next || step.control.awaits_start() {
        return Err(Rejection::Stale);
    }
    let is_speech = |change: &HookChange| match change {
        HookChange::Prompt { content, .. } => require_words(content).is_ok(),
        _ => false,
    };
    decision.change = decision.change.filter(is_speech);
    let denied = (decision.verdict == HookVerdict::Deny).then(|| decision.message.clone());
    if !decision.is_nothing() {
        hooks::note(step, HookPoint::BeforePrompt, HookSubject::Run { run }, decision);
    }
    match denied {
        Some(message) => {
            step.emit(EventBody::RunFinished { run, outcome: RunOutcome::Denied { message } });
            start_next(step);
        }
        None => begin(step, run),
    }
    Ok(())
}

/// Calls and results are the model's and the tools': smuggled in, they would tear the history.
pub(super) fn require_words(content: &[ContentBlock]) -> Result<(), Rejection> {
    if ContentBlock::are_words(content) { Ok(()) } else { Err(Rejection::InvalidContent) }
}

/// Ends the run that is on, and starts the next that waits.
pub(super) fn finish_run(step: &mut Step<'_>, outcome: RunOutcome) {
    end_run(step, outcome);
    start_next(step);
}

/// Starts the run that waits longest, if one does and hooks let it.
pub(super) fn start_next(step: &mut Step<'_>) {
    let Some(run) = step.control.queue().front().copied() else { return };
    if step.control.awaits_start() {
        return;
    }
    if step.control.awaits_admission(run) {
        hooks::ask(step, HookPoint::BeforePrompt, HookSubject::Run { run });
    } else {
        begin(step, run);
    }
}

fn begin(step: &mut Step<'_>, run: RunId) {
    step.emit(EventBody::RunStarted { run });
    set_timer(step);
    turn::ask(step);
}

/// Asks to be told when the time of the run that is on is used up.
pub(super) fn set_timer(step: &mut Step<'_>) {
    let limit = step.control.config().and_then(|config| config.budget.max_time);
    if let (Some(run), Some(after)) = (step.control.run(), limit) {
        step.effect(Effect::SetTimer { run: run.id, after });
    }
}

/// Ends the run that is on, and every one that waits, without asking the model.
pub(super) fn cancel_all(step: &mut Step<'_>) {
    end_run(step, RunOutcome::Cancelled);
    while let Some(run) = step.control.queue().front().copied() {
        // A prompt that hooks have not let in is not part of the conversation.
        if step.control.awaits_start() || step.control.awaits_admission(run) {
            step.emit(EventBody::RunFinished { run, outcome: RunOutcome::Cancelled });
            continue;
        }
        step.emit(EventBody::RunStarted { run });
        end_run(step, RunOutcome::Cancelled);
    }
}

fn end_run(step: &mut Step<'_>, outcome: RunOutcome) {
    if let Some(run) = step.control.run().map(|run| run.id) {
        subagent::stop_in_background(step);
        step.emit(EventBody::RunFinished { run, outcome });
    }
}
