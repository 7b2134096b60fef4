//! A store in memory: for tests, and for sessions that need to outlive nothing.

mod list;
mod search;
mod state;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::Event;

use crate::admission::CheckedAppend;
use crate::error::StoreError;
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::pending::Pending;
use crate::store::{
    Append, Lease, ListSessions, OpenSession, Position, ReadEvents, Retention, Search, SearchHit,
    SessionInfo, Snapshot, Store, StoreOptions, StoredMessage, VacuumReport, text_of,
};
use state::State;

/// A [`Store`] that lives as long as its value. Its answers are there at once.
#[derive(Debug)]
pub struct MemoryStore {
    options: StoreOptions,
    state: Mutex<State>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new(options: StoreOptions) -> Self {
        Self { options, state: Mutex::default() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> Result<T, StoreError>) -> Pending<T> {
        // No method of the state panics halfway, so what a poisoned lock guards is whole.
        Pending::ready(work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(StoreOptions::default())
    }
}

impl Store for MemoryStore {
    fn open_session(&self, request: OpenSession) -> Pending<Lease> {
        let now = self.options.clock.now();
        self.with(|state| state.open(&request, now))
    }

    fn renew_lease(&self, lease: &Lease, ttl: Duration) -> Pending<Lease> {
        let now = self.options.clock.now();
        self.with(|state| state.renew(lease, ttl, now))
    }

    fn release_lease(&self, lease: &Lease) -> Pending<()> {
        self.with(|state| state.release(lease))
    }

    fn leases(&self, limit: usize) -> Pending<Vec<Lease>> {
        self.with(|state| Ok(state.leases(limit)))
    }

    fn append(&self, append: Append) -> Pending<Position> {
        let append = match CheckedAppend::new(append, self.options.max_event_bytes) {
            Ok(append) => append,
            Err(error) => return Pending::ready(Err(error)),
        };
        let texts = append.events.iter().map(|event| text_of(&*self.options.text, event)).collect();
        let now = self.options.clock.now();
        self.with(|state| state.append(append, texts, now, &self.options))
    }

    fn read(&self, request: ReadEvents) -> Pending<Vec<Event>> {
        self.with(|state| state.read(&request))
    }

    fn head(&self, session: &SessionId) -> Pending<Option<Position>> {
        self.with(|state| Ok(state.head(session)))
    }

    fn list(&self, request: ListSessions) -> Pending<Vec<SessionInfo>> {
        let now = self.options.clock.now();
        self.with(|state| Ok(state.list(&request, now)))
    }

    fn put_snapshot(&self, snapshot: Snapshot) -> Pending<()> {
        self.with(|state| state.put_snapshot(snapshot, &self.options))
    }

    fn snapshot(&self, session: &SessionId, name: &str) -> Pending<Option<Snapshot>> {
        self.with(|state| Ok(state.snapshot(session, name)))
    }

    fn put_blob(&self, session: &SessionId, bytes: Bytes) -> Pending<Sha256Hash> {
        self.with(|state| state.put_blob(session, bytes, &self.options))
    }

    fn blob(&self, hash: Sha256Hash) -> Pending<Option<Bytes>> {
        self.with(|state| Ok(state.blob(hash)))
    }

    fn search(&self, query: Search) -> Pending<Vec<SearchHit>> {
        self.with(|state| Ok(state.search(&query)))
    }

    fn outbox(&self, after: u64, limit: usize) -> Pending<Vec<StoredMessage>> {
        self.with(|state| Ok(state.outbox(after, limit)))
    }

    fn settle(&self, messages: Vec<u64>) -> Pending<()> {
        self.with(|state| {
            state.settle(&messages);
            Ok(())
        })
    }

    fn delete(&self, session: &SessionId) -> Pending<()> {
        let now = self.options.clock.now();
        self.with(|state| state.delete(session, now))
    }

    fn retain(&self, rule: Retention) -> Pending<Vec<SessionId>> {
        let now = self.options.clock.now();
        self.with(|state| Ok(state.retain(rule, now)))
    }

    fn vacuum(&self) -> Pending<VacuumReport> {
        self.with(|state| Ok(state.vacuum()))
    }

    fn check(&self) -> Pending<Vec<StoreError>> {
        Pending::ready(Ok(Vec::new()))
    }
}
