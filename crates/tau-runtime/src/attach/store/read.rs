//! Events of a session, page by page.

use tau_core::SessionId;
use tau_core::event::{Event, EventHash, RecordErrorKind, Seq};
use tau_proto::runtime::v1::{Event as WireEvent, ReadEvents, SessionPosition, journal_reply::Reply};
use tokio_util::task::AbortOnDropHandle;

use super::{AttachedStore, unexpected};
use crate::driver::{Past, PastBuilder};
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

    /// The place of the last.
    fn last(&self) -> Option<Seq> {
        self.0.last().map(|event| Seq(event.seq))
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

/// What happened in a session up to its last event, and the hash of that. While one page is folded, the journal reads the
/// next.
pub(super) async fn whole(
    store: &AttachedStore,
    session: SessionId,
    head: &SessionPosition,
) -> Result<(Past, EventHash), StoreError> {
    let mut past = PastBuilder::with_capacity(usize::try_from(head.seq.min(ROOM)).unwrap_or_default());
    let ask = |after: Seq| {
        let store = store.clone();
        AbortOnDropHandle::new(tokio::spawn(async move { page(&store, session, after).await }))
    };
    let (mut after, mut next) = (Seq::default(), ask(Seq::default()));
    loop {
        let page = next.await.map_err(|_| unexpected())??;
        let last = page.last().ok_or_else(|| damaged(after.next(), "is missing"))?;
        if last.0 >= head.seq {
            let left = usize::try_from(head.seq - after.0).unwrap_or(usize::MAX);
            page.each().take(left).try_for_each(|event| take(&mut past, event?))?;
            let last_hash = left.checked_sub(1).and_then(|index| page.hash(index));
            let last_hash = last_hash.ok_or_else(|| damaged(Seq(head.seq), "is missing"))?;
            let is_same = hash(&head.hash).is_none_or(|held| held == last_hash);
            return if is_same {
                Ok((past.build(), last_hash))
            } else {
                Err(damaged(Seq(head.seq), "is another"))
            };
        }
        next = ask(last);
        page.each().try_for_each(|event| take(&mut past, event?))?;
        after = last;
    }
}

fn take(past: &mut PastBuilder, event: Event) -> Result<(), StoreError> {
    let seq = event.header.seq;
    past.push(event).map_err(|error| damaged(seq, &format!("is out of place: {error}")))
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
