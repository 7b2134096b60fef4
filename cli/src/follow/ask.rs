//! What a session asks a person, and the answers.

use std::collections::BTreeMap;

use tau_core::event::{EventBody, HookChange, HookSubject, PermissionAnswer, PlanAnswer, QuestionAnswer};
use tau_core::{ToolArguments, ToolCall, ToolCallId};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::pending_request::Request as Pending;

use super::peer::Peer;
use crate::output::in_full;

/// Something that a session asks a person.
#[derive(Debug)]
pub(crate) struct Request {
    pub(super) peer: Peer,
    pub(super) call_id: ToolCallId,
    pub(super) tool: String,
    pub(super) what: Asked,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Asked {
    /// Whether a call may run, shown in full, and why that is asked.
    Permission { reason: String, shown: String },
    /// A question of the model.
    Question { text: String, choices: Vec<String> },
    /// What becomes of a plan.
    Plan { plan: String },
}

/// What a person says.
#[derive(Debug)]
pub(crate) enum Answer {
    Permission(PermissionAnswer),
    Question(QuestionAnswer),
    Plan(PlanAnswer),
}

impl Asked {
    /// What is said when nobody is there.
    pub(super) const fn nobody(&self) -> Answer {
        match self {
            Self::Permission { .. } => Answer::Permission(PermissionAnswer::NobodyToAsk),
            Self::Question { .. } => Answer::Question(QuestionAnswer::NobodyToAsk),
            Self::Plan { .. } => Answer::Plan(PlanAnswer::NobodyToAsk),
        }
    }
}

/// Finds what a session asks among its events.
#[derive(Debug)]
pub(super) struct Asks {
    peer: Peer,
    calls: BTreeMap<ToolCallId, ToolCall>,
}

impl Asks {
    pub(super) const fn of(peer: Peer) -> Self {
        Self { peer, calls: BTreeMap::new() }
    }

    /// What waits for a person, as the interface tells it of a session.
    pub(super) fn pending(&mut self, pending: &pb::PendingRequest) -> Option<Request> {
        let call = call(pending.call.as_option()?.clone());
        let what = match pending.request.as_ref()? {
            Pending::Permission(asked) => {
                Asked::Permission { reason: asked.reason.clone(), shown: in_full(&call) }
            }
            Pending::Question(asked) => {
                Asked::Question { text: asked.text.clone(), choices: asked.choices.clone() }
            }
            Pending::Plan(proposed) => Asked::Plan { plan: proposed.plan.clone() },
        };
        let (call_id, tool) = (call.id.clone(), call.name.clone());
        self.learn(call);
        Some(Request { peer: self.peer.clone(), call_id, tool, what })
    }

    /// Whether an event asks about a call that is not known: one of the time before this followed the session.
    pub(super) fn lacks(&self, event: &EventBody) -> bool {
        matches!(event, EventBody::PermissionRequested { call_id, .. }
            | EventBody::QuestionAsked { call_id, .. }
            | EventBody::PlanProposed { call_id, .. } if !self.calls.contains_key(call_id))
    }

    /// Takes a call in.
    pub(super) fn learn(&mut self, call: ToolCall) {
        self.calls.insert(call.id.clone(), call);
    }

    /// Adds what an event asks to what is open, and takes out what it settles.
    pub(super) fn take(&mut self, event: &EventBody, open: &mut Vec<Request>) {
        open.extend(self.next(event));
        if let Some(id) = settled(event) {
            open.retain(|request| request.call_id != *id);
        }
    }

    /// What the next event asks, if it asks anything.
    pub(super) fn next(&mut self, event: &EventBody) -> Option<Request> {
        let (call_id, what) = match event {
            EventBody::ToolRequested { call, .. } => {
                self.learn(call.clone());
                return None;
            }
            EventBody::HooksDecided { about: HookSubject::Call { call_id }, decision, .. } => {
                if let (Some(call), Some(HookChange::Arguments { arguments })) =
                    (self.calls.get_mut(call_id), &decision.change)
                {
                    call.arguments = arguments.clone();
                }
                return None;
            }
            EventBody::PermissionRequested { call_id, reason } => {
                let shown = self.calls.get(call_id).map(in_full).unwrap_or_default();
                (call_id, Asked::Permission { reason: reason.clone(), shown })
            }
            EventBody::QuestionAsked { call_id, text, choices } => {
                (call_id, Asked::Question { text: text.clone(), choices: choices.clone() })
            }
            EventBody::PlanProposed { call_id, plan } => (call_id, Asked::Plan { plan: plan.clone() }),
            _ => return None,
        };
        let tool = self.calls.get(call_id).map(|call| call.name.clone()).unwrap_or_default();
        Some(Request { peer: self.peer.clone(), call_id: call_id.clone(), tool, what })
    }
}

/// A call as the interface has it.
pub(super) fn call(call: pb::ToolCall) -> ToolCall {
    ToolCall::new(ToolCallId::new(call.call_id), call.name, ToolArguments::parse(call.arguments_json))
}

/// The call that an event shows to wait no more.
pub(super) const fn settled(event: &EventBody) -> Option<&ToolCallId> {
    match event {
        EventBody::PermissionAnswered { call_id, .. }
        | EventBody::QuestionAnswered { call_id, .. }
        | EventBody::PlanAnswered { call_id, .. } => Some(call_id),
        EventBody::ToolFinished { result, .. } => Some(&result.call_id),
        _ => None,
    }
}
