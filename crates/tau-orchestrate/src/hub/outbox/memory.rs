//! A store that ends with its process.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, ready};

use super::store::{Handled, MessageStore, StoreError, Stored};
use crate::hub::name::MessageId;
use crate::sync::lock;

/// A store in memory: what must arrive survives its hub, and not its process. Clones are the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    held: Arc<Mutex<Held>>,
}

#[derive(Debug, Default)]
struct Held {
    outgoing: BTreeMap<MessageId, Bytes>,
    handled: BTreeSet<MessageId>,
    settled: BTreeMap<u64, u64>,
}

impl MemoryStore {
    /// A store that holds nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Held) -> T,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        ready(Ok(change(&mut lock(&self.held)))).boxed()
    }
}

impl MessageStore for MemoryStore {
    fn load(&self) -> BoxFuture<'_, Result<Stored, StoreError>> {
        self.with(|held| Stored {
            outgoing: held.outgoing.iter().map(|(id, frame)| (*id, frame.clone())).collect(),
            handled: held.handled.iter().copied().collect(),
            settled: held.settled.iter().map(|(origin, mark)| (*origin, *mark)).collect(),
        })
    }

    fn put(&self, id: MessageId, frame: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        self.with(|held| {
            held.outgoing.insert(id, frame);
        })
    }

    fn settle(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.with(|held| {
            for id in ids {
                held.outgoing.remove(&id);
            }
        })
    }

    fn handled(&self, handled: Vec<Handled>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.with(|held| {
            for Handled { id, settled } in handled {
                let (origin, _) = id.into_parts();
                let mark = held.settled.entry(origin).or_default();
                *mark = settled.max(*mark);
                let first = MessageId::from_parts(origin, 0);
                let bound = MessageId::from_parts(origin, *mark);
                held.handled.insert(id);
                // Cut out of the middle, so that it costs what is forgotten and not all that is remembered.
                let forgotten: Vec<MessageId> = held.handled.range(first..bound).copied().collect();
                for id in forgotten {
                    held.handled.remove(&id);
                }
            }
        })
    }
}
