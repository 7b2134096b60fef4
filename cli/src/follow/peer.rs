//! Whom a session is asked through.

use tau_client::answer;
use tau_core::ToolCallId;
use tau_core::event::{CancelScope, PermissionAnswer, PlanAnswer, QuestionAnswer};
use tau_proto::runtime::v1 as pb;
use tau_runtime::Handle;

use super::ask::Answer;

/// Whom a session is asked through: its handle in this process, or its server.
#[derive(Debug, Clone)]
pub(crate) enum Peer {
    Here(Handle),
    There(tau_client::Session),
}

impl Peer {
    pub(crate) fn session_id(&self) -> String {
        match self {
            Self::Here(handle) => handle.session_id().to_string(),
            Self::There(session) => session.id().to_owned(),
        }
    }

    /// Cancels the run that is on. One that ended meanwhile needs no cancel.
    pub(super) async fn cancel(&self) {
        match self {
            Self::Here(handle) => drop(handle.cancel(CancelScope::Run).await),
            Self::There(session) => drop(session.cancel().await),
        }
    }

    /// Gives an answer to whoever asked. Somebody else may have answered, or the call was cancelled.
    pub(super) async fn give(&self, call_id: ToolCallId, answer: Answer) {
        match self {
            Self::Here(handle) => {
                let _ = match answer {
                    Answer::Permission(answer) => handle.answer_permission(call_id, answer).await,
                    Answer::Question(answer) => handle.answer_question(call_id, answer).await,
                    Answer::Plan(answer) => handle.answer_plan(call_id, answer).await,
                };
            }
            Self::There(session) => drop(session.respond(call_id.as_str(), wire(answer)).await),
        }
    }
}

/// An answer as the interface has it.
fn wire(given: Answer) -> pb::Answer {
    match given {
        Answer::Permission(PermissionAnswer::Allow) => answer::allow(),
        Answer::Permission(PermissionAnswer::AllowAlways) => answer::allow_always(),
        Answer::Permission(PermissionAnswer::Deny { message }) => answer::deny(message),
        Answer::Question(QuestionAnswer::Answer { text }) => answer::text(text),
        Answer::Plan(PlanAnswer::Approve) => answer::approve(),
        Answer::Plan(PlanAnswer::Edit { plan }) => answer::edit(plan),
        Answer::Plan(PlanAnswer::Reject { message }) => answer::reject(message),
        // Whatever else there may come to be is no consent.
        Answer::Permission(_) => answer::nobody_to_permit(),
        Answer::Question(_) => answer::nobody_to_answer(),
        Answer::Plan(_) => answer::nobody_to_decide(),
    }
}
