//! The thread that owns the connection. Writes that wait at the same time are one transaction.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};
use tokio::sync::oneshot;

use crate::checkpoint::error::{StoreError, StoreErrorKind};
use crate::checkpoint::id::RunId;
use crate::checkpoint::store::{Record, RunInfo, StoredRecord, from_milliseconds};
use crate::sqlite::OpenError;

/// The most writes of one transaction.
const BATCH: usize = 256;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

pub(super) struct Request {
    pub(super) work: Work,
    /// When it was made, in milliseconds since 1970.
    pub(super) at: i64,
}

pub(super) enum Work {
    Append { run: RunId, record: Record, answer: Answer<()> },
    Compact { run: RunId, base: Record, answer: Answer<()> },
    Delete { run: RunId, answer: Answer<()> },
    Load { run: RunId, answer: Answer<Vec<StoredRecord>> },
    List { answer: Answer<Vec<RunInfo>> },
}

impl Work {
    fn refuse(self, error: StoreError) {
        match self {
            Self::Append { answer, .. } | Self::Compact { answer, .. } | Self::Delete { answer, .. } => {
                drop(answer.send(Err(error)));
            }
            Self::Load { answer, .. } => drop(answer.send(Err(error))),
            Self::List { answer } => drop(answer.send(Err(error))),
        }
    }
}

/// Works until nobody can ask any more.
pub(super) fn work(mut connection: Connection, requests: &Receiver<Request>) {
    let mut next = requests.recv().ok();
    while let Some(request) = next.take() {
        match request.work {
            // Whoever asked may have gone.
            Work::Load { run, answer } => drop(answer.send(load(&connection, &run).map_err(from_sqlite))),
            Work::List { answer } => drop(answer.send(list(&connection))),
            _ => next = write(&mut connection, request, requests),
        }
        next = next.or_else(|| requests.recv().ok());
    }
}

/// Carries out a write and those that wait behind it. Returns the first request that is no write.
fn write(connection: &mut Connection, first: Request, requests: &Receiver<Request>) -> Option<Request> {
    let transaction = match connection.transaction_with_behavior(TransactionBehavior::Immediate) {
        Ok(transaction) => transaction,
        Err(error) => {
            first.work.refuse(from_sqlite(error));
            return None;
        }
    };
    let (mut written, mut next) = (Vec::new(), Some(first));
    let mut result = Ok(());
    while let Some(request) = next.take() {
        let at = request.at;
        let (answer, taken) = match request.work {
            Work::Append { run, record, answer } => (answer, append(&transaction, &run, &record, at)),
            Work::Compact { run, base, answer } => (answer, compact(&transaction, &run, &base)),
            Work::Delete { run, answer } => (answer, delete(&transaction, &run)),
            read => {
                next = Some(Request { work: read, at });
                break;
            }
        };
        written.push((answer, *taken.as_ref().unwrap_or(&false)));
        // Nothing of a transaction that failed stays, so nobody in it may be told that it does.
        if let Err(error) = taken {
            result = Err(error);
            break;
        }
        if written.len() < BATCH {
            next = requests.try_recv().ok();
        }
    }
    let result = result.and_then(|()| transaction.commit());
    let failure = result.err().map(|error| error.to_string());
    for (answer, is_written) in written {
        let result = match &failure {
            Some(failure) => Err(StoreError::new(StoreErrorKind::Unavailable).with_source(failure.clone())),
            None if is_written => Ok(()),
            None => Err(StoreError::new(StoreErrorKind::Conflict)),
        };
        let _ = answer.send(result);
    }
    next
}

