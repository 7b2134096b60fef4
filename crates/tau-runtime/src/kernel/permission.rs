//! Permission: which calls run, which are asked about, and what the answers mean.

use tau_core::config::PermissionMode;
use tau_core::event::{DenialReason, EventBody, HookPoint, HookVerdict, PermissionAnswer, ToolKind};
use tau_core::{ToolCall, ToolCallId};
use tau_tools::permission::{Decision, Verdict};

use super::control::Control;
use super::run::{Call, CallState, WaitsFor};
use super::step::Step;
use super::{Rejection, hooks, plan, question, tools};

/// The most characters of changed arguments that a person is shown with the question.
const SHOWN: usize = 2_000;

/// Judges a call that was announced, once hooks have.
pub(super) fn judge(step: &mut Step<'_>, call: ToolCall) {
    let Some(known) = step.control.run().and_then(|run| run.call(&call.id)) else { return };
    if let Some(point) = known.awaits {
        return hooks::ask_about_call(step, point, &call.id);
    }
    // A call of no tool does nothing but tell the model so: there is nothing to permit.
    if known.allowed || !step.control.has_tool(&call.name) {
        return tools::run(step, call);
    }
    let known = known.clone();
    let Verdict { decision, reason, .. } = verdict(&step.control, &known);
    match (decision, known.kind) {
        // To ask a person, one need not ask whether one may ask.
        (Decision::Allow | Decision::Ask, ToolKind::AskUser) => question::ask(step, &call),
        (Decision::Allow | Decision::Ask, ToolKind::ProposePlan) => plan::propose(step, &call),
        (Decision::Allow, _) => tools::run(step, call),
        (Decision::Ask, _) if step.control.is_hooked(HookPoint::PermissionRequested) => {
            let (point, call_id) = (HookPoint::PermissionRequested, call.id);
            step.emit(EventBody::HooksAsked { point, call_id: call_id.clone() });
            hooks::ask_about_call(step, point, &call_id);
        }
        (Decision::Ask, _) => ask_person(step, &known),
        // A decision this version does not know does not let anything run.
        _ => tools::refuse(
            step,
            &call.id,
            DenialReason::Rule,
            format!("Not run: {reason}. Do it another way."),
        ),
    }
}

/// What the rules and the hooks together say of a call. Rules that deny have the last word; else the hooks have.
pub(super) fn verdict(control: &Control, call: &Call) -> Verdict {
    let by_rule = control.verdict(&call.call);
    let Some((ruling, message)) = &call.ruling else { return by_rule };
    match (by_rule.decision, ruling) {
        (Decision::Allow | Decision::Ask, HookVerdict::Ask) => {
            if control.mode() == Some(PermissionMode::DontAsk) {
                let reason = hooks::told("a hook wants a person to be asked, and nobody may be.", message);
                return Verdict::new(Decision::Deny, reason);
            }
            Verdict::new(Decision::Ask, hooks::told("A hook wants a person to be asked.", message))
        }
        (Decision::Ask, HookVerdict::Allow) => Verdict::new(Decision::Allow, "a hook allows it"),
        _ => by_rule,
    }
}

/// Asks a person whether a call may run. What hooks changed of it is not what the model said, so it is shown.
pub(super) fn ask_person(step: &mut Step<'_>, call: &Call) {
    let verdict = verdict(&step.control, call);
    let mut reason = if verdict.decision == Decision::Ask { verdict.reason } else { String::new() };
    if call.changed {
        let shown: String = call.call.arguments.raw().chars().take(SHOWN).collect();
        reason = format!("{reason} A hook changed its arguments to: {shown}").trim_start().to_owned();
    }
    step.emit(EventBody::PermissionRequested { call_id: call.call.id.clone(), reason });
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
        PermissionAnswer::AllowAlways => allow_waiting(step),
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

/// Lets the other calls of the reply run that wait for what was granted.
fn allow_waiting(step: &mut Step<'_>) {
    let run = step.control.run().into_iter();
    let waits = |call: &&Call| match call.state {
        CallState::Waiting(WaitsFor::Permission) => true,
        CallState::Waiting(WaitsFor::Hooks) => call.awaits == Some(HookPoint::PermissionRequested),
        _ => false,
    };
    // What a hook wants asked is asked one by one.
    let is_granted = |call: &&Call| {
        let by_hook = call.ruling.as_ref().is_some_and(|(ruling, _)| *ruling == HookVerdict::Ask);
        !by_hook && step.control.verdict(&call.call).decision == Decision::Allow
    };
    let asked = run.flat_map(|run| &run.calls).filter(waits).filter(is_granted);
    let waiting: Vec<ToolCallId> = asked.map(|call| call.call.id.clone()).collect();
    for call_id in waiting {
        hooks::stop_call(step, &call_id);
        step.emit(EventBody::PermissionAnswered { call_id, answer: PermissionAnswer::Allow });
    }
}
