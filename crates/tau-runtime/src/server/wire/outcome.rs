//! How things end, and what a cancel is meant for.

use tau_core::event::{CancelScope, ModelFailure, RunOutcome};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::cancel_scope::Scope;
use tau_proto::runtime::v1::run_outcome::Outcome;

use super::names::Name;

/// How a run ended.
pub(crate) fn run_outcome(outcome: &RunOutcome) -> pb::RunOutcome {
    let outcome = match outcome {
        RunOutcome::Completed => Some(Outcome::Completed(pb::RunCompleted::default())),
        RunOutcome::TurnLimit { limit } => Some(Outcome::TurnLimit(*limit)),
        RunOutcome::BudgetExceeded { limit } => Some(Outcome::BudgetExceeded(limit.to_wire())),
        RunOutcome::Cancelled => Some(Outcome::Cancelled(pb::RunCancelled::default())),
        RunOutcome::Failed { failure } => Some(Outcome::Failed(model_failure(failure))),
        RunOutcome::Denied { message } => {
            Some(Outcome::Denied(pb::RunDenied { message: message.clone(), ..Default::default() }))
        }
        _ => None,
    };
    pb::RunOutcome { outcome, ..Default::default() }
}

/// Why a model could not be asked.
pub(super) fn model_failure(failure: &ModelFailure) -> pb::ModelFailure {
    pb::ModelFailure { kind: failure.kind.to_wire(), message: failure.message.clone(), ..Default::default() }
}

pub(super) fn cancel_scope(scope: &CancelScope) -> pb::CancelScope {
    let scope = match scope {
        CancelScope::Run => Some(Scope::CurrentRun(pb::CurrentRun::default())),
        CancelScope::QueuedRun { run } => Some(Scope::QueuedRunId(run.to_string())),
        CancelScope::ToolCall { call_id } => Some(Scope::CallId(call_id.to_string())),
        CancelScope::Session => Some(Scope::Session(pb::WholeSession::default())),
        _ => None,
    };
    pb::CancelScope { scope, ..Default::default() }
}
