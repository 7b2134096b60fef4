//! The port: what a store of runs is.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::SystemTime;

use futures::future::BoxFuture;

use super::error::StoreError;
use super::id::RunId;

/// A store of logs, one for each run.
///
/// # What an implementation keeps true
///
/// - A record is taken whole or not at all, and is durable when the append is answered.
/// - A record is taken only if it is the next of its run: the first has number 1, and each follows the one before. So of two
///   that go on with one run, one is told [`Conflict`](super::StoreErrorKind::Conflict).
/// - What a request wrote is seen by every request made after its answer.
/// - Bodies are opaque.
///
/// # What a caller may not assume
///
/// That a failed append left nothing behind: it may have been stored while the answer got lost. Loading the run says so.
pub trait Store: fmt::Debug + Send + Sync {
    /// Adds a record to a run. The first record makes the run.
    fn append<'a>(&'a self, run: &'a RunId, record: Record) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The records of a run in order; none if there is no such run.
    fn load<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Vec<StoredRecord>, StoreError>>;

    /// Puts `base` in the place of all records up to its number, at once, with the time of the record of that number. It is a
    /// conflict if that number is not there.
    fn compact<'a>(&'a self, run: &'a RunId, base: Record) -> BoxFuture<'a, Result<(), StoreError>>;

    /// All runs in the order of their names, those of subgraphs left out.
    fn list(&self) -> BoxFuture<'_, Result<Vec<RunInfo>, StoreError>>;

    /// Forgets a run and those of its subgraphs, at once. Not an error if there is none.
    fn delete<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// What is appended at once.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Its number in the run, from 1.
    pub seq: u64,
    /// The name of the graph.
    pub graph: Arc<str>,
    /// How many supersteps are finished with it.
    pub step: u64,
    /// How the run stands with it.
    pub status: RunStatus,
    /// The content, opaque to a store.
    pub body: Vec<u8>,
}

impl Record {
    /// A record.
    #[must_use]
    pub fn new(seq: u64, graph: Arc<str>, step: u64, status: RunStatus, body: Vec<u8>) -> Self {
        Self { seq, graph, step, status, body }
    }
}

/// A record and when it was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredRecord {
    /// The record.
    pub record: Record,
    /// When the store took it, by the store's clock, to the millisecond.
    pub at: SystemTime,
}

impl StoredRecord {
    /// A record that was stored then.
    #[must_use]
    pub fn new(record: Record, at: SystemTime) -> Self {
        Self { record, at }
    }
}

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RunStatus {
    /// It is at work, or its process ended while it was.
    Running,
    /// It waits for answers.
    Waiting,
    /// It stands in front of a node that it was told to stop at.
    Paused,
    /// It reached the end.
    Completed,
    /// It was stopped by an error, and can be resumed.
    Failed,
    /// It was cancelled, and can be resumed.
    Cancelled,
}

impl RunStatus {
    const ALL: [Self; 6] =
        [Self::Running, Self::Waiting, Self::Paused, Self::Completed, Self::Failed, Self::Cancelled];

    /// The name in lower case: `running`, `waiting`, `paused`, `completed`, `failed`, `cancelled`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

impl fmt::Display for RunStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for RunStatus {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| StoreError::new(super::StoreErrorKind::NotAStore))
    }
}

/// What a store says of a run without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunInfo {
    /// The run.
    pub run: RunId,
    /// The name of its graph.
    pub graph: Arc<str>,
    /// How it stands.
    pub status: RunStatus,
    /// How many supersteps are finished.
    pub step: u64,
    /// How many bytes its records have.
    pub bytes: u64,
    /// When its first record was stored.
    pub began: SystemTime,
    /// When its last record was stored.
    pub changed: SystemTime,
}

/// What a summary is made of: the records of one run, in order.
pub(super) fn summary(run: &RunId, records: &[StoredRecord]) -> Option<RunInfo> {
    let (first, last) = (records.first()?, records.last()?);
    Some(RunInfo {
        run: run.clone(),
        graph: Arc::clone(&last.record.graph),
        status: last.record.status,
        step: last.record.step,
        bytes: records.iter().map(|stored| stored.record.body.len() as u64).sum(),
        began: first.at,
        changed: last.at,
    })
}

/// To the millisecond, as every store keeps it.
pub(super) fn milliseconds(at: SystemTime) -> i64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(super) fn from_milliseconds(milliseconds: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(u64::try_from(milliseconds).unwrap_or(0))
}
