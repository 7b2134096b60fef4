//! An event as it is stored, whether it can be read or not.

use tau_core::event::{Event, RecordErrorKind, Timestamp};
use tau_persist::{Damage, StoreError, StoreErrorKind};
use tau_proto::runtime::v1 as wire;
use tau_runtime::journals::{event_time, record_of};

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
    pub(crate) fn new(stored: wire::Event) -> Self {
        let event = open(&stored);
        Self { seq: stored.seq, stored: Some(stored), event }
    }

    /// An event that the store cannot give.
    pub(super) const fn unreadable(seq: u64, why: Unreadable) -> Self {
        Self { seq, stored: None, event: Err(why) }
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
pub(super) fn open(stored: &wire::Event) -> Result<Event, Unreadable> {
    let record = record_of(stored).map_err(|_| Unreadable::Foreign)?;
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
