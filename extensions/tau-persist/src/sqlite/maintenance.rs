//! Deleting, making room, and looking for damage.

use std::time::SystemTime;

use rusqlite::Connection;

use super::blob;
use super::cache::session_name;
use super::error::{Finding, from_sqlite};
use super::session::{SessionRow, from_sql};
use crate::clock::to_millis;
use crate::error::{Damage, StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::store::{Retention, VacuumReport};

/// At most so many findings, of each kind of check.
const MAX_FINDINGS: usize = 100;

pub(super) fn delete(
    connection: &Connection,
    session: &SessionId,
    now: SystemTime,
) -> Result<(), StoreError> {
    let row = SessionRow::existing(connection, session)?;
    if let Some(lease) = row.lease.as_ref().filter(|lease| lease.is_live(now)) {
        return Err(StoreError::new(lease.refusal(&row.head)).in_session(session));
    }
    // The messages stay: what was promised to be sent is sent.
    for sql in [
        "DELETE FROM event_text WHERE rowid IN (SELECT id FROM event WHERE session = ?1)",
        "DELETE FROM event WHERE session = ?1",
        "DELETE FROM snapshot WHERE session = ?1",
        "DELETE FROM blob_owner WHERE session = ?1",
    ] {
        connection.execute(sql, [row.id]).map_err(|error| from_sqlite(error).in_session(session))?;
    }
    let sql = "UPDATE session SET deleted = ?2, updated = ?2, bytes = 0, head_seq = 0, head_hash = ?3, \
               lease_holder = NULL, lease_granted = NULL, lease_ttl = NULL WHERE id = ?1";
    let zero = Sha256Hash::ZERO;
    connection
        .execute(sql, (row.id, to_millis(now), zero.0.as_slice()))
        .map_err(|error| from_sqlite(error).in_session(session))?;
    Ok(())
}

pub(super) fn retain(
    connection: &Connection,
    rule: Retention,
    now: SystemTime,
) -> Result<Vec<SessionId>, StoreError> {
    let Retention::NotWrittenSince(limit) = rule;
    let sql = "SELECT name FROM session WHERE deleted IS NULL AND updated < ?1 ORDER BY name";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let names = statement.query_map([to_millis(limit)], |row| row.get(0)).map_err(from_sqlite)?;
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(from_sqlite)?;
    let mut deleted = Vec::new();
    for name in names {
        let name = session_name(name)?;
        match delete(connection, &name, now) {
            Ok(()) => deleted.push(name),
            // Nothing was written for it: it is open, and stays.
            Err(error) if matches!(error.kind(), StoreErrorKind::Leased { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(deleted)
}

pub(super) fn vacuum(connection: &mut Connection) -> Result<VacuumReport, StoreError> {
    let bytes_before = size(connection)?;
    let blobs = blob::sweep(connection)?;
    connection
        .execute_batch("INSERT INTO event_text (event_text) VALUES ('optimize')")
        .map_err(from_sqlite)?;
    connection.execute_batch("VACUUM").map_err(from_sqlite)?;
    connection.execute_batch("PRAGMA optimize").map_err(from_sqlite)?;
    // The log is emptied too. Readers may keep that from happening; then it happens later.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(from_sqlite)?;
    Ok(VacuumReport { blobs, bytes_before, bytes_after: size(connection)? })
}

fn size(connection: &Connection) -> Result<u64, StoreError> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let pages = number("page_count").map_err(from_sqlite)?;
    let page = number("page_size").map_err(from_sqlite)?;
    Ok(from_sql(pages).unwrap_or_default() * from_sql(page).unwrap_or_default())
}

/// Checks the file and the blobs.
pub(super) fn check(connection: &Connection) -> Result<Vec<StoreError>, StoreError> {
    let mut found = Vec::new();
    let mut statement = connection.prepare("PRAGMA integrity_check(100)").map_err(from_sqlite)?;
    let said = statement.query_map([], |row| row.get::<_, String>(0)).map_err(from_sqlite)?;
    for said in said {
        match said {
            Ok(said) if said == "ok" => {}
            Ok(said) => {
                let kind = StoreErrorKind::Corrupt(Damage::File);
                found.push(StoreError::new(kind).with_source(Finding(said)));
            }
            Err(error) => {
                found.push(from_sqlite(error));
                break;
            }
        }
    }
    if found.is_empty() {
        check_blobs(connection, &mut found)?;
    }
    Ok(found)
}

fn check_blobs(connection: &Connection, found: &mut Vec<StoreError>) -> Result<(), StoreError> {
    let mut statement = connection.prepare("SELECT hash, body FROM blob ORDER BY id").map_err(from_sqlite)?;
    let mut rows = statement.query([]).map_err(from_sqlite)?;
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let (hash, body) = (row.get_ref(0), row.get_ref(1));
        let is_whole =
            match (hash.as_ref().map(|hash| hash.as_blob()), body.as_ref().map(|body| body.as_blob())) {
                (Ok(Ok(hash)), Ok(Ok(body))) => Sha256Hash::from_slice(hash) == Some(Sha256Hash::of(body)),
                _ => false,
            };
        if !is_whole && found.len() < MAX_FINDINGS {
            found.push(StoreErrorKind::Corrupt(Damage::Blob).into());
        }
    }
    Ok(())
}
