//! Tool calls: announced together, run, and answered one by one.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tau_core::event::{DenialReason, EventBody, RunOutcome, ToolKind, ToolOutcome};
use tau_core::{HumanDuration, ToolCall, ToolCallId, ToolResult};
use tau_tools::resolve_alias;

use super::run::{CallState, Phase, Run, WaitsFor};
use super::step::Step;
use super::{Effect, Rejection, budget, hooks, permission, prompt, subagent, turn};

/// The model called tools: all calls are announced in one append, and those that may run, run.
pub(super) fn called(step: &mut Step<'_>, calls: Vec<ToolCall>) {
    let calls = meant(step, calls);
    announce(step, &calls);
    if !end_beyond_budget(step) {
        calls.into_iter().for_each(|call| permission::judge(step, call));
        ask_when_ready(step);
    }
}

/// The calls by the names of the tools that are there, where a model says another agent's. The history keeps what the
/// model said; what is judged, shown and run is what it meant.
pub(super) fn meant(step: &Step<'_>, calls: Vec<ToolCall>) -> Vec<ToolCall> {
    let has_tool = |name: &str| step.control.has_tool(name);
    calls.into_iter().map(|call| resolve_alias(&call, has_tool).unwrap_or(call)).collect()
}

/// Says that calls are about to be judged, and may run.
pub(super) fn announce(step: &mut Step<'_>, calls: &[ToolCall]) {
    let run = step.control.run().map(|run| run.id.to_string()).unwrap_or_default();
    for call in calls {
        step.emit(EventBody::ToolRequested {
            arguments_hash: sha256_hex(&[call.arguments.raw()]),
            // Not of the id alone: a reply that was lost may have begun what only reads, and the next reply gives its id to
            // another call.
            idempotency_key: sha256_hex(&[&run, call.id.as_str(), &call.name, call.arguments.raw()]),
            effect: step.control.effect_class(&call.name),
            call: call.clone(),
        });
    }
}

/// Ends the run if it has called more tools than it may. Calls are judged only after this, so none of them has run.
pub(super) fn end_beyond_budget(step: &mut Step<'_>) -> bool {
    let Some(limit) = budget::tool_calls_exceeded(step) else { return false };
    let open = step.control.run().into_iter().flat_map(Run::open_calls);
    let open: Vec<ToolCallId> = open.map(|call| call.call.id.clone()).collect();
    for id in &open {
        refuse(step, id, DenialReason::Rule, "Not run: the budget of tool calls is used up.");
    }
    prompt::finish_run(step, RunOutcome::BudgetExceeded { limit });
    true
}

/// A tool call ended.
pub(super) fn finished(
    step: &mut Step<'_>,
    outcome: ToolOutcome,
    result: ToolResult,
    elapsed: HumanDuration,
) -> Result<(), Rejection> {
    let run = step.run()?;
    let is_running = run
        .call(&result.call_id)
        .is_some_and(|call| call.state == CallState::Running && call.kind.is_executed());
    let waits = is_running && !run.is_held(&result.call_id);
    if !waits {
        // Late or double: the call has its one result.
        return Err(Rejection::Stale);
    }
    let id = result.call_id.clone();
    step.emit(EventBody::ToolFinished { outcome, result, elapsed });
    hooks::ask_after(step, &id);
    ask_when_ready(step);
    Ok(())
}

/// Lets a call run, once no earlier one holds it.
pub(super) fn run(step: &mut Step<'_>, call: ToolCall) {
    let Some(run) = step.control.run() else { return };
    let Some(known) = run.call(&call.id).filter(|_| !run.is_held(&call.id)) else { return };
    if known.kind == ToolKind::Subagent {
        return subagent::start(step, call);
    }
    let (run, at_once, idempotency_key) = (run.id, known.begins_at_once(), known.idempotency_key.to_string());
    step.effect(Effect::RunTool { run, call, at_once, idempotency_key });
}

/// Starts those of the calls that waited which nothing holds any more, in their order. They are judged again: a
/// journal may end before what was judged.
pub(super) fn run_released(step: &mut Step<'_>, waited: &BTreeSet<ToolCallId>) {
    let calls = step.control.run().into_iter().flat_map(|run| &run.calls);
    let may_run = calls.filter(|call| call.state == CallState::Running && waited.contains(&call.call.id));
    let may_run: Vec<ToolCall> = may_run.map(|call| ToolCall::clone(&call.call)).collect();
    for call in may_run {
        permission::judge(step, call);
    }
}

/// Ends a call that is not let run.
pub(super) fn refuse(step: &mut Step<'_>, id: &ToolCallId, reason: DenialReason, text: impl Into<String>) {
    end(step, ToolOutcome::Denied { reason }, ToolResult::error(id.clone(), text));
}

/// Ends a call that cannot run as the model made it.
pub(super) fn fail(step: &mut Step<'_>, id: &ToolCallId, text: impl Into<String>) {
    end(step, ToolOutcome::Failed, ToolResult::error(id.clone(), text));
}

/// Ends a call that no tool ran for.
pub(super) fn end(step: &mut Step<'_>, outcome: ToolOutcome, result: ToolResult) {
    let elapsed = HumanDuration::from(Duration::ZERO);
    step.emit(EventBody::ToolFinished { outcome, result, elapsed });
}

/// The calls that have not run yet, when this one is among them and waits for what somebody now says.
pub(super) fn require_waiting(
    step: &Step<'_>,
    id: &ToolCallId,
    what: WaitsFor,
) -> Result<BTreeSet<ToolCallId>, Rejection> {
    let run = step.run()?;
    let is_waiting = run.call(id).is_some_and(|call| call.state == CallState::Waiting(what));
    if is_waiting { Ok(run.waiting_calls()) } else { Err(Rejection::NotWaiting(id.clone())) }
}

/// Asks the model for the next turn when every call has its result, and hooks have seen it.
pub(super) fn ask_when_ready(step: &mut Step<'_>) {
    let is_ready = step.control.run().is_some_and(|run| run.phase != Phase::Asking && run.is_settled());
    if is_ready {
        turn::ask(step);
    }
}

/// What a call of one of the loop's own tools says.
pub(super) fn arguments(call: &ToolCall) -> Result<Value, String> {
    call.arguments.value().map_err(|error| format!("The arguments are not JSON: {error}"))
}

/// SHA-256 of several texts, each preceded by its length.
fn sha256_hex(texts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for text in texts {
        if texts.len() > 1 {
            sha.update((text.len() as u64).to_be_bytes());
        }
        sha.update(text.as_bytes());
    }
    sha.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
