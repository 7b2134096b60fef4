//! Stores what happens in a run, one record at a time.

use std::future::pending;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::options::Durability;
use super::scope::Stored;
use crate::checkpoint::{Body, Record, RunStatus, StoreError, StoreErrorKind, Wire};

/// The end of the log of a run. What comes while a record is on its way goes into the next one.
pub(super) struct Log {
    stored: Stored,
    graph: Arc<str>,
    /// The number of the last record that was sent.
    seq: u64,
    entries: Vec<Wire>,
    /// Supersteps that were finished since something was stored.
    steps: u32,
    flight: Option<BoxFuture<'static, Result<(), StoreError>>>,
}

impl Log {
    pub(super) fn new(stored: Stored, graph: Arc<str>, seq: u64) -> Self {
        Self { stored, graph, seq, entries: Vec::new(), steps: 0, flight: None }
    }

    pub(super) fn seq(&self) -> u64 {
        self.seq
    }

    pub(super) fn push(&mut self, entry: Wire) {
        self.steps += u32::from(matches!(entry, Wire::Step(_)));
        self.entries.push(entry);
    }

    /// Whether updates are stored while other tasks still run.
    pub(super) fn is_eager(&self) -> bool {
        self.stored.durability == Durability::EveryStep
    }

    /// Whether the next superstep has to wait for what happened so far.
    pub(super) fn is_due(&self) -> bool {
        match self.stored.durability {
            Durability::EveryStep => true,
            Durability::Every(steps) => self.steps >= steps.get(),
            Durability::AtEnd => false,
        }
    }

    /// Sends what there is, if nothing is on its way.
    pub(super) fn send(&mut self, step: u64, status: RunStatus) -> Result<(), StoreError> {
        if self.flight.is_some() || self.entries.is_empty() {
            return Ok(());
        }
        let body = serde_json::to_vec(&Body::new(std::mem::take(&mut self.entries)))
            .map_err(|error| StoreError::new(StoreErrorKind::Unavailable).with_source(error))?;
        self.steps = 0;
        self.seq += 1;
        let record = Record::new(self.seq, Arc::clone(&self.graph), step, status, body);
        let Stored { store, run, .. } = self.stored.clone();
        self.flight = Some(async move { store.append(&run, record).await }.boxed());
        Ok(())
    }

    /// Waits for what is on its way; for ever if nothing is.
    pub(super) async fn landed(&mut self) -> Result<(), StoreError> {
        let landed = match &mut self.flight {
            Some(flight) => flight.await,
            None => pending().await,
        };
        self.flight = None;
        landed
    }

    /// Stores everything. Says whether there was anything.
    pub(super) async fn flush(&mut self, step: u64, status: RunStatus) -> Result<bool, StoreError> {
        let before = self.seq;
        let was_on_its_way = self.flight.is_some();
        if was_on_its_way {
            self.landed().await?;
        }
        self.send(step, status)?;
        if self.flight.is_some() {
            self.landed().await?;
        }
        Ok(was_on_its_way || self.seq > before)
    }

    /// Forgets the run.
    pub(super) async fn delete(&mut self) -> Result<(), StoreError> {
        self.stored.store.delete(&self.stored.run).await
    }
}
