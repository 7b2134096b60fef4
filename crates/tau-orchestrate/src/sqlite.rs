//! Opens a SQLite database of this crate, and makes its tables.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// How long another process may hold the database.
const BUSY: Duration = Duration::from_secs(10);

/// What a database is for.
pub(crate) struct Purpose {
    /// Whose it is, in its header.
    pub(crate) application: i64,
    /// The newest version of the tables that is known.
    pub(crate) version: i64,
    /// What makes the tables of that version.
    pub(crate) tables: &'static str,
}

/// Why a database was not opened.
pub(crate) enum OpenError {
    /// It is for something else, of a newer version, or no database.
    NotAStore(Option<rusqlite::Error>),
    Unavailable(rusqlite::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotAStore(Some(error)),
            _ => Self::Unavailable(error),
        }
    }
}

/// Opens a database, making it if there is none. What is committed is on the disk (WAL, `synchronous = FULL`).
pub(crate) fn open(path: &Path, purpose: &Purpose) -> Result<Connection, OpenError> {
    // A connection is used by one thread at a time, so SQLite need not lock it.
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    let is_ours = pragma(&connection, "application_id")? == purpose.application;
    let is_known = if is_ours {
        pragma(&connection, "user_version")? <= purpose.version
    } else {
        !has_tables(&connection)?
    };
    if !is_known {
        return Err(OpenError::NotAStore(None));
    }
    // Only now: up to here it may have been the database of somebody else.
    for (name, value) in
        [("journal_mode", "WAL"), ("synchronous", "FULL"), ("fullfsync", "true"), ("foreign_keys", "true")]
    {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(32);
    create(&mut connection, purpose)?;
    Ok(connection)
}

/// Two processes may both find an empty database; the second finds the tables once it holds the lock.
fn create(connection: &mut Connection, purpose: &Purpose) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if pragma(&transaction, "application_id")? != purpose.application {
        transaction.execute_batch(purpose.tables)?;
        transaction.pragma_update(None, "application_id", purpose.application)?;
        transaction.pragma_update(None, "user_version", purpose.version)?;
    }
    transaction.commit()
}

fn has_tables(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))
        .map(|count| count > 0)
}

fn pragma(connection: &Connection, name: &str) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, name, |row| row.get(0))
}
