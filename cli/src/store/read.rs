//! Reading all of a session: while one page is made into events, the store reads the next.

use futures::{Stream, TryStreamExt, stream};
use tau_core::event::{Event, EventHash};
use tau_persist::{Position, ReadEvents, SessionId, Store, StoreError, event_hash};
use tau_proto::runtime::v1 as wire;

use super::entry::{Unreadable, open};
use super::keep::TakeError;

/// Room is made at once for at most so many events: a damaged store may say that there are more.
const ROOM: u64 = 1 << 20;

/// The events of a session up to its head, and the hash of the last.
pub(super) async fn read(
    store: &dyn Store,
    session: &SessionId,
    head: Position,
) -> Result<(Vec<Event>, EventHash), TakeError> {
    let mut events = Vec::with_capacity(usize::try_from(head.seq.min(ROOM)).unwrap_or_default());
    let mut last_hash = EventHash::ZERO;
    let mut pages = std::pin::pin!(pages(store, session, head.seq));
    while let Some(page) = pages.try_next().await? {
        // The hash of the last event is that of them all.
        if let Some(last) = page.last().filter(|last| last.seq >= head.seq) {
            last_hash = EventHash(event_hash(last).0);
        }
        // Not on the blocking pool: measured, that is slower by a tenth.
        for stored in page {
            let seq = stored.seq;
            events.push(open(stored).map_err(|why| TakeError::Unreadable(seq, why))?);
        }
    }
    Ok((events, last_hash))
}

/// The pages of a session. The next is under way when one is given out.
fn pages<'a>(
    store: &'a dyn Store,
    session: &'a SessionId,
    head: u64,
) -> impl Stream<Item = Result<Vec<wire::Event>, TakeError>> + 'a {
    let request = move |after: u64| {
        let page = ReadEvents::after(session.clone(), after);
        let left = usize::try_from(head.saturating_sub(after)).unwrap_or(usize::MAX);
        let max_events = left.min(page.max_events);
        (left > 0).then(|| (after, store.read(page.with_max_events(max_events))))
    };
    stream::try_unfold(request(0), move |next| async move {
        let Some((after, page)) = next else { return Ok(None) };
        let page = page.await.map_err(|error| failed(error, after))?;
        let next = page.last().and_then(|last| request(last.seq));
        Ok((!page.is_empty()).then_some((page, next)))
    })
}

/// Why the page after an event cannot be read.
fn failed(error: StoreError, after: u64) -> TakeError {
    match Unreadable::of_one_event(&error) {
        Some(why) => TakeError::Unreadable(after + 1, why),
        None => TakeError::Store(error),
    }
}
