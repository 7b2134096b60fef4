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

/// A store that failed.
#[derive(Debug)]
pub struct StoreError {
    source: Box<dyn Error + Send + Sync>,
}

impl StoreError {
    /// A failure that comes from this.
    #[must_use]
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: source.into() }
    }

    pub(super) fn damaged(id: MessageId) -> Self {
        Self::new(format!("message {id} is not what was stored; it is damaged, or of another version"))
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store failed: {}", self.source)
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}
