//! A session's journal, as its caller has it.

use tau_core::event::{Event, EventHash, RecordErrorKind};
use tau_proto::runtime::v1 as pb;

use super::error::{WireError, Within};
use crate::OpenedSession;
use crate::journals::record_of;
use crate::server::reason::Reason;

/// A journal from its first event on, once its chain holds. It is written under the epoch after its last one, unless its
/// caller says otherwise.
pub(super) fn read_journal(wire: &pb::EventHistory) -> Result<OpenedSession, WireError> {
    let mut journal = Journal::default();
    for (index, message) in wire.events.iter().enumerate() {
        journal.take(message).within_item("events", index)?;
    }
    let Some(last) = journal.events.last() else {
        return Err(broken("events", "a journal has at least one event"));
    };
    let epoch =
        last.header.epoch.checked_add(1).ok_or_else(|| broken("events", "no epoch comes after its last"))?;
    Ok(OpenedSession::new(epoch).with_events(journal.events, journal.last_hash))
}

#[derive(Default)]
struct Journal {
    events: Vec<Event>,
    last_hash: EventHash,
}

impl Journal {
    fn take(&mut self, message: &pb::Event) -> Result<(), WireError> {
        let record = record_of(message).map_err(|error| broken("", error.to_string()))?;
        let header = &record.header;
        let before = self.events.last().map(|event| &event.header);
        if header.seq.0 != self.events.len() as u64 + 1 {
            return Err(broken("seq", "events are contiguous from 1"));
        }
        if before.is_some_and(|before| before.session != header.session) {
            return Err(broken("session_id", "the event is of another session than the one before"));
        }
        if before.is_some_and(|before| before.epoch > header.epoch) {
            return Err(broken("epoch", "epochs never decrease along a session"));
        }
        if record.prev_hash != self.last_hash {
            return Err(broken("prev_hash", "not the hash of the event before"));
        }
        let record = record.into_owned();
        self.last_hash = record.hash();
        let event = record.open().map_err(|error| match error.kind() {
            RecordErrorKind::NewerVersion => WireError::new(Reason::NewerVersion, "", error.to_string()),
            _ => broken("", error.to_string()),
        })?;
        self.events.push(event);
        Ok(())
    }
}

fn broken(field: &str, problem: impl Into<std::borrow::Cow<'static, str>>) -> WireError {
    WireError::new(Reason::InvalidHistory, field, problem)
}
