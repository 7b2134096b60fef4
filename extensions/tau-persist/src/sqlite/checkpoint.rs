//! Copying the log into the database.

use rusqlite::Connection;
use tracing::warn;

use super::error::from_sqlite;
use super::probe::{Probe, Step};
use super::room::Room;
use crate::error::StoreError;

/// The log is copied into the database when it has grown by so many pages, 32 MiB. A page that many commits change is
/// copied once, so a larger log means less to write; and a longer one to read through when the store is opened.
const PAGES: i64 = 8_192;

/// Copies the log if it is long enough. SQLite would do so inside of a commit, and hold its answers up.
pub(super) fn checkpoint_if_due(connection: &Connection, probe: &dyn Probe, room: &mut Room) {
    // Others may be doing it, or reading what would be overwritten; then it is done after a later commit. And what fails
    // here has failed after the commit: the events are durable in the log.
    if let Err(error) = try_checkpoint(connection, probe, room) {
        let source = std::error::Error::source(&error).map(ToString::to_string);
        warn!(%error, source, "the log could not be copied into the database");
    }
}

fn try_checkpoint(connection: &Connection, probe: &dyn Probe, room: &mut Room) -> Result<(), StoreError> {
    let (log, copied) = pages(connection, "PRAGMA wal_checkpoint(NOOP)")?;
    room.set_frames(log);
    if log - copied < PAGES {
        return Ok(());
    }
    probe.reached(Step::Checkpoint);
    pages(connection, "PRAGMA wal_checkpoint(PASSIVE)")?;
    probe.reached(Step::Checkpointed);
    Ok(())
}

/// Pages of the log after the pragma, and how many of them are in the database too.
fn pages(connection: &Connection, pragma: &str) -> Result<(i64, i64), StoreError> {
    let mut statement = connection.prepare_cached(pragma).map_err(from_sqlite)?;
    statement.query_row([], |row| Ok((row.get(1)?, row.get(2)?))).map_err(from_sqlite)
}
