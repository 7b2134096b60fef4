//! Versions of the schema, and how a database gets from one to the next.

use std::cmp::Ordering;

use rusqlite::{Connection, OptionalExtension as _};

use super::error::from_sqlite;
use super::probe::{Probe, Step};
use crate::error::{StoreError, StoreErrorKind};

/// `tau1` in ASCII: marks a file as a store of sessions, for us and for `file`.
const APPLICATION_ID: i32 = 0x7461_7531;

/// Each brings a database from the version of its index to the next. They are only ever added to.
const MIGRATIONS: [&str; 3] = [
    include_str!("migrations/0001.sql"),
    include_str!("migrations/0002.sql"),
    include_str!("migrations/0003.sql"),
];

/// The version that this program writes. It reads this one and all before it, which it brings up to this one.
pub const SCHEMA_VERSION: u32 = MIGRATIONS.len() as u32;

/// What a database file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing is in it yet.
    Empty,
    /// A store of this older version; no older one than 1 exists.
    Older(u32),
    /// A store as this program writes it.
    Current,
}

/// Looks at a database without changing it.
pub(super) fn inspect(connection: &Connection) -> Result<Found, StoreError> {
    let number = |pragma: &str| -> Result<i64, StoreError> {
        connection.pragma_query_value(None, pragma, |row| row.get(0)).map_err(from_sqlite)
    };
    let tables = "SELECT 1 FROM sqlite_schema LIMIT 1";
    let table: Option<i64> =
        connection.query_row(tables, [], |row| row.get(0)).optional().map_err(from_sqlite)?;
    let application = number("application_id")?;
    if table.is_none() && application == 0 {
        return Ok(Found::Empty);
    }
    if application != i64::from(APPLICATION_ID) {
        return Err(StoreErrorKind::NotAStore.into());
    }
    let found = u32::try_from(number("user_version")?).unwrap_or(u32::MAX);
    match found.cmp(&SCHEMA_VERSION) {
        _ if found == 0 => Err(StoreErrorKind::NotAStore.into()),
        Ordering::Less => Ok(Found::Older(found)),
        Ordering::Equal => Ok(Found::Current),
        Ordering::Greater => Err(StoreErrorKind::NewerSchema { found, supported: SCHEMA_VERSION }.into()),
    }
}

/// Brings a database to the current version. Two processes may do it at the same time; one of them does.
pub(super) fn migrate(connection: &mut Connection, probe: &dyn Probe) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(from_sqlite)?;
    if inspect(&transaction)? == Found::Current {
        return Ok(());
    }
    let version: i64 =
        transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(from_sqlite)?;
    for migration in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or_default()) {
        transaction.execute_batch(migration).map_err(from_sqlite)?;
        probe.reached(Step::Migrating);
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(from_sqlite)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION).map_err(from_sqlite)?;
    transaction.commit().map_err(from_sqlite)?;
    probe.reached(Step::Migrated);
    Ok(())
}
