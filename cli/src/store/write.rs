//! Writing events without a session at work: copies, and going back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use tau_core::event::{Event, EventBody, EventHash, EventHeader, Record, RecordError, Seq, Timestamp};
use tau_core::{EventId, SessionId};
use tau_persist::{Append, Store, StoreError};
use tau_runtime::OpenedSession;
use tau_runtime::journals::to_wire;

/// Why events cannot be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Adds to a session that was taken.
pub(crate) async fn append(
    store: &dyn Store,
    session: SessionId,
    opened: &OpenedSession,
    bodies: Vec<EventBody>,
) -> Result<(), WriteError> {
    let newest = opened.past.seq();
    let mut seq = newest;
    let events = bodies.into_iter().map(|body| {
        seq = seq.next();
        Event { header: header(session, seq, opened.epoch, Timestamp::from(SystemTime::now()), None), body }
    });
    write(store, events.collect(), opened.last_hash).await
}

/// Fills a session that was taken and is empty: copies of another's events, and what comes after them.
pub(crate) async fn copy(
    store: &dyn Store,
    session: SessionId,
    epoch: u64,
    events: &[Arc<Event>],
    after: Vec<EventBody>,
) -> Result<(), WriteError> {
    let mut ids: BTreeMap<EventId, EventId> = BTreeMap::new();
    let mut copies: Vec<Event> = Vec::with_capacity(events.len() + after.len());
    for event in events {
        // What brought an event about may lie in yet another session.
        let cause = event.header.cause.and_then(|cause| ids.get(&cause).copied());
        let header = header(session, event.header.seq, epoch, event.header.time, cause);
        ids.insert(event.header.id, header.id);
        copies.push(Event { header, body: event.body.clone() });
    }
    for body in after {
        let seq = copies.last().map(|event| event.header.seq).unwrap_or_default().next();
        let header = header(session, seq, epoch, Timestamp::from(SystemTime::now()), None);
        copies.push(Event { header, body });
    }
    write(store, copies, EventHash::ZERO).await
}

fn header(session: SessionId, seq: Seq, epoch: u64, time: Timestamp, cause: Option<EventId>) -> EventHeader {
    EventHeader { session, seq, epoch, id: EventId::generate(), time, cause }
}

/// All in one append: half of a copy would be taken for the session itself, and go on with what that has under way.
async fn write(store: &dyn Store, events: Vec<Event>, mut last_hash: EventHash) -> Result<(), WriteError> {
    let mut messages = Vec::with_capacity(events.len());
    for event in &events {
        let record = Record::seal(event, last_hash)?;
        last_hash = record.hash();
        messages.push(to_wire(record));
    }
    store.append(Append::new(messages)).await?;
    Ok(())
}
