//! Tool calls: announced together, run, and answered one by one.

use std::fmt::Write as _;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tau_core::event::{DenialReason, EventBody, RunOutcome, ToolOutcome};
use tau_core::{HumanDuration, ToolCall, ToolCallId, ToolResult};

use super::control::CallState;
use super::step::Step;
use super::{Effect, Rejection, budget, permission, prompt, turn};

/// The model called tools: all calls are announced in one append, and those that may run, run.
pub(super) fn announce(step: &mut Step<'_>, calls: Vec<ToolCall>) {
    let run = step.control.run().map(|run| run.id.to_string()).unwrap_or_default();
    for call in &calls {
        step.emit(EventBody::ToolRequested {
            arguments_hash: sha256_hex(&[call.arguments.raw()]),
            idempotency_key: sha256_hex(&[&run, call.id.as_str()]),
            effect: step.control.effect_class(&call.name),
            call: call.clone(),
        });
    }
    if let Some(limit) = budget::tool_calls_exceeded(step) {
        for call in &calls {
            refuse(step, &call.id, DenialReason::Rule, "Not run: the budget of tool calls is used up.");
        }
        return prompt::finish_run(step, RunOutcome::BudgetExceeded { limit });
    }
    for call in calls {
        permission::judge(step, call);
    }
    ask_when_ready(step);
}

/// A tool call ended.
pub(super) fn finished(
    step: &mut Step<'_>,
    outcome: ToolOutcome,
    result: ToolResult,
    elapsed: HumanDuration,
) -> Result<(), Rejection> {
    let waits = step.run()?.call(&result.call_id).is_some_and(|call| call.state == CallState::Running);
    if !waits {
        // Late or double: the call has its one result.
        return Err(Rejection::Stale);
    }
    step.emit(EventBody::ToolFinished { outcome, result, elapsed });
    ask_when_ready(step);
    Ok(())
}

/// Lets a call run.
pub(super) fn run(step: &mut Step<'_>, call: ToolCall) {
    step.effect(Effect::RunTool { call });
}

/// Ends a call that does not run.
pub(super) fn refuse(step: &mut Step<'_>, id: &ToolCallId, reason: DenialReason, text: impl Into<String>) {
    step.emit(EventBody::ToolFinished {
        outcome: ToolOutcome::Denied { reason },
        result: ToolResult::error(id.clone(), text),
        elapsed: HumanDuration::from(Duration::ZERO),
    });
}

/// Asks the model for the next turn when every call has its result.
pub(super) fn ask_when_ready(step: &mut Step<'_>) {
    let is_ready = step.control.run().is_some_and(|run| !run.asking && run.open_calls().next().is_none());
    if is_ready {
        turn::ask(step);
    }
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
