//! Prompts: how work enters, and how it ends.

use std::collections::BTreeMap;

use tau_core::event::{EventBody, RunOutcome, SessionConfig};
use tau_core::{ContentBlock, RunId};

use super::step::Step;
use super::{Effect, Rejection, turn};

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
    if step.control.run().is_none() {
        start_next(step);
    }
    Ok(())
}

/// Calls and results are the model's and the tools': smuggled in, they would tear the history.
pub(super) fn require_words(content: &[ContentBlock]) -> Result<(), Rejection> {
    let is_allowed =
        |block: &ContentBlock| matches!(block, ContentBlock::Text { .. } | ContentBlock::Image(_));
    let is_blank = |block: &ContentBlock| block.as_text().is_some_and(|text| text.trim().is_empty());
    let is_valid = content.iter().all(is_allowed) && !content.iter().all(is_blank);
    if is_valid { Ok(()) } else { Err(Rejection::InvalidContent) }
}

/// Ends the run that is on, and starts the next that waits.
pub(super) fn finish_run(step: &mut Step<'_>, outcome: RunOutcome) {
    end_run(step, outcome);
    start_next(step);
}

/// Starts the run that waits longest, if one does.
pub(super) fn start_next(step: &mut Step<'_>) {
    if let Some(run) = step.control.queue().front().copied() {
        step.emit(EventBody::RunStarted { run });
        set_timer(step);
        turn::ask(step);
    }
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
        step.emit(EventBody::RunStarted { run });
        end_run(step, RunOutcome::Cancelled);
    }
}

fn end_run(step: &mut Step<'_>, outcome: RunOutcome) {
    if let Some(run) = step.control.run().map(|run| run.id) {
        step.emit(EventBody::RunFinished { run, outcome });
    }
}
