//! Runs in a PostgreSQL database.

mod statements;

use std::fmt;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::Mutex;
use tokio_postgres::{Config, NoTls, Row};

use super::error::{StoreError, StoreErrorKind};
use super::id::RunId;
use super::store::{Record, RunInfo, Store, StoredRecord, from_milliseconds};
use statements::Prepared;

/// Runs in a PostgreSQL database, which any number of processes may share.
///
/// Every request is one statement, so none of them can be half done. Requests share a connection, which is made anew when it was
/// lost; a request that was on its way then fails. Records carry the time of the database. Connections are not encrypted: use a
/// Unix socket, a private network, or a tunnel.
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    connection: Mutex<Option<Arc<Prepared>>>,
}

impl PostgresStore {
    /// Connects, and makes the table if there is none. `address` is a URL (`postgres://...`) or `host=... user=... dbname=...`.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::Unavailable`], also for an address that cannot be read.
    pub async fn connect(address: &str) -> Result<Self, StoreError> {
        let config: Config = address.parse().map_err(unavailable)?;
        let connection = Mutex::new(Some(Arc::new(open(&config).await?)));
        Ok(Self { inner: Arc::new(Inner { config, connection }) })
    }

    /// The connection, a new one if the last was lost.
    async fn prepared(&self) -> Result<Arc<Prepared>, StoreError> {
        let mut connection = self.inner.connection.lock().await;
        match connection.as_ref().filter(|prepared| !prepared.client.is_closed()) {
            Some(prepared) => Ok(Arc::clone(prepared)),
            None => {
                let prepared = Arc::new(open(&self.inner.config).await?);
                *connection = Some(Arc::clone(&prepared));
                Ok(prepared)
            }
        }
    }
}

async fn open(config: &Config) -> Result<Prepared, StoreError> {
    let (client, connection) = config.connect(NoTls).await.map_err(unavailable)?;
    // Ends when the client is dropped or the connection lost, of which the client knows.
    tokio::spawn(connection);
    Prepared::new(client).await.map_err(unavailable)
}

impl Store for PostgresStore {
    fn append<'a>(&'a self, run: &'a RunId, record: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let prepared = self.prepared().await?;
            let (seq, step) = (integer(record.seq), integer(record.step));
            let (graph, status) = (&*record.graph, record.status.as_str());
            let appended = prepared
                .client
                .execute(&prepared.append, &[&run.as_str(), &seq, &graph, &step, &status, &record.body])
                .await;
            next_or_conflict(appended.map_err(unavailable)?)
        }
        .boxed()
    }

    fn load<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Vec<StoredRecord>, StoreError>> {
        async move {
            let prepared = self.prepared().await?;
            let rows = prepared.client.query(&prepared.load, &[&run.as_str()]).await.map_err(unavailable)?;
            rows.iter().map(stored).collect()
        }
        .boxed()
    }

    fn compact<'a>(&'a self, run: &'a RunId, base: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let prepared = self.prepared().await?;
            let (seq, step, status) = (integer(base.seq), integer(base.step), base.status.as_str());
            let compacted = prepared
                .client
                .query_one(&prepared.compact, &[&run.as_str(), &seq, &step, &status, &base.body])
                .await
                .and_then(|row| row.try_get::<_, i64>(0));
            next_or_conflict(compacted.map_err(unavailable)?.unsigned_abs())
        }
        .boxed()
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<RunInfo>, StoreError>> {
        async move {
            let prepared = self.prepared().await?;
            let rows = prepared.client.query(&prepared.list, &[]).await.map_err(unavailable)?;
            rows.iter().map(info).collect()
        }
        .boxed()
    }

    fn delete<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), StoreError>> {
        async move {
            let prepared = self.prepared().await?;
            prepared.client.execute(&prepared.delete, &[&run.as_str()]).await.map_err(unavailable).map(drop)
        }
        .boxed()
    }
}

/// How many records were written: the one, or none because it is not the next.
fn next_or_conflict(written: u64) -> Result<(), StoreError> {
    if written == 1 { Ok(()) } else { Err(StoreError::new(StoreErrorKind::Conflict)) }
}

fn stored(row: &Row) -> Result<StoredRecord, StoreError> {
    let read = || -> Result<_, tokio_postgres::Error> {
        let (seq, graph, step): (i64, String, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let (status, body, at): (String, Vec<u8>, i64) = (row.try_get(3)?, row.try_get(4)?, row.try_get(5)?);
        Ok((seq, graph, step, status, body, at))
    };
    let (seq, graph, step, status, body, at) = read().map_err(unavailable)?;
    let record = Record::new(seq.unsigned_abs(), graph.into(), step.unsigned_abs(), status.parse()?, body);
    Ok(StoredRecord::new(record, from_milliseconds(at)))
}

fn info(row: &Row) -> Result<RunInfo, StoreError> {
    let read = || -> Result<_, tokio_postgres::Error> {
        let (run, graph, status): (String, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let numbers: [i64; 4] = [row.try_get(3)?, row.try_get(4)?, row.try_get(5)?, row.try_get(6)?];
        Ok((run, graph, status, numbers))
    };
    let (run, graph, status, [step, bytes, began, changed]) = read().map_err(unavailable)?;
    Ok(RunInfo {
        run: RunId::stored(&run),
        graph: graph.into(),
        status: status.parse()?,
        step: step.unsigned_abs(),
        bytes: bytes.unsigned_abs(),
        began: from_milliseconds(began),
        changed: from_milliseconds(changed),
    })
}

/// Numbers of records count up from 1, so they fit.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unavailable(error: tokio_postgres::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable).with_source(error)
}

/// Without the address, which may hold a password.
impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore")
            .field("database", &self.inner.config.get_dbname())
            .finish_non_exhaustive()
    }
}
