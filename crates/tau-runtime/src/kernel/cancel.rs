//! Cancel: whatever is on ends, and leaves a history that can be continued.

use std::collections::BTreeSet;

use tau_core::event::{CancelScope, EventBody, HookSubject, RunOutcome, ToolOutcome};
use tau_core::{RunId, ToolCallId, ToolResult};

use super::run::Run;
use super::step::Step;
use super::{Effect, Rejection, hooks, prompt, subagent, tools};

const BY_USER: &str = "Cancelled by the user";

pub(super) fn cancel(step: &mut Step<'_>, scope: CancelScope) -> Result<(), Rejection> {
    step.require_open()?;
    match &scope {
        CancelScope::ToolCall { call_id } => {
            let is_open =
                step.control.run().is_some_and(|run| run.open_calls().any(|call| call.call.id == *call_id));
            if !is_open {
                return Err(Rejection::NothingToCancel);
            }
            let call_id = call_id.clone();
            let waited = step.control.run().map(Run::waiting_calls).unwrap_or_default();
            step.emit(EventBody::CancelRequested { scope });
            stop_call(step, &call_id, &waited, BY_USER);
            tools::run_released(step, &waited);
            tools::ask_when_ready(step);
        }
        CancelScope::Session => {
            step.emit(EventBody::CancelRequested { scope });
            stop_work(step, BY_USER);
            hooks::stop(step, HookSubject::Session);
            prompt::cancel_all(step);
            step.emit(EventBody::SessionClosed);
        }
        CancelScope::QueuedRun { run } => {
            if !step.control.queue().contains(run) {
                return Err(Rejection::NothingToCancel);
            }
            let run = *run;
            step.emit(EventBody::CancelRequested { scope });
            cancel_queued(step, run);
        }
        _ => {
            if step.control.run().is_none() {
                // One that hooks have not let begin is what a person sees as on.
                let next = step.control.queue().front().copied().ok_or(Rejection::NothingToCancel)?;
                step.emit(EventBody::CancelRequested { scope });
                cancel_queued(step, next);
                return Ok(());
            }
            step.emit(EventBody::CancelRequested { scope });
            stop_work(step, BY_USER);
            prompt::finish_run(step, RunOutcome::Cancelled);
        }
    }
    Ok(())
}

/// Cancels one run, wherever it is by now.
pub(super) fn cancel_run(step: &mut Step<'_>, run: RunId) -> Result<(), Rejection> {
    let is_on = step.control.run().is_some_and(|on| on.id == run);
    cancel(step, if is_on { CancelScope::Run } else { CancelScope::QueuedRun { run } })
}

/// Ends a run that has not begun. The next begins, if it was the one that hooks were asked about.
fn cancel_queued(step: &mut Step<'_>, run: RunId) {
    let was_next = step.control.run().is_none() && step.control.queue().front() == Some(&run);
    step.emit(EventBody::RunFinished { run, outcome: RunOutcome::Cancelled });
    if was_next {
        hooks::stop(step, HookSubject::Run { run });
        prompt::start_next(step);
    }
}

/// Stops the model and every call of the run that is on.
pub(super) fn stop_work(step: &mut Step<'_>, by: &str) {
    stop_model(step);
    hooks::withhold(step, &format!("the run ended ({})", by.to_lowercase()));
    let Some(run) = step.control.run() else { return };
    let open: Vec<ToolCallId> = run.open_calls().map(|call| call.call.id.clone()).collect();
    let waiting = run.waiting_calls();
    for call in open {
        stop_call(step, &call, &waiting, by);
    }
}

/// Stops whatever is on, without a word about it.
pub(super) fn stop_effects(step: &mut Step<'_>) {
    stop_model(step);
    let Some(run) = step.control.run() else { return };
    let waiting = run.waiting_calls();
    let open: Vec<ToolCallId> = run.open_calls().map(|call| call.call.id.clone()).collect();
    open.iter().filter(|id| !waiting.contains(id)).for_each(|id| stop_running(step, id));
    subagent::stop_in_background(step);
}

/// A run without open calls is asking the model, for a reply or for a summary.
fn stop_model(step: &mut Step<'_>) {
    if let Some(run) = step.control.run().map(|run| run.id) {
        hooks::stop(step, HookSubject::Run { run });
    }
    if step.control.run().is_some_and(|run| run.open_calls().next().is_none()) {
        step.effect(Effect::StopModel);
    }
}

fn stop_running(step: &mut Step<'_>, id: &ToolCallId) {
    let run = step.control.run().map(|run| run.id);
    let child = run.and_then(|run| step.control.child_of(run, id)).map(|(child, _)| child);
    step.effect(match child {
        Some(child) => Effect::StopSubagent { child },
        None => Effect::StopTool { call_id: id.clone() },
    });
}

/// Ends a call with a result that says what is known of it. Those that `waited` have not run.
fn stop_call(step: &mut Step<'_>, id: &ToolCallId, waited: &BTreeSet<ToolCallId>, by: &str) {
    let text = if !waited.contains(id) {
        stop_running(step, id);
        format!("{by}. It was stopped on its way and may have done a part of its work.")
    } else {
        hooks::stop_call(step, id);
        format!("{by} before it ran.")
    };
    tools::end(step, ToolOutcome::Cancelled, ToolResult::error(id.clone(), text));
}
