//! Permission: which calls run, which are asked about, and what the answers mean.

use tau_core::event::{DenialReason, EventBody, PermissionAnswer, ToolKind};
use tau_core::{ToolCall, ToolCallId};
use tau_tools::Verdict;

use super::run::{CallState, WaitsFor};
use super::step::Step;
use super::{Rejection, plan, question, tools};

/// Judges a call that was announced.
pub(super) fn judge(step: &mut Step<'_>, call: ToolCall) {
    let is_allowed = step.control.run().and_then(|run| run.call(&call.id)).is_some_and(|call| call.allowed);
    // A call of no tool does nothing but tell the model so: there is nothing to permit.
    if is_allowed || !step.control.has_tool(&call.name) {
        return tools::run(step, call);
    }
    let verdict = step.control.policy().verdict(&call.name, step.control.effect_class(&call.name));
    match (verdict, step.control.tool_kind(&call.name)) {
        // To ask a person, one need not ask whether one may ask.
        (Verdict::Allow | Verdict::Ask { .. }, ToolKind::AskUser) => question::ask(step, &call),
        (Verdict::Allow | Verdict::Ask { .. }, ToolKind::ProposePlan) => plan::propose(step, &call),
        (Verdict::Allow, _) => tools::run(step, call),
        (Verdict::Ask { reason }, _) => {
            step.emit(EventBody::PermissionRequested { call_id: call.id, reason })
        }
        (Verdict::Deny { reason }, _) => {
            tools::refuse(
                step,
                &call.id,
                DenialReason::Rule,
                format!("Not run: {reason}. Do it another way."),
            );
        }
        // A verdict this version does not know does not let anything run.
        _ => tools::refuse(
            step,
            &call.id,
            DenialReason::Rule,
            "Not run: the permission rules do not allow it.",
        ),
    }
}

/// Someone answered.
pub(super) fn answered(
    step: &mut Step<'_>,
    call_id: &ToolCallId,
    answer: PermissionAnswer,
) -> Result<(), Rejection> {
    let waited = tools::require_waiting(step, call_id, WaitsFor::Permission)?;
    let tool = step.run()?.call(call_id).map(|call| call.call.name.clone()).unwrap_or_default();
    step.emit(EventBody::PermissionAnswered { call_id: call_id.clone(), answer: answer.clone() });
    match answer {
        PermissionAnswer::Allow => {}
        PermissionAnswer::AllowAlways => allow_waiting(step, &tool),
        PermissionAnswer::Deny { message } => {
            let said = if message.is_empty() { String::new() } else { format!(" They said: {message}") };
            let text = format!("Not run: the user does not allow this call.{said}");
            tools::refuse(step, call_id, DenialReason::Person, text);
        }
        _ => {
            let text = format!(
                "Not run: `{tool}` needs permission, and nobody is there to give it. Do what can be done without it."
            );
            tools::refuse(step, call_id, DenialReason::NobodyToAsk, text);
        }
    }
    tools::run_released(step, &waited);
    tools::ask_when_ready(step);
    Ok(())
}

/// Lets the other calls of the reply run that wait for the same answer.
fn allow_waiting(step: &mut Step<'_>, tool: &str) {
    let run = step.control.run().into_iter();
    let asked = run
        .flat_map(|run| &run.calls)
        .filter(|call| call.state == CallState::Waiting(WaitsFor::Permission) && call.call.name == tool);
    let waiting: Vec<ToolCallId> = asked.map(|call| call.call.id.clone()).collect();
    for call_id in waiting {
        step.emit(EventBody::PermissionAnswered { call_id, answer: PermissionAnswer::Allow });
    }
}
