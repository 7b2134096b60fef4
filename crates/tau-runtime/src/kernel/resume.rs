//! Resume: a new writer takes a session up where its journal ends, wherever that is.

use std::collections::BTreeSet;

use tau_core::event::{EventBody, ToolOutcome};
use tau_core::{ContentBlock, EffectClass, SessionId, ToolCall, ToolCallId, ToolResult};
use tau_tools::permission::Decision;

use super::run::{Call, CallState, Phase, WaitsFor};
use super::step::Step;
use super::{Effect, Rejection, fork, hooks, permission, prompt, subagent, tools, turn};

/// What the model is told of a call that may have run.
const UNKNOWN: &str = "Outcome unknown: the agent was interrupted while this call was running. It may have done all, a \
                       part or nothing of its work. Find out which before you do it again.";

/// Goes on with whatever the journal left undone. Any prefix of a journal can be taken up, also one that ends inside
/// an append.
pub(super) fn resume(step: &mut Step<'_>) -> Result<(), Rejection> {
    step.require_open()?;
    step.emit(EventBody::SessionResumed);
    hooks::started(step);
    if step.control.is_settling() {
        fork::settle(step, "The session was copied, or went back, while this call was under way.");
        return Ok(());
    }
    stop_forgotten(step);
    let Some(run) = step.control.run() else {
        prompt::start_next(step);
        return Ok(());
    };
    let (id, turn, phase) = (run.id, run.turn, run.phase);
    prompt::set_timer(step);
    subagent::take_up_in_background(step);
    match phase {
        // Asking a model changes nothing in the world, so an answer that was lost is asked for again.
        Phase::Asking => step.effect(Effect::CallModel { run: id, turn }),
        Phase::Failed => turn::request(step, id, turn),
        Phase::Answered => turn::stop(step),
        Phase::Begun | Phase::Acting => take_up_calls(step),
    }
    Ok(())
}

/// A call that may have run and must not run twice ends as unknown; those never announced are announced now; and all
/// that are open are judged again in their order, because the journal may end before what was judged. So those that may
/// be repeated run again, and subagents go on; hooks are asked again. Calls that wait for a person go on waiting.
fn take_up_calls(step: &mut Step<'_>) {
    for call in lost_calls(step) {
        tools::end(step, ToolOutcome::Unknown, ToolResult::error(call, UNKNOWN));
    }
    let is_known = |call: &&ToolCall| step.control.run().is_some_and(|run| run.call(&call.id).is_some());
    let unannounced: Vec<ToolCall> = newest_calls(step).filter(|call| !is_known(call)).cloned().collect();
    let unannounced = tools::meant(step, unannounced);
    tools::announce(step, &unannounced);
    if tools::end_beyond_budget(step) {
        return;
    }
    let Some(run) = step.control.run() else { return };
    let goes_on = [CallState::Running, CallState::Waiting(WaitsFor::Hooks)];
    let (id, is_open) = (run.id, |call: &&Call| goes_on.contains(&call.state));
    let open: Vec<ToolCall> =
        run.calls.iter().filter(is_open).map(|call| ToolCall::clone(&call.call)).collect();
    for call in open {
        if step.control.child_of(id, &call.id).is_some() {
            subagent::take_up(step, &call);
        } else {
            permission::judge(step, call);
        }
    }
    hooks::ask_after_again(step);
    tools::ask_when_ready(step);
}

/// The calls that may have run and must not run twice. One that is held has not run, nor has one that would not be let
/// run now: nothing that was allowed is taken back. And a call that only asks, or whose subagent has no session yet, has
/// done nothing.
fn lost_calls(step: &Step<'_>) -> Vec<ToolCallId> {
    let Some(run) = step.control.run() else { return Vec::new() };
    let may_have_run = |call: &&Call| {
        let name = &call.call.name;
        call.state == CallState::Running
            && call.kind.is_executed()
            && call.effect == EffectClass::AtMostOnce
            && step.control.has_tool(name)
            && !run.is_held(&call.call.id)
            && (call.allowed || permission::verdict(&step.control, call).decision == Decision::Allow)
    };
    run.calls.iter().filter(may_have_run).map(|call| call.call.id.clone()).collect()
}

/// Subagents whose call has ended were being stopped: they are stopped again, and report what they spent.
fn stop_forgotten(step: &mut Step<'_>) {
    let at_work: BTreeSet<SessionId> =
        step.control.children_in_background().map(|(child, _)| child).collect();
    let stopped = step.control.children_without_call().map(|(child, _)| child);
    let stopped: Vec<SessionId> = stopped.filter(|child| !at_work.contains(child)).collect();
    stopped.into_iter().for_each(|child| step.effect(Effect::StopSubagent { child }));
}

/// The calls of the newest reply that have no result.
fn newest_calls<'a>(step: &Step<'a>) -> impl Iterator<Item = &'a ToolCall> {
    let history = &step.state.history;
    let open: BTreeSet<&ToolCallId> = history.open_calls().collect();
    let newest = history.messages().iter().rev().find(|message| message.tool_calls().next().is_some());
    let blocks = newest.into_iter().flat_map(|message| message.content.iter());
    blocks.filter_map(move |block| match block {
        ContentBlock::ToolCall(call) if open.contains(&call.id) => Some(call),
        _ => None,
    })
}
