//! Whom a session is asked through.

use tau_client::answer;
use tau_core::event::{PermissionAnswer, PlanAnswer, QuestionAnswer};
use tau_core::{ToolCall, ToolCallId};
use tau_proto::runtime::v1 as pb;

use super::ask::{Answer, call};

/// Whom a session is asked through: the interface of its runtime, in this process or at a server.
#[derive(Debug, Clone)]
pub(crate) struct Peer(tau_client::Session);

impl Peer {
    pub(crate) const fn new(session: tau_client::Session) -> Self {
        Self(session)
    }

    pub(crate) fn session_id(&self) -> &str {
        self.0.id()
    }

    /// Another session of the same runtime.
    pub(super) fn beside(&self, session: &str) -> Self {
        Self(self.0.client().session(session))
    }

    /// Cancels the run that is on. One that ended meanwhile needs no cancel.
    pub(super) async fn cancel(&self) {
        drop(self.0.cancel().await);
    }

    /// Gives an answer to whoever asked. Somebody else may have answered, or the call was cancelled.
    pub(super) async fn give(&self, call_id: ToolCallId, answer: Answer) {
        drop(self.0.respond(call_id.as_str(), wire(answer)).await);
    }

    /// The calls that wait for people.
    pub(super) async fn waiting(&self) -> Vec<ToolCall> {
        let session = self.0.get().await.unwrap_or_default();
        session.pending.into_iter().filter_map(|pending| Some(call(pending.call.into_option()?))).collect()
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
