//! Runs in a SQLite database.

mod worker;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::SystemTime;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::oneshot;

use super::error::{StoreError, StoreErrorKind};
use super::id::RunId;
use super::store::{Record, RunInfo, Store, StoredRecord, milliseconds};
use crate::sqlite::{self, OpenError, Purpose};
use worker::{Request, Work};

const PURPOSE: Purpose = Purpose {
    application: 0x7461_756f, // "tauo"
    version: 1,
    tables: "
        CREATE TABLE run (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            graph TEXT NOT NULL
        ) STRICT;
        CREATE TABLE record (
            run INTEGER NOT NULL REFERENCES run (number) ON DELETE CASCADE,
            seq INTEGER NOT NULL,
            step INTEGER NOT NULL,
            status TEXT NOT NULL,
            at INTEGER NOT NULL,
            body BLOB NOT NULL,
            UNIQUE (run, seq)
        ) STRICT;
    ",
};

impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NotAStore(None) => Self::new(StoreErrorKind::NotAStore),
            OpenError::NotAStore(Some(source)) => Self::new(StoreErrorKind::NotAStore).with_source(source),
            OpenError::Unavailable(source) => Self::new(StoreErrorKind::Unavailable).with_source(source),
        }
    }
}

/// Runs in one SQLite database, which may be shared with other processes.
///
/// An append is on the disk when it is answered (WAL, `synchronous = FULL`). One thread owns the connection, and what several runs
/// append at the same time shares one sync. Cloning gives another handle to the same thread, which ends with the last one.
#[derive(Clone)]
pub struct SqliteStore {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// None only while it is dropped.
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens a database, making it if there is none. Blocks while it does.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotAStore`] for a database of something else or of a newer version, and
    /// [`StoreErrorKind::Unavailable`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let connection = sqlite::open(&path, &PURPOSE)?;
        let (requests, received) = channel();
        let thread = std::thread::Builder::new()
            .name("tau-checkpoints".to_owned())
            .spawn(move || worker::work(connection, &received))
            .map_err(|error| StoreError::new(StoreErrorKind::Unavailable).with_source(error))?;
        Ok(Self { inner: Arc::new(Inner { path, requests: Some(requests), thread: Some(thread) }) })
    }

    /// Under way when it returns.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Work,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let request = Request { work: work(answer), at: milliseconds(SystemTime::now()) };
        // Where the thread is gone, so is the other end of the answer.
        if let Some(requests) = &self.inner.requests {
            let _ = requests.send(request);
        }
        let gone = |_| {
            Err(StoreError::new(StoreErrorKind::Unavailable).with_source("the thread of the store has ended"))
        };
        async move { answered.await.unwrap_or_else(gone) }.boxed()
    }
}

impl Store for SqliteStore {
    fn append<'a>(&'a self, run: &'a RunId, record: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ask(|answer| Work::Append { run: run.clone(), record, answer })
    }

    fn load<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Vec<StoredRecord>, StoreError>> {
        self.ask(|answer| Work::Load { run: run.clone(), answer })
    }

    fn compact<'a>(&'a self, run: &'a RunId, base: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ask(|answer| Work::Compact { run: run.clone(), base, answer })
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<RunInfo>, StoreError>> {
        self.ask(|answer| Work::List { answer })
    }

    fn delete<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.ask(|answer| Work::Delete { run: run.clone(), answer })
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            // It panicked if this fails, and whoever waited for it was told.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.inner.path).finish_non_exhaustive()
    }
}
