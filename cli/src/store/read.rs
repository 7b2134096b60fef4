//! Reading a session page by page: while one page is looked at, the store reads the next.

use tau_core::event::EventHash;
use tau_persist::{Pending, Position, ReadEvents, SessionId, Store, StoreError, event_hash};
use tau_proto::runtime::v1 as wire;
use tau_runtime::{Past, PastBuilder};

use super::entry::{Entry, Unreadable, open};
use super::keep::TakeError;

/// Room is made at once for at most so many events: a damaged store may say that there are more.
const ROOM: u64 = 1 << 20;

/// What happened in a session up to its head, and the hash of its last event. All of it can be read, or none is given.
pub(super) async fn read_whole(
    store: &dyn Store,
    session: &SessionId,
    head: Position,
) -> Result<(Past, EventHash), TakeError> {
    let mut past = PastBuilder::with_capacity(usize::try_from(head.seq.min(ROOM)).unwrap_or_default());
    let mut last_hash = EventHash::ZERO;
    let mut reader = Reader::after(store, session, 0, head);
    loop {
        let page = match reader.next().await? {
            Page::Events(page) => page,
            Page::Unreadable(seq, why) => return Err(TakeError::Unreadable(seq, why)),
        };
        let Some(last) = page.last() else { return Ok((past.build(), last_hash)) };
        last_hash = EventHash(event_hash(last).0);
        // Not on the blocking pool: measured, that is slower by a tenth.
        for stored in &page {
            past.push(open(stored).map_err(|why| TakeError::Unreadable(stored.seq, why))?)?;
        }
    }
}

/// Reads a session, from an event to what was its head when this began.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    store: &'a dyn Store,
    session: &'a SessionId,
    /// What was read ends here.
    at: u64,
    head: u64,
    /// The page after that, under way; `None` at the head.
    next: Option<Pending<Vec<wire::Event>>>,
}

/// What stands next in a store.
enum Page {
    /// Events; none at the end.
    Events(Vec<wire::Event>),
    /// One event that the store cannot give.
    Unreadable(u64, Unreadable),
}

impl<'a> Reader<'a> {
    /// Reads the events after a place.
    pub(crate) fn after(store: &'a dyn Store, session: &'a SessionId, after: u64, head: Position) -> Self {
        let mut reader = Self { store, session, at: after, head: head.seq, next: None };
        reader.go_on(after);
        reader
    }

    /// The next events, whatever of them can be read; none when there are no more.
    pub(crate) async fn page(&mut self) -> Result<Vec<Entry>, StoreError> {
        Ok(match self.next().await? {
            Page::Events(page) => page.into_iter().map(Entry::new).collect(),
            Page::Unreadable(seq, why) => vec![Entry::unreadable(seq, why)],
        })
    }

    /// All the events that are left, whatever of them can be read.
    pub(crate) async fn rest(mut self) -> Result<Vec<Entry>, StoreError> {
        let mut entries = Vec::new();
        loop {
            let page = self.page().await?;
            if page.is_empty() {
                return Ok(entries);
            }
            entries.extend(page);
        }
    }

    async fn next(&mut self) -> Result<Page, StoreError> {
        let Some(page) = self.next.take() else { return Ok(Page::Events(Vec::new())) };
        match page.await {
            Ok(page) => {
                if let Some(last) = page.last() {
                    self.go_on(last.seq);
                }
                Ok(Page::Events(page))
            }
            Err(error) => {
                let why = Unreadable::of_one_event(&error).ok_or(error)?;
                self.go_on(self.at + 1);
                Ok(Page::Unreadable(self.at, why))
            }
        }
    }

    /// Has the store read on after an event.
    fn go_on(&mut self, after: u64) {
        self.at = after;
        let page = ReadEvents::after(self.session.clone(), after);
        let left = usize::try_from(self.head.saturating_sub(after)).unwrap_or(usize::MAX);
        let max_events = left.min(page.max_events);
        self.next = (left > 0).then(|| self.store.read(page.with_max_events(max_events)));
    }
}
