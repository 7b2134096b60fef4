//! Events as a journal holds them, with their chain of hashes.

use std::sync::{Arc, Mutex, PoisonError};

use tau_core::event::{Event, EventHash, Record, Seq};
use tau_proto::runtime::v1 as pb;

use super::shared::Shared;
use crate::journals::to_wire;
use crate::server::wire;

/// The hashes of a session's records, as far as anybody needed them: a record is made again out of its event, and whoever
/// begins later does not hash again what stands before.
#[derive(Debug, Default)]
pub(super) struct Hashes(Mutex<Known>);

/// The hashes after a place. Nothing is known at first, of the place before the first record.
#[derive(Debug)]
struct Known {
    after: Seq,
    hash: EventHash,
    later: Vec<EventHash>,
}

impl Default for Known {
    fn default() -> Self {
        Self { after: Seq::default(), hash: EventHash::ZERO, later: Vec::new() }
    }
}

impl Known {
    /// How many records are known or stand before those.
    fn last(&self) -> u64 {
        self.after.0 + self.later.len() as u64
    }

    /// The hash at a place that is known.
    fn at(&self, place: u64) -> EventHash {
        let later = place.checked_sub(self.after.0 + 1).and_then(|index| usize::try_from(index).ok());
        later.and_then(|index| self.later.get(index)).copied().unwrap_or(self.hash)
    }
}

impl Hashes {
    /// Takes in the hash of the record at a place, where nothing is known yet: what stands before need not be hashed for those
    /// who begin after it.
    pub(super) fn begin(&self, after: Seq, hash: EventHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.last() == 0 {
            (known.after, known.hash) = (after, hash);
        }
    }

    /// The hash of a session's last record up to a place, and that place.
    fn up_to<'a>(&self, events: impl IntoIterator<Item = &'a Arc<Event>>, up_to: Seq) -> (Seq, EventHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if up_to < known.after {
            *known = Known::default();
        }
        let missing = usize::try_from(up_to.0.saturating_sub(known.last())).unwrap_or(usize::MAX);
        let skipped = usize::try_from(known.last()).unwrap_or(usize::MAX);
        for event in events.into_iter().skip(skipped).take(missing) {
            let Ok(record) = Record::seal(event, known.at(known.last())) else { break };
            known.later.push(record.hash());
        }
        let place = known.last().min(up_to.0);
        (Seq(place), known.at(place))
    }

    fn note(&self, seq: Seq, hash: EventHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.last() + 1 == seq.0 {
            known.later.push(hash);
        }
    }
}

/// The chain of a session, up to the event that was told last.
///
/// A record is made again out of its event: a live session keeps no records. The bytes are those of the journal, because an
/// event is written in one way alone.
#[derive(Debug)]
pub(super) struct Records {
    last: Seq,
    hash: EventHash,
    hashes: Arc<Hashes>,
}

impl Records {
    /// The chain after a place, from all events of a session.
    pub(super) fn after<'a>(
        hashes: Arc<Hashes>,
        events: impl IntoIterator<Item = &'a Arc<Event>>,
        after: Seq,
    ) -> Self {
        let (last, hash) = hashes.up_to(events, after);
        Self { last, hash, hashes }
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
        self.hashes.note(self.last, self.hash);
        Some(to_wire(record))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tau_core::event::{Event, EventBody, EventHash, EventHeader, Record, Seq, Timestamp};
    use tau_core::{EventId, SessionId};

    use super::{Hashes, Records};

    fn events(count: u64) -> Vec<Arc<Event>> {
        let header = |seq| EventHeader {
            session: SessionId::from_u128(7),
            seq: Seq(seq),
            epoch: 1,
            id: EventId::from_u128(seq.into()),
            time: Timestamp(0),
            cause: None,
        };
        (1..=count)
            .map(|seq| Arc::new(Event { header: header(seq), body: EventBody::SessionResumed }))
            .collect()
    }

    /// Whoever comes when, each is told the same chain, and what stands before is hashed once.
    #[test]
    fn a_chain_is_the_same_wherever_it_is_begun() {
        let events = events(6);
        let mut last = EventHash::ZERO;
        let chain: Vec<EventHash> = events
            .iter()
            .map(|event| {
                last = Record::seal(event, last).unwrap().hash();
                last
            })
            .collect();
        let hashes = Arc::new(Hashes::default());
        for after in [4, 0, 6, 2] {
            let mut records = Records::after(Arc::clone(&hashes), &events, Seq(after));
            for event in &events[after as usize..] {
                records.told(event);
            }
            assert_eq!((records.last, records.hash), (Seq(6), chain[5]), "after {after}");
            assert_eq!(hashes.0.lock().unwrap().later, chain);
        }
        let nothing: [Arc<Event>; 0] = [];
        assert_eq!(hashes.up_to(&nothing, Seq(3)), (Seq(3), chain[2]), "nothing is hashed again");

        // Where the hash of a place is given, what stands before is hashed only for whoever begins there.
        let hashes = Hashes::default();
        hashes.begin(Seq(3), chain[2]);
        assert_eq!(hashes.up_to(&nothing, Seq(3)), (Seq(3), chain[2]));
        assert_eq!(hashes.up_to(&events, Seq(5)), (Seq(5), chain[4]));
        assert_eq!(hashes.0.lock().unwrap().later, chain[3..5]);
        assert_eq!(hashes.up_to(&events, Seq(2)), (Seq(2), chain[1]));
        hashes.begin(Seq(6), chain[0]);
        assert_eq!(hashes.up_to(&events, Seq(6)), (Seq(6), chain[5]), "what is known stays");
    }
}
