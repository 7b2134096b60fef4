//! Resume: a new writer takes a session up where its journal ends, wherever that is.

use std::collections::BTreeSet;

use tau_core::event::{EventBody, RunOutcome, Spending, ToolKind, ToolOutcome};
use tau_core::{ContentBlock, EffectClass, RunId, SessionId, ToolCall, ToolCallId, ToolResult};

use super::control::Child;
use super::run::{Call, CallState};
use super::step::Step;
use super::{Effect, Rejection, permission, prompt, subagent, tools};

/// What the model is told of a call that may have run.
const UNKNOWN: &str = "Outcome unknown: the agent was interrupted while this call was running. It may have done all, a \
                       part or nothing of its work. Find out which before you do it again.";

/// Goes on with whatever the journal left undone. Any prefix of a journal can be taken up, also one that ends inside
/// an append.
pub(super) fn resume(step: &mut Step<'_>) -> Result<(), Rejection> {
    step.require_open()?;
    step.emit(EventBody::SessionResumed);
    forget_stopped(step);
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

/// Calls that may be repeated run again, subagents go on; any other call that may have run ends as unknown; those never
/// announced did not run, and are announced now. Calls that wait for a person go on waiting.
fn take_up_calls(step: &mut Step<'_>) {
    let Some(run) = step.control.run() else { return };
    let known: BTreeSet<ToolCallId> = run.calls.iter().map(|call| call.call.id.clone()).collect();
    // What is held has not run, and waits on.
    let has_begun = |call: &&Call| call.state == CallState::Running && !run.is_held(&call.call.id);
    let begun: Vec<Call> = run.calls.iter().filter(has_begun).cloned().collect();
    let mut again = Vec::new();
    for call in begun {
        if call.kind == ToolKind::Subagent && step.control.child_of(run_id(step), &call.call.id).is_some() {
            subagent::take_up(step, &call.call);
        } else if may_be_repeated(step, &call) {
            again.push(ToolCall::clone(&call.call));
        } else {
            let result = ToolResult::error(call.call.id.clone(), UNKNOWN);
            tools::end(step, ToolOutcome::Unknown, result);
        }
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

/// Whether a call that may have run can run again: it changes nothing, or whoever runs it knows it by its key. A call
/// that only asks, or whose subagent has no session yet, has not done anything.
fn may_be_repeated(step: &Step<'_>, call: &Call) -> bool {
    call.kind != ToolKind::Run
        || call.effect != EffectClass::AtMostOnce
        || !step.control.has_tool(&call.call.name)
}

fn run_id(step: &Step<'_>) -> RunId {
    step.control.run().map_or(RunId::from_u128(0), |run| run.id)
}

/// Subagents whose call has ended were being stopped: nobody waits for them.
fn forget_stopped(step: &mut Step<'_>) {
    let is_open = |child: &Child| {
        let run = step.control.run().filter(|run| run.id == child.run);
        run.and_then(|run| run.call(&child.call_id)).is_some_and(|call| call.state != CallState::Finished)
    };
    let stopped = step.control.children().iter().filter(|(_, child)| !is_open(child));
    let stopped: Vec<SessionId> = stopped.map(|(id, _)| *id).collect();
    for child in stopped {
        let (outcome, spent) = (RunOutcome::Cancelled, Spending::default());
        step.emit(EventBody::SubagentFinished { child, outcome, spent });
    }
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
