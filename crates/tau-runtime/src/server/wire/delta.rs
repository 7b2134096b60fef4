//! What streams between events.

use tau_core::event::Seq;
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::delta::Delta as Streamed;

use super::well_known::duration;
use crate::Delta;
use crate::kernel::gate::PauseReason;

/// Something that streams in a session after an event.
pub(crate) fn delta(session_id: String, after: Seq, delta: &Delta) -> pb::Delta {
    let delta = match delta {
        Delta::Text(text) => Streamed::Text(text.clone()),
        Delta::Reasoning(text) => Streamed::Reasoning(text.clone()),
        Delta::ToolCallStarted { index, name } => pb::ToolCallStarted {
            index: u32::try_from(*index).unwrap_or(u32::MAX),
            name: name.clone(),
            ..Default::default()
        }
        .into(),
        Delta::ToolCallArguments { index, text } => pb::ToolCallArguments {
            index: u32::try_from(*index).unwrap_or(u32::MAX),
            text: text.clone(),
            ..Default::default()
        }
        .into(),
        Delta::ToolOutput { call_id, text } => {
            pb::ToolOutput { call_id: call_id.to_string(), text: text.clone(), ..Default::default() }.into()
        }
        Delta::Waiting { reason, wait } => {
            pb::Waiting { reason: reason.clone(), wait: wait.map(duration).into(), ..Default::default() }
                .into()
        }
        Delta::Retrying { attempt, delay, reason } => pb::Retrying {
            attempt: *attempt,
            delay: duration(*delay).into(),
            reason: reason.clone(),
            ..Default::default()
        }
        .into(),
        Delta::Paused { reason } => {
            pb::Paused { reason: pause_reason(*reason).into(), ..Default::default() }.into()
        }
        Delta::Resumed => pb::Resumed::default().into(),
    };
    pb::Delta { session_id, after_seq: after.0, delta: Some(delta), ..Default::default() }
}

const fn pause_reason(reason: PauseReason) -> pb::PauseReason {
    match reason {
        PauseReason::StorageFull => pb::PauseReason::StorageFull,
        PauseReason::Unavailable => pb::PauseReason::Unavailable,
        PauseReason::JournalLost => pb::PauseReason::JournalLost,
    }
}
