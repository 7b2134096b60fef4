//! A stored session, up again, and the floor: its rows, read and nothing more.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures::{TryStreamExt, stream};
use rusqlite::{Connection, OpenFlags};
use serde::{Deserialize, Serialize};
use tau_core::event::SessionConfig;
use tau_persist::{ReadEvents, SessionId, SqliteOptions, SqliteStore, Store, verify_session};
use tau_runtime::journals::record_of;
use tau_runtime::{Past, PastBuilder, Session, SessionOptions};
use tau_tools::ToolRegistry;
use tau_tools::environment::MemoryEnvironment;

use super::tau::Tau;
use crate::cpu;

/// Where the time went, from the opening of the database to a session that is ready.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Resumed {
    pub(crate) open: Duration,
    /// Reading rows, and making them into events that are folded, both at the same time.
    pub(crate) past: Duration,
    /// Making the session of that.
    pub(crate) session: Duration,
    /// CPU time of all of it, every thread.
    pub(crate) cpu: Duration,
    /// What checking the chain of hashes takes, which is no part of the above.
    pub(crate) verify: Duration,
}

impl Resumed {
    pub(crate) fn all(&self) -> Duration {
        self.open + self.past + self.session
    }
}

/// Reading all rows.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Rows {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

pub(super) async fn run(database: &Path, session: &str) -> anyhow::Result<Resumed> {
    // A process has its model and its tools before it takes a session up.
    let agent = Tau::new("http://127.0.0.1:9/v1")?.agent();
    let environment = Arc::new(MemoryEnvironment::new([("", ""); 0])?);
    let options =
        SessionOptions::new(SessionConfig::new("bench/bench"), agent, ToolRegistry::default(), environment);
    let session = SessionId::new(session)?;

    let (cpu, start) = (cpu::own_time(), Instant::now());
    let store = SqliteStore::open(database, SqliteOptions::default())?;
    let opened = Instant::now();
    let past = past(&store, &session).await?;
    let read = Instant::now();
    let resumed = Session::resume(options, past)?;
    let ready = Instant::now();
    let cpu = cpu::own_time().saturating_sub(cpu);

    drop(resumed);
    let start_of_check = Instant::now();
    let verification = verify_session(&store, &session).await?;
    anyhow::ensure!(verification.damage.is_none(), "{verification:?}");
    Ok(Resumed {
        open: opened - start,
        past: read - opened,
        session: ready - read,
        cpu,
        verify: start_of_check.elapsed(),
    })
}

/// What happened in a session, in the way the command line reads it: while one page is made into events, the store reads
/// the next.
async fn past(store: &SqliteStore, session: &SessionId) -> anyhow::Result<Past> {
    let head = store.head(session).await?.context("there is no such session")?;
    let mut past = PastBuilder::with_capacity(usize::try_from(head.seq)?);
    let request =
        |after: u64| (after < head.seq).then(|| store.read(ReadEvents::after(session.clone(), after)));
    let pages = stream::try_unfold(request(0), |next| async move {
        let Some(page) = next else { return anyhow::Ok(None) };
        let page = page.await?;
        let next = page.last().and_then(|last| request(last.seq));
        Ok((!page.is_empty()).then_some((page, next)))
    });
    let mut pages = std::pin::pin!(pages);
    while let Some(page) = pages.try_next().await? {
        for stored in &page {
            past.push(record_of(stored)?.open()?)?;
        }
    }
    Ok(past.build())
}

/// Every column of every row, in the way rusqlite gives them.
pub(super) fn rows(database: &Path, session: &str) -> anyhow::Result<Rows> {
    let (cpu, start) = (cpu::own_time(), Instant::now());
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut statement = connection.prepare(
        "SELECT seq, event.epoch, event_id, kind, schema_version, cause, seconds, nanos, prev_hash, event.body \
         FROM event JOIN session ON session.id = event.session WHERE session.name = ?1 ORDER BY seq",
    )?;
    let mut rows = statement.query([session])?;
    let mut held = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(9)?;
        let hash: Vec<u8> = row.get(8)?;
        let (id, kind): (String, String) = (row.get(2)?, row.get(3)?);
        let numbers: (i64, i64, i64, i64, i64) =
            (row.get(0)?, row.get(1)?, row.get(4)?, row.get(6)?, row.get(7)?);
        let cause: Option<String> = row.get(5)?;
        held.push((numbers, id, kind, cause, hash, body));
    }
    anyhow::ensure!(!held.is_empty(), "there are no rows");
    Ok(Rows { wall: start.elapsed(), cpu: cpu::own_time().saturating_sub(cpu) })
}
