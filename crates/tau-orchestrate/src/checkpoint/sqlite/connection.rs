//! Opens the database and makes its tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::checkpoint::error::{StoreError, StoreErrorKind};

/// "tauo": whose database it is, in its header.
const APPLICATION: i64 = 0x7461_756f;
const VERSION: i64 = 1;
/// How long another process may hold the database.
const BUSY: Duration = Duration::from_secs(10);

const TABLES: &str = "
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
";

pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    // A connection stays on one thread, so SQLite need not lock it.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(from_sqlite)?;
    connection.busy_timeout(BUSY).map_err(from_sqlite)?;
    if pragma(&connection, "application_id")? != APPLICATION {
        if has_tables(&connection)? {
            return Err(StoreError::new(StoreErrorKind::NotAStore));
        }
    } else if pragma(&connection, "user_version")? > VERSION {
        return Err(StoreError::new(StoreErrorKind::NotAStore));
    }
    // Only now: up to here it may have been the database of somebody else.
    for (name, value) in
        [("journal_mode", "WAL"), ("synchronous", "FULL"), ("fullfsync", "true"), ("foreign_keys", "true")]
    {
        connection.pragma_update(None, name, value).map_err(from_sqlite)?;
    }
    connection.pragma_update(None, "trusted_schema", false).map_err(from_sqlite)?;
    connection.set_prepared_statement_cache_capacity(32);
    create(&mut connection)?;
    Ok(connection)
}

/// Two processes may both find an empty database; the second finds the tables once it holds the lock.
fn create(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(from_sqlite)?;
    if pragma(&transaction, "application_id")? != APPLICATION {
        transaction.execute_batch(TABLES).map_err(from_sqlite)?;
        transaction.pragma_update(None, "application_id", APPLICATION).map_err(from_sqlite)?;
        transaction.pragma_update(None, "user_version", VERSION).map_err(from_sqlite)?;
    }
    transaction.commit().map_err(from_sqlite)
}

fn has_tables(connection: &Connection) -> Result<bool, StoreError> {
    let count = connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    count.map(|count| count > 0).map_err(from_sqlite)
}

fn pragma(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    connection.pragma_query_value(None, name, |row| row.get(0)).map_err(from_sqlite)
}

pub(super) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    let kind = match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => StoreErrorKind::NotAStore,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind).with_source(error)
}
