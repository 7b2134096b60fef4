//! Acting on a live session: answers and cancels.

use tau_core::event::{CancelScope, EventBody, Seq};
use tau_core::{SessionId, ToolCallId};
use tau_proto::runtime::v1 as pb;

use super::{Core, session_id};
use crate::driver::{Handle, HandleError};
use crate::kernel::Rejection;
use crate::server::failure::Failure;
use crate::server::wire::{self, CancelTarget, Reply};

impl Core {
    pub(super) async fn respond(&self, request: pb::RespondRequest) -> Result<pb::RespondResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let handle = self.live(id).await?;
        let call_id = ToolCallId::new(request.call_id);
        let answered = match wire::read_answer(request.answer.into_option().unwrap_or_default())? {
            Reply::Permission(answer) => handle.answer_permission(call_id.clone(), answer).await,
            Reply::Question(answer) => handle.answer_question(call_id.clone(), answer).await,
            Reply::Plan(answer) => handle.answer_plan(call_id.clone(), answer).await,
        };
        match answered {
            Ok(seq) => Ok(pb::RespondResponse { seq: seq.0, ..Default::default() }),
            Err(HandleError::Rejected(Rejection::NotWaiting(_) | Rejection::Stale)) => {
                Err(Failure::not_waiting(id, call_id.as_str(), answered_at(&handle, &call_id)))
            }
            Err(error) => Err(Failure::of_handle(id, &error)),
        }
    }

    pub(super) async fn cancel(&self, request: pb::CancelRequest) -> Result<pb::CancelResponse, Failure> {
        let id = session_id(&request.session_id)?;
        let handle = self.live(id).await?;
        let seq = match wire::read_cancel_target(request)? {
            CancelTarget::Run(run) => handle.cancel_run(run).await,
            CancelTarget::CurrentRun => handle.cancel(CancelScope::Run).await,
            CancelTarget::Call(call) => cancel_call(&handle, call).await,
            CancelTarget::Subagent(child) => match call_of(&handle, child) {
                Some(call) => cancel_call(&handle, call).await,
                None => Err(Rejection::NothingToCancel.into()),
            },
            CancelTarget::Session => handle.cancel(CancelScope::Session).await,
        };
        let seq = seq.map_err(|error| Failure::of_handle(id, &error))?;
        Ok(pb::CancelResponse { seq: seq.0, ..Default::default() })
    }
}

async fn cancel_call(handle: &Handle, call_id: ToolCallId) -> Result<Seq, HandleError> {
    handle.cancel(CancelScope::ToolCall { call_id }).await
}

/// The call that started a subagent.
fn call_of(handle: &Handle, child: SessionId) -> Option<ToolCallId> {
    handle.events(Seq::default()).iter().rev().find_map(|event| match &event.body {
        EventBody::SubagentStarted { call_id, child: started, .. } if *started == child => {
            Some(call_id.clone())
        }
        _ => None,
    })
}

/// The event that answered or ended a call; 0 where there is none.
fn answered_at(handle: &Handle, call: &ToolCallId) -> Seq {
    let is_answer = |body: &EventBody| match body {
        EventBody::PermissionAnswered { call_id, .. }
        | EventBody::QuestionAnswered { call_id, .. }
        | EventBody::PlanAnswered { call_id, .. } => call_id == call,
        EventBody::ToolFinished { result, .. } => result.call_id == *call,
        _ => false,
    };
    let events = handle.events(Seq::default());
    events.iter().find(|event| is_answer(&event.body)).map(|event| event.header.seq).unwrap_or_default()
}