/// Says whether the record is the next one.
fn append(connection: &Connection, run: &RunId, record: &Record, at: i64) -> rusqlite::Result<bool> {
    let number = match number(connection, run)? {
        Some(number) => number,
        None if record.seq == 1 => {
            let mut insert = connection.prepare_cached("INSERT INTO run (id, graph) VALUES (?1, ?2)")?;
            insert.insert(params![run.as_str(), &*record.graph])?
        }
        None => return Ok(false),
    };
    let mut last = connection.prepare_cached("SELECT MAX(seq) FROM record WHERE run = ?1")?;
    let last: Option<i64> = last.query_row([number], |row| row.get(0))?;
    if integer(record.seq) != last.unwrap_or(0) + 1 {
        return Ok(false);
    }
    let mut insert = connection.prepare_cached(
        "INSERT INTO record (run, seq, step, status, at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let (seq, step) = (integer(record.seq), integer(record.step));
    insert.execute(params![number, seq, step, record.status.as_str(), at, record.body])?;
    Ok(true)
}

fn compact(connection: &Connection, run: &RunId, base: &Record) -> rusqlite::Result<bool> {
    let Some(number) = number(connection, run)? else { return Ok(false) };
    let (seq, step) = (integer(base.seq), integer(base.step));
    let mut update = connection
        .prepare_cached("UPDATE record SET step = ?3, status = ?4, body = ?5 WHERE run = ?1 AND seq = ?2")?;
    if update.execute(params![number, seq, step, base.status.as_str(), base.body])? == 0 {
        return Ok(false);
    }
    let mut delete = connection.prepare_cached("DELETE FROM record WHERE run = ?1 AND seq < ?2")?;
    delete.execute(params![number, seq])?;
    Ok(true)
}

fn delete(connection: &Connection, run: &RunId) -> rusqlite::Result<bool> {
    // Runs of subgraphs have names that begin with this one and a `/`, which `0` follows.
    let mut delete =
        connection.prepare_cached("DELETE FROM run WHERE id = ?1 OR (id >= ?1 || '/' AND id < ?1 || '0')")?;
    delete.execute([run.as_str()])?;
    Ok(true)
}

fn number(connection: &Connection, run: &RunId) -> rusqlite::Result<Option<i64>> {
    let mut find = connection.prepare_cached("SELECT number FROM run WHERE id = ?1")?;
    find.query_row([run.as_str()], |row| row.get(0)).optional()
}

fn load(connection: &Connection, run: &RunId) -> rusqlite::Result<Vec<StoredRecord>> {
    let mut select = connection.prepare_cached(
        "SELECT seq, graph, step, status, body, at FROM record JOIN run ON run.number = record.run
         WHERE run.id = ?1 ORDER BY seq",
    )?;
    let read = |row: &Row<'_>| {
        let graph: String = row.get(1)?;
        let record =
            Record::new(unsigned(row, 0)?, graph.into(), unsigned(row, 2)?, status(row, 3)?, row.get(4)?);
        Ok(StoredRecord::new(record, from_milliseconds(row.get(5)?)))
    };
    select.query_map([run.as_str()], read)?.collect()
}

fn list(connection: &Connection) -> Result<Vec<RunInfo>, StoreError> {
    let read = |row: &Row<'_>| {
        let (run, graph): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(RunInfo {
            run: RunId::stored(&run),
            graph: Arc::from(graph),
            status: status(row, 2)?,
            step: unsigned(row, 3)?,
            bytes: unsigned(row, 4)?,
            began: from_milliseconds(row.get(5)?),
            changed: from_milliseconds(row.get(6)?),
        })
    };
    let runs = || -> rusqlite::Result<Vec<RunInfo>> {
        let mut select = connection.prepare_cached(
            "SELECT id, graph, last.status, last.step,
                    (SELECT SUM(LENGTH(body)) FROM record WHERE run = number),
                    (SELECT at FROM record WHERE run = number ORDER BY seq LIMIT 1), last.at
             FROM run JOIN record AS last
               ON last.run = number AND last.seq = (SELECT MAX(seq) FROM record WHERE run = number)
             WHERE instr(id, '/') = 0 ORDER BY id",
        )?;
        select.query_map([], read)?.collect()
    };
    runs().map_err(from_sqlite)
}

fn status(row: &Row<'_>, column: usize) -> rusqlite::Result<crate::checkpoint::store::RunStatus> {
    let text: String = row.get(column)?;
    text.parse().map_err(|error: StoreError| {
        rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error))
    })
}

fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0))
}

/// Numbers of records count up from 1, so they fit.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn from_sqlite(error: rusqlite::Error) -> StoreError {
    OpenError::from(error).into()
}
