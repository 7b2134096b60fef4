//! Cancel: whatever is on ends, and leaves a history that can be continued.

use std::time::Duration;

use tau_core::event::{CancelScope, EventBody, RunOutcome, ToolOutcome};
use tau_core::{HumanDuration, ToolCallId, ToolResult};

use super::control::CallState;
use super::step::Step;
use super::{Effect, Rejection, prompt, tools};

pub(super) fn cancel(step: &mut Step<'_>, scope: CancelScope) -> Result<(), Rejection> {
    step.require_open()?;
    match &scope {
        CancelScope::ToolCall { call_id } => {
            let is_open = step.control.run().is_some_and(|run| run.open_calls().any(|call| call.call.id == *call_id));
            if !is_open {
                return Err(Rejection::NothingToCancel);
            }
            let call_id = call_id.clone();
            step.emit(EventBody::CancelRequested { scope });
            stop_call(step, &call_id);
            tools::ask_when_ready(step);
        }
        CancelScope::Session => {
            step.emit(EventBody::CancelRequested { scope });
            stop_work(step);
            prompt::cancel_all(step);
            step.emit(EventBody::SessionClosed);
        }
        _ => {
            if step.control.run().is_none() {
                return Err(Rejection::NothingToCancel);
            }
            step.emit(EventBody::CancelRequested { scope });
            stop_work(step);
            prompt::finish_run(step, RunOutcome::Cancelled);
        }
    }
    Ok(())
}

/// Stops the model and every call of the run that is on.
fn stop_work(step: &mut Step<'_>) {
    let Some(run) = step.control.run() else { return };
    let open: Vec<ToolCallId> = run.open_calls().map(|call| call.call.id.clone()).collect();
    if run.asking {
        step.effect(Effect::StopModel);
    }
    for call in open {
        stop_call(step, &call);
    }
}

/// Ends a call with a result that says what is known of it.
fn stop_call(step: &mut Step<'_>, id: &ToolCallId) {
    let state = step.control.run().and_then(|run| run.call(id)).map(|call| call.state);
    let text = if state == Some(CallState::Running) {
        step.effect(Effect::StopTool { call_id: id.clone() });
        "Cancelled by the user. It was stopped on its way and may have done a part of its work."
    } else {
        "Cancelled by the user before it ran."
    };
    step.emit(EventBody::ToolFinished {
        outcome: ToolOutcome::Cancelled,
        result: ToolResult::error(id.clone(), text),
        elapsed: HumanDuration::from(Duration::ZERO),
    });
}
