//! A session as a whole.

use tau_core::event::Seq;
use tau_core::{RunId, SessionId};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::SessionState;
use tau_proto::runtime::v1::pending_request::Request;
use tau_session::{Pending, PendingQuestion, SessionOverview};

use super::content::tool_call;
use super::usage::spending;
use super::well_known::timestamp;
use crate::runtime::agent_of;

/// Where a session is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Liveness {
    /// Here.
    Live,
    /// Here, and it waits for a journal or an environment.
    Paused,
    /// With another writer, whose name for people this is.
    Held(String),
    /// Nowhere.
    Absent,
}

/// A session in the basic view. What its events do not say is for the caller to add: the hash of its head, the error for
/// which it stopped, and, in the full view, its configuration.
pub(crate) fn session(overview: &SessionOverview, session: SessionId, liveness: Liveness) -> pb::Session {
    let text = |id: &SessionId| id.to_string();
    pb::Session {
        session_id: session.to_string(),
        state: state(overview, &liveness).into(),
        is_live: matches!(liveness, Liveness::Live | Liveness::Paused),
        head: position(session, overview).into(),
        created: timestamp(overview.created).into(),
        updated: timestamp(overview.updated).into(),
        agent: agent_of(&overview.metadata).to_owned(),
        model: overview.model.clone(),
        metadata: overview.metadata.clone(),
        prompt: overview.prompt.clone(),
        parent_session_id: overview.parent.as_ref().map(text).unwrap_or_default(),
        spent: spending(&overview.spent).into(),
        run_id: overview.run.as_ref().map(RunId::to_string).unwrap_or_default(),
        queued_run_ids: overview.queued.iter().map(RunId::to_string).collect(),
        pending: overview.pending.iter().map(pending_request).collect(),
        subagent_session_ids: overview.subagents.iter().map(text).collect(),
        holder: holder(overview, liveness).into(),
        ..Default::default()
    }
}

fn state(overview: &SessionOverview, liveness: &Liveness) -> SessionState {
    if overview.is_closed {
        return SessionState::Closed;
    }
    match liveness {
        Liveness::Paused => SessionState::Paused,
        _ if !overview.has_work() => SessionState::Idle,
        Liveness::Absent => SessionState::Interrupted,
        Liveness::Live | Liveness::Held(_) if overview.pending.is_empty() => SessionState::Running,
        Liveness::Live | Liveness::Held(_) => SessionState::Waiting,
    }
}

fn position(session: SessionId, overview: &SessionOverview) -> pb::SessionPosition {
    pb::SessionPosition {
        session_id: session.to_string(),
        seq: overview.seq.0,
        epoch: overview.epoch,
        ..Default::default()
    }
}

fn holder(overview: &SessionOverview, liveness: Liveness) -> Option<pb::SessionHolder> {
    let Liveness::Held(name) = liveness else { return None };
    Some(pb::SessionHolder { name, epoch: overview.epoch, ..Default::default() })
}

/// What waits for a person.
pub(crate) fn pending_request(pending: &Pending) -> pb::PendingRequest {
    let Pending { call, seq: Seq(seq), question, .. } = pending;
    let call_id = call.id.to_string();
    let request = match question {
        PendingQuestion::Permission { reason } => Some(Request::Permission(pb::PermissionRequested {
            call_id,
            reason: reason.clone(),
            ..Default::default()
        })),
        PendingQuestion::Question { text, choices } => Some(Request::Question(pb::QuestionAsked {
            call_id,
            text: text.clone(),
            choices: choices.clone(),
            ..Default::default()
        })),
        PendingQuestion::Plan { plan } => {
            Some(Request::Plan(pb::PlanProposed { call_id, plan: plan.clone(), ..Default::default() }))
        }
        _ => None,
    };
    pb::PendingRequest { call: tool_call(call).into(), seq: *seq, request, ..Default::default() }
}
