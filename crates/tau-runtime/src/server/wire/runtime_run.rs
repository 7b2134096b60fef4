//! Requests that act on a live session.

use tau_core::{RunId, SessionId, ToolCallId};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::cancel_request::Target;

use super::error::WireError;
use super::well_known::{read_run, read_session};

/// What is to be cancelled. Whether a run is on or waits is the session's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CancelTarget {
    /// The run of this id.
    Run(RunId),
    /// Whichever run is on.
    CurrentRun,
    /// One tool call.
    Call(ToolCallId),
    /// A subagent, by its session.
    Subagent(SessionId),
    /// The session and everything that waits in it.
    Session,
}

/// What is to be cancelled.
pub(crate) fn read_cancel_target(wire: pb::CancelRequest) -> Result<CancelTarget, WireError> {
    Ok(match wire.target {
        Some(Target::RunId(run)) => CancelTarget::Run(read_run("run_id", &run)?),
        Some(Target::CurrentRun(_)) => CancelTarget::CurrentRun,
        Some(Target::CallId(call)) => CancelTarget::Call(ToolCallId::new(call)),
        Some(Target::SubagentSessionId(child)) => {
            CancelTarget::Subagent(read_session("subagent_session_id", &child)?)
        }
        Some(Target::Session(_)) => CancelTarget::Session,
        None => return Err(WireError::invalid("", "a cancel needs a target that this version knows")),
    })
}
