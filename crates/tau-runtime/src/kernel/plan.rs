//! Plans: the model proposes one, and a person approves, changes or rejects it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tau_core::event::{DenialReason, EventBody, PlanAnswer, ToolOutcome};
use tau_core::{ToolCall, ToolCallId, ToolResult, ToolResultBlock};

use super::run::WaitsFor;
use super::step::Step;
use super::{Rejection, tools};

/// The plans of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Plans {
    /// Those that a person is asked about.
    proposed: BTreeMap<ToolCallId, Proposal>,
    /// The newest that a person approved.
    approved: Option<Arc<str>>,
}

/// A plan that a person is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Proposal {
    plan: String,
    /// What is to be carried out, as the answer says. It is in force once the call has its result: where a journal ends
    /// between the two, the answer may yet be another.
    accepted: Option<String>,
}

impl Plans {
    /// The plan that a person approved, until the next one.
    pub(super) fn approved(&self) -> Option<&str> {
        self.approved.as_deref()
    }

    /// Takes the next event in, and says whether another plan is approved.
    pub(super) fn apply(&mut self, event: &EventBody) -> bool {
        match event {
            EventBody::PlanProposed { call_id, plan } => {
                let proposal = Proposal { plan: plan.clone(), accepted: None };
                self.proposed.insert(call_id.clone(), proposal);
            }
            EventBody::PlanAnswered { call_id, answer } => {
                if let Some(proposal) = self.proposed.get_mut(call_id) {
                    proposal.accepted = match answer {
                        PlanAnswer::Approve => Some(proposal.plan.clone()),
                        PlanAnswer::Edit { plan } => Some(plan.clone()),
                        _ => None,
                    };
                }
            }
            EventBody::ToolFinished { outcome, result, .. } => {
                let proposal = self.proposed.remove(&result.call_id);
                let accepted = proposal.and_then(|proposal| proposal.accepted);
                if let Some(plan) = accepted.filter(|_| *outcome == ToolOutcome::Succeeded) {
                    self.approved = Some(plan.into());
                    return true;
                }
            }
            _ => {}
        }
        false
    }
}

/// A call proposes a plan: `{"plan": "..."}`.
pub(super) fn propose(step: &mut Step<'_>, call: &ToolCall) {
    match plan_of(call) {
        Ok(plan) => step.emit(EventBody::PlanProposed { call_id: call.id.clone(), plan }),
        Err(problem) => tools::fail(step, &call.id, problem),
    }
}

/// Someone decided. The plan that is to be carried out stays in force until the next one, through compactions too.
pub(super) fn answered(
    step: &mut Step<'_>,
    call_id: &ToolCallId,
    answer: PlanAnswer,
) -> Result<(), Rejection> {
    let waited = tools::require_waiting(step, call_id, WaitsFor::Decision)?;
    step.emit(EventBody::PlanAnswered { call_id: call_id.clone(), answer: answer.clone() });
    let accepted = |text: String| ToolResult::success(call_id.clone(), [ToolResultBlock::text(text)]);
    match answer {
        PlanAnswer::Approve => {
            let text = "The user approves the plan. Carry it out.".to_owned();
            tools::end(step, ToolOutcome::Succeeded, accepted(text));
        }
        PlanAnswer::Edit { plan } => {
            let text = format!("The user changed the plan. Carry this one out:\n\n{plan}");
            tools::end(step, ToolOutcome::Succeeded, accepted(text));
        }
        PlanAnswer::Reject { message } => {
            let said = if message.is_empty() { String::new() } else { format!(" They said: {message}") };
            let text = format!("The user rejects the plan.{said}");
            tools::refuse(step, call_id, DenialReason::Person, text);
        }
        _ => {
            let text =
                "Not decided: nobody is there to decide about a plan. Change nothing; say what you would do.";
            tools::refuse(step, call_id, DenialReason::NobodyToAsk, text);
        }
    }
    tools::run_released(step, &waited);
    tools::ask_when_ready(step);
    Ok(())
}

fn plan_of(call: &ToolCall) -> Result<String, String> {
    let value = tools::arguments(call)?;
    match value.get("plan").and_then(Value::as_str) {
        Some(plan) if !plan.trim().is_empty() => Ok(plan.to_owned()),
        _ => Err("There is no plan: give it as text in `plan`.".to_owned()),
    }
}
