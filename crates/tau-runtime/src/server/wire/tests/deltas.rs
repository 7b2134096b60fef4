//! What streams.

use std::time::Duration;

use tau_core::event::Seq;
use tau_core::{SessionId, ToolCallId};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::delta::Delta as Wire;

use super::assert_travels;
use crate::Delta;
use crate::kernel::gate::PauseReason;
use crate::server::wire::{delta, duration};

#[test]
fn everything_that_streams_is_told() {
    let paused =
        |reason: pb::PauseReason| Wire::Paused(pb::Paused { reason: reason.into(), ..Default::default() });
    let table = [
        (Delta::Text("Hi".to_owned()), Wire::Text("Hi".to_owned())),
        (Delta::Reasoning("Hm".to_owned()), Wire::Reasoning("Hm".to_owned())),
        (
            Delta::ToolCallStarted { index: 1, name: "read".to_owned() },
            Wire::ToolCallStarted(pb::ToolCallStarted {
                index: 1,
                name: "read".to_owned(),
                ..Default::default()
            }),
        ),
        (
            Delta::ToolCallArguments { index: 1, text: "{\"pa".to_owned() },
            Wire::ToolCallArguments(pb::ToolCallArguments {
                index: 1,
                text: "{\"pa".to_owned(),
                ..Default::default()
            }),
        ),
        (
            Delta::ToolOutput { call_id: ToolCallId::new("c"), text: "x\n".to_owned() },
            Wire::ToolOutput(pb::ToolOutput {
                call_id: "c".to_owned(),
                text: "x\n".to_owned(),
                ..Default::default()
            }),
        ),
        (
            Delta::Retrying { attempt: 2, delay: Duration::MAX, reason: "busy".to_owned() },
            Wire::Retrying(pb::Retrying {
                attempt: 2,
                delay: duration(Duration::from_secs(315_576_000_000)).into(),
                reason: "busy".to_owned(),
                ..Default::default()
            }),
        ),
        (
            Delta::Waiting { reason: "for tokens".to_owned(), wait: Some(Duration::from_secs(3)) },
            Wire::Waiting(pb::Waiting {
                reason: "for tokens".to_owned(),
                wait: duration(Duration::from_secs(3)).into(),
                ..Default::default()
            }),
        ),
        (
            Delta::Waiting { reason: "for a slot".to_owned(), wait: None },
            Wire::Waiting(pb::Waiting { reason: "for a slot".to_owned(), ..Default::default() }),
        ),
        (Delta::Paused { reason: PauseReason::StorageFull }, paused(pb::PauseReason::StorageFull)),
        (Delta::Paused { reason: PauseReason::Unavailable }, paused(pb::PauseReason::Unavailable)),
        (Delta::Paused { reason: PauseReason::JournalLost }, paused(pb::PauseReason::JournalLost)),
        (Delta::Resumed, Wire::Resumed(pb::Resumed::default())),
    ];
    let session = SessionId::from_u128(1);
    for (streamed, expected) in table {
        let told = delta(session.to_string(), Seq(7), &streamed);
        assert_eq!(told.delta, Some(expected));
        assert_eq!((told.session_id.as_str(), told.after_seq), (&*session.to_string(), 7));
        assert_travels(&told);
    }
}
