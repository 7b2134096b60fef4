//! Events of a session, page by page.

use tau_core::SessionId;
use tau_core::event::{Event, EventHash, RecordErrorKind, Seq};
use tau_proto::runtime::v1::{Event as WireEvent, ReadEvents, SessionPosition, journal_reply::Reply};

use super::{AttachedStore, unexpected};
use crate::journals::{from_wire, record_of};
use crate::runtime::{StoreError, StoreErrorKind};

/// Events of one answer.
const MAX_EVENTS: u32 = 1_000;
/// Bytes of bodies of one answer, which a message of the network must hold.
const MAX_BYTES: u64 = 2 << 20;
/// Room is made at once for at most so many events: a journal may say that there are more.
const ROOM: u64 = 1 << 20;

/// Events as they came, contiguous after the one asked for.
#[derive(Debug)]
pub(super) struct Page(Vec<WireEvent>);

impl Page {
    /// All of them, or why one cannot be read.
    pub(super) fn events(&self) -> Result<Vec<Event>, StoreError> {
        self.each().collect()
    }

    /// Each of them, or why it cannot be read.
    pub(super) fn each(&self) -> impl Iterator<Item = Result<Event, StoreError>> {
        self.0.iter().map(open)
    }

    /// The hash of an event, by its place in the page.
    pub(super) fn hash(&self, index: usize) -> Option<EventHash> {
        Some(from_wire(self.0.get(index)?.clone()).ok()?.hash())
    }
}

/// The events after a place, some of them; none at the end.
pub(super) async fn page(store: &AttachedStore, session: SessionId, after: Seq) -> Result<Page, StoreError> {
    let request = ReadEvents {
        session_id: session.to_string(),
        after_seq: after.0,
        max_events: MAX_EVENTS,
        max_bytes: MAX_BYTES,
        ..Default::default()
    };
    let Reply::EventsRead(read) = store.ask(Some(session), request).await? else { return Err(unexpected()) };
    let session = session.to_string();
    let mut expected = after.0;
    let is_contiguous = read.events.iter().all(|event| {
        expected += 1;
        event.seq == expected && event.session_id == session
    });
    if is_contiguous { Ok(Page(read.events)) } else { Err(damaged(Seq(expected), "is missing")) }
}

/// The events of a session up to its last, and the hash of that.
pub(super) async fn whole(
    store: &AttachedStore,
    session: SessionId,
    head: &SessionPosition,
) -> Result<(Vec<Event>, EventHash), StoreError> {
    let mut events: Vec<Event> = Vec::with_capacity(usize::try_from(head.seq.min(ROOM)).unwrap_or_default());
    loop {
        let after = events.last().map(|event| event.header.seq).unwrap_or_default();
        let page = page(store, session, after).await?;
        let left = usize::try_from(head.seq - after.0).unwrap_or(usize::MAX);
        for event in page.each().take(left) {
            events.push(event?);
        }
        let read = events.len() as u64 - after.0;
        if read == 0 {
            return Err(damaged(after.next(), "is missing"));
        }
        if events.len() as u64 == head.seq {
            let last = usize::try_from(read - 1).ok().and_then(|index| page.hash(index));
            let last_hash = last.ok_or_else(|| damaged(Seq(head.seq), "is missing"))?;
            let is_same = hash(&head.hash).is_none_or(|held| held == last_hash);
            return if is_same { Ok((events, last_hash)) } else { Err(damaged(Seq(head.seq), "is another")) };
        }
    }
}

/// The hash that a position states.
pub(super) fn hash(bytes: &[u8]) -> Option<EventHash> {
    bytes.try_into().ok().map(EventHash)
}

fn open(event: &WireEvent) -> Result<Event, StoreError> {
    let seq = Seq(event.seq);
    let record = record_of(event).map_err(|error| damaged(seq, &error.to_string()))?;
    record.open().map_err(|error| match error.kind() {
        RecordErrorKind::Malformed => damaged(seq, &error.to_string()),
        _ => StoreError::new(StoreErrorKind::NewerVersion, error.to_string()),
    })
}

fn damaged(seq: Seq, what: &str) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, format!("event {seq} {what}"))
}
