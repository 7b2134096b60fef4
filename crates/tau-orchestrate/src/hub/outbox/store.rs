//! The port that messages which must arrive are kept behind.

use std::error::Error;
use std::fmt;

use bytes::Bytes;
use futures::future::BoxFuture;

use crate::hub::name::MessageId;

/// A message that a handler dealt with, and below which number everything of its origin is settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handled {
    /// The message.
    pub id: MessageId,
    /// Nothing of the same origin with a smaller number need be remembered.
    pub settled: u64,
}

impl Handled {
    /// This message, with this mark.
    #[must_use]
    pub fn new(id: MessageId, settled: u64) -> Self {
        Self { id, settled }
    }
}

/// What a store holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stored {
    /// Messages that are not settled, in the order of their ids.
    pub outgoing: Vec<(MessageId, Bytes)>,
    /// Messages that came and were dealt with, in the order of their ids, without those below the mark of their origin.
    pub handled: Vec<MessageId>,
    /// The highest mark of each origin, in the order of the origins.
    pub settled: Vec<(u64, u64)>,
}

/// Where a hub keeps the messages that must arrive, and remembers those that came.
///
/// Each call is one transaction: all of it is kept once the call returned, or none of it when it fails. Calls come one
/// after the other or at the same time. A store belongs to one hub at a time, and outlives it.
pub trait MessageStore: Send + Sync + 'static {
    /// Everything that it holds.
    fn load(&self) -> BoxFuture<'_, Result<Stored, StoreError>>;

    /// Keeps a message that is to be sent.
    fn put(&self, id: MessageId, frame: Bytes) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Forgets messages that were to be sent. Those it does not know are none of its business.
    fn settle(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// Remembers messages that came, and forgets those below the marks. A mark never goes back.
    fn handled(&self, handled: Vec<Handled>) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// What kind of thing went wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// What is in the file is no store of messages, or one of a newer version.
    NotAStore,
    /// A message is not what was stored: it is damaged, or of another version.
    Damaged,
    /// Disk full, connection lost: the source says which.
    Unavailable,
}

/// A store that failed.
#[derive(Debug)]
pub struct StoreError {
    kind: StoreErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl StoreError {
    /// An error of that kind, without a source.
    #[must_use]
    pub fn new(kind: StoreErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// With what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    pub(super) fn damaged(id: MessageId) -> Self {
        Self::new(StoreErrorKind::Damaged).with_source(format!("message {id} cannot be read"))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::NotAStore => "not a store of messages of this version; choose another file",
            StoreErrorKind::Damaged => "a stored message is damaged, or of another version",
            StoreErrorKind::Unavailable => "the store of messages does not answer",
        })?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
