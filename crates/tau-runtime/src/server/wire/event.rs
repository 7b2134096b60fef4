//! A session's journal, as its caller has it.

use tau_core::event::{EventHash, RecordErrorKind};
use tau_proto::runtime::v1 as pb;

use super::error::{WireError, Within};
use crate::journals::record_of;
use crate::server::reason::Reason;
use crate::{OpenedSession, PastBuilder, ResumeError};

/// A journal from its first event on, once its chain holds. It is written under the epoch after its last one, unless its
/// caller says otherwise.
pub(super) fn read_journal(wire: &pb::EventHistory) -> Result<OpenedSession, WireError> {
    let mut journal = Journal::default();
    for (index, message) in wire.events.iter().enumerate() {
        journal.take(message).within_item("events", index)?;
    }
    let Some(last) = journal.past.last() else {
        return Err(broken("events", "a journal has at least one event"));
    };
    let epoch =
        last.header.epoch.checked_add(1).ok_or_else(|| broken("events", "no epoch comes after its last"))?;
    Ok(OpenedSession::new(epoch).with_past(journal.past.build(), journal.last_hash))
}

#[derive(Default)]
struct Journal {
    past: PastBuilder,
    last_hash: EventHash,
}

impl Journal {
    fn take(&mut self, message: &pb::Event) -> Result<(), WireError> {
        let record = record_of(message).map_err(|error| broken("", error.to_string()))?.into_owned();
        let (epoch, prev_hash, hash) = (record.header.epoch, record.prev_hash, record.hash());
        let newest = self.past.last().map_or(0, |event| event.header.epoch);
        let event = record.open().map_err(|error| match error.kind() {
            RecordErrorKind::NewerVersion => WireError::new(Reason::NewerVersion, "", error.to_string()),
            _ => broken("", error.to_string()),
        })?;
        self.past.push(event).map_err(|error| match error {
            ResumeError::OtherSession { .. } => {
                broken("session_id", "the event is of another session than the one before")
            }
            _ => broken("seq", "events are contiguous from 1"),
        })?;
        if epoch < newest {
            return Err(broken("epoch", "epochs never decrease along a session"));
        }
        if prev_hash != self.last_hash {
            return Err(broken("prev_hash", "not the hash of the event before"));
        }
        self.last_hash = hash;
        Ok(())
    }
}

fn broken(field: &str, problem: impl Into<std::borrow::Cow<'static, str>>) -> WireError {
    WireError::new(Reason::InvalidHistory, field, problem)
}
