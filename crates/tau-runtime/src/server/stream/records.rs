//! Events as a journal holds them, with their chain of hashes.

use std::sync::Arc;

use tau_core::event::{Event, EventHash, Record, Seq};
use tau_proto::runtime::v1 as pb;

use super::shared::Shared;
use crate::journals::to_wire;
use crate::server::wire;

/// The chain of a session, up to the event that was told last.
///
/// A record is made again out of its event, so what stands before the place where a subscriber begins is hashed once for
/// it: a live session keeps no records. The bytes are those of the journal, because an event is written in one way alone.
#[derive(Debug)]
pub(super) struct Records {
    last: Seq,
    hash: EventHash,
}

impl Records {
    /// The chain after a place, from all events of a session.
    pub(super) fn after<'a>(events: impl IntoIterator<Item = &'a Arc<Event>>, after: Seq) -> Self {
        let mut records = Self { last: Seq::default(), hash: EventHash::ZERO };
        for event in events.into_iter().take_while(|event| event.header.seq <= after) {
            records.seal(event);
        }
        records
    }

    /// The next event as it is told, with its record.
    pub(super) fn told(&mut self, event: &Event) -> Shared {
        Shared::new(pb::SessionEvent { record: self.seal(event).into(), ..wire::event(event) })
    }

    /// The record of the next event. None where it does not follow the last, or cannot be written, which would be a
    /// mistake of ours: a wrong hash is worse than none.
    fn seal(&mut self, event: &Event) -> Option<pb::Event> {
        let follows = event.header.seq.0 == self.last.0 + 1;
        debug_assert!(follows, "event {} follows {}", event.header.seq, self.last);
        let record = Record::seal(event, self.hash).ok().filter(|_| follows)?;
        self.last = event.header.seq;
        self.hash = record.hash();
        Some(to_wire(record))
    }
}
