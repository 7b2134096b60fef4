//! A store that forgets everything when the process ends.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use futures::FutureExt;
use futures::future::{self, BoxFuture};

use super::error::{StoreError, StoreErrorKind};
use super::id::RunId;
use super::store::{Record, RunInfo, Store, StoredRecord, from_milliseconds, milliseconds, summary};
use crate::sync::lock;

type Runs = BTreeMap<RunId, Vec<StoredRecord>>;
/// Says what time it is.
pub(super) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// Runs in memory: for tests, and for questions that are answered in the same process.
#[derive(Clone)]
pub struct MemoryStore {
    runs: Arc<Mutex<Runs>>,
    clock: Clock,
}

impl MemoryStore {
    /// An empty store with the clock of the system.
    #[must_use]
    pub fn new() -> Self {
        Self { runs: Arc::default(), clock: Arc::new(SystemTime::now) }
    }

    /// Takes the time of records from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    fn stamped(&self, record: Record) -> StoredRecord {
        StoredRecord::new(record, from_milliseconds(milliseconds((self.clock)())))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for MemoryStore {
    fn append<'a>(&'a self, run: &'a RunId, record: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        let stored = self.stamped(record);
        let mut runs = lock(&self.runs);
        let last = runs.get(run).and_then(|records| records.last()).map_or(0, |last| last.record.seq);
        let result = if stored.record.seq == last + 1 {
            runs.entry(run.clone()).or_default().push(stored);
            Ok(())
        } else {
            Err(StoreError::new(StoreErrorKind::Conflict))
        };
        future::ready(result).boxed()
    }

    fn load<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Vec<StoredRecord>, StoreError>> {
        future::ready(Ok(lock(&self.runs).get(run).cloned().unwrap_or_default())).boxed()
    }

    fn compact<'a>(&'a self, run: &'a RunId, base: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        let mut runs = lock(&self.runs);
        let records = runs.get_mut(run);
        let at = records
            .as_ref()
            .and_then(|records| records.iter().position(|stored| stored.record.seq == base.seq));
        let result = match (records, at) {
            (Some(records), Some(at)) => {
                records[at].record = base;
                records.drain(..at);
                Ok(())
            }
            _ => Err(StoreError::new(StoreErrorKind::Conflict)),
        };
        future::ready(result).boxed()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<RunInfo>, StoreError>> {
        let runs = lock(&self.runs);
        let shown = runs.iter().filter(|(run, _)| !run.is_below());
        future::ready(Ok(shown.filter_map(|(run, records)| summary(run, records)).collect())).boxed()
    }

    fn delete<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), StoreError>> {
        let below = format!("{run}/");
        lock(&self.runs).retain(|found, _| found != run && !found.as_str().starts_with(&below));
        future::ready(Ok(())).boxed()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("runs", &lock(&self.runs).len()).finish_non_exhaustive()
    }
}
