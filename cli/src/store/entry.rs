//! Reading a session, whatever of it can be read.

use tau_core::event::{Event, RecordErrorKind, Timestamp};
use tau_persist::{Damage, Position, ReadEvents, SessionId, Store, StoreError, StoreErrorKind};
use tau_proto::runtime::v1 as wire;
use tau_runtime::journals::{event_time, from_wire};

/// An event at its place, as far as it can be read.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Its place.
    pub(crate) seq: u64,
    /// What is stored; `None` where that is damaged.
    pub(crate) stored: Option<wire::Event>,
    /// What it says.
    pub(crate) event: Result<Event, Unreadable>,
}

impl Entry {
    fn new(stored: wire::Event) -> Self {
        let event = open(stored.clone());
        Self { seq: stored.seq, stored: Some(stored), event }
    }

    /// When it was decided; 0 where that is not known.
    pub(crate) fn time(&self) -> Timestamp {
        self.stored.as_ref().map(event_time).unwrap_or_default()
    }

    /// The name of its kind; empty where that is not known.
    pub(crate) fn kind(&self) -> &str {
        self.stored.as_ref().map_or("", |stored| &stored.kind)
    }
}

/// The event that a stored one is.
pub(super) fn open(stored: wire::Event) -> Result<Event, Unreadable> {
    let record = from_wire(stored).map_err(|_| Unreadable::Foreign)?;
    record.open().map_err(|error| match error.kind() {
        RecordErrorKind::NewerVersion => Unreadable::Newer,
        RecordErrorKind::UnknownKind => Unreadable::UnknownKind,
        _ => Unreadable::Malformed,
    })
}

/// Why an event cannot be read.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("a newer version of tau wrote it; use that one to read it")]
    Newer,
    #[error("it is of a kind that this version of tau does not know")]
    UnknownKind,
    #[error("its body is not what its kind says")]
    Malformed,
    #[error("tau did not write it")]
    Foreign,
    #[error("{}", match .0 {
        Damage::MissingEvent => "it is missing",
        Damage::MissingBlob => "its body is missing",
        Damage::Blob => "its body is damaged",
        _ => "it is damaged",
    })]
    Damaged(Damage),
}

impl Unreadable {
    /// What is damaged, where the events after it may be whole.
    pub(super) fn of_one_event(error: &StoreError) -> Option<Self> {
        let StoreErrorKind::Corrupt(damage) = *error.kind() else { return None };
        let is_of_one =
            matches!(damage, Damage::Event | Damage::MissingEvent | Damage::MissingBlob | Damage::Blob);
        is_of_one.then_some(Self::Damaged(damage))
    }
}

/// Reads a session page by page, from an event to what was its head when this began.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    store: &'a dyn Store,
    session: &'a SessionId,
    at: u64,
    head: u64,
}

impl<'a> Reader<'a> {
    /// Reads the events after a place.
    pub(crate) const fn after(
        store: &'a dyn Store,
        session: &'a SessionId,
        after: u64,
        head: Position,
    ) -> Self {
        Self { store, session, at: after, head: head.seq }
    }

    /// The next events; none when there are no more. A damaged one stands alone.
    pub(crate) async fn page(&mut self) -> Result<Vec<Entry>, StoreError> {
        if self.at >= self.head {
            return Ok(Vec::new());
        }
        match self.store.read(ReadEvents::after(self.session.clone(), self.at)).await {
            Ok(events) => {
                self.at = events.last().map_or(self.head, |last| last.seq);
                Ok(events.into_iter().map(Entry::new).collect())
            }
            Err(error) => {
                let why = Unreadable::of_one_event(&error).ok_or(error)?;
                self.at += 1;
                Ok(vec![Entry { seq: self.at, stored: None, event: Err(why) }])
            }
        }
    }

    /// All the events that are left.
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
}
