//! Resume: a new writer takes a session up where its journal ends, wherever that is.

use std::collections::BTreeSet;
use std::time::Duration;

use tau_core::event::{EventBody, RunOutcome, ToolOutcome};
use tau_core::{ContentBlock, EffectClass, HumanDuration, ToolCall, ToolCallId, ToolResult};

use super::control::{Call, CallState};
use super::step::Step;
use super::{Effect, Rejection, permission, prompt, tools};

/// What the model is told of a call that may have run.
const UNKNOWN: &str = "Outcome unknown: the agent was interrupted while this call was running. It may have done all, a \
                       part or nothing of its work. Find out which before you do it again.";

/// Goes on with whatever the journal left undone. Any prefix of a journal can be taken up, also one that ends inside
/// an append.
pub(super) fn resume(step: &mut Step<'_>) -> Result<(), Rejection> {
    step.require_open()?;
    step.emit(EventBody::SessionResumed);
    let Some(run) = step.control.run() else {
        prompt::start_next(step);
        return Ok(());
    };
    let (id, turn) = (run.id, run.turn);
    let (asking, answered) = (run.asking, run.answered);
    prompt::set_timer(step);
    if asking {
        // Asking a model changes nothing in the world, so an answer that was lost is asked for again.
        step.effect(Effect::CallModel { run: id, turn });
    } else if answered {
        prompt::finish_run(step, RunOutcome::Completed);
    } else {
        take_up_calls(step);
    }
    Ok(())
}

/// Calls that change nothing run again; any other that may have run ends as unknown; those never announced did not
/// run, and are announced now. Calls that wait for permission go on waiting.
fn take_up_calls(step: &mut Step<'_>) {
    let Some(run) = step.control.run() else { return };
    let known: BTreeSet<ToolCallId> = run.calls.iter().map(|call| call.call.id.clone()).collect();
    // What is held has not run, and waits on.
    let has_begun = |call: &&Call| call.state == CallState::Running && !run.is_held(&call.call.id);
    let running = run.calls.iter().filter(has_begun);
    let running: Vec<ToolCall> = running.map(|call| ToolCall::clone(&call.call)).collect();
    let is_harmless = |call: &ToolCall| {
        step.control.effect_class(&call.name) == EffectClass::Pure || !step.control.has_tool(&call.name)
    };
    let (again, unknown): (Vec<ToolCall>, Vec<ToolCall>) = running.into_iter().partition(is_harmless);
    for call in unknown {
        step.emit(EventBody::ToolFinished {
            outcome: ToolOutcome::Unknown,
            result: ToolResult::error(call.id, UNKNOWN),
            elapsed: HumanDuration::from(Duration::ZERO),
        });
    }
    let unannounced: Vec<ToolCall> =
        newest_calls(step).filter(|call| !known.contains(&call.id)).cloned().collect();
    if !unannounced.is_empty() {
        tools::announce(step, unannounced);
    }
    for call in again {
        // The budget may have ended the run meanwhile, and every call with it. A call is judged again, because the
        // journal may end before what was judged.
        let is_open = step
            .control
            .run()
            .and_then(|run| run.call(&call.id))
            .is_some_and(|call| call.state == CallState::Running);
        if is_open {
            permission::judge(step, call);
        }
    }
    tools::ask_when_ready(step);
}

/// The calls of the newest reply that have no result.
fn newest_calls<'a>(step: &Step<'a>) -> impl Iterator<Item = &'a ToolCall> {
    let history = &step.state.history;
    let open: BTreeSet<&ToolCallId> = history.open_calls().collect();
    let newest = history.messages().iter().rev().find(|message| message.tool_calls().next().is_some());
    let blocks = newest.into_iter().flat_map(|message| &message.content);
    blocks.filter_map(move |block| match block {
        ContentBlock::ToolCall(call) if open.contains(&call.id) => Some(call),
        _ => None,
    })
}
