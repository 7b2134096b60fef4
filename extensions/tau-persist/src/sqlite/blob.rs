//! Blobs: bytes kept once, under their hash, for as long as a session needs them.

use rusqlite::{Connection, OptionalExtension as _};
use tau_proto::buffa::bytes::Bytes;

use super::error::from_sqlite;
use crate::error::{Damage, StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;

/// Keeps bytes for a session; answers with their row.
pub(super) fn put(
    connection: &Connection,
    session: i64,
    hash: Sha256Hash,
    bytes: &[u8],
) -> Result<i64, StoreError> {
    let sql = "SELECT id FROM blob WHERE hash = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let known: Option<i64> =
        statement.query_row([hash.0.as_slice()], |row| row.get(0)).optional().map_err(from_sqlite)?;
    let id = match known {
        Some(id) => id,
        None => {
            let sql = "INSERT INTO blob (hash, body) VALUES (?1, ?2)";
            let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
            statement.insert((hash.0.as_slice(), bytes)).map_err(from_sqlite)?
        }
    };
    let sql = "INSERT OR IGNORE INTO blob_owner (session, blob) VALUES (?1, ?2)";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    statement.execute((session, id)).map_err(from_sqlite)?;
    Ok(id)
}

/// The bytes of a hash.
pub(super) fn get(connection: &Connection, hash: Sha256Hash) -> Result<Option<Bytes>, StoreError> {
    let sql = "SELECT body FROM blob WHERE hash = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let body: Option<Vec<u8>> =
        statement.query_row([hash.0.as_slice()], |row| row.get(0)).optional().map_err(from_sqlite)?;
    match body {
        Some(body) if Sha256Hash::of(&body) != hash => Err(StoreErrorKind::Corrupt(Damage::Blob).into()),
        body => Ok(body.map(Bytes::from)),
    }
}

/// Removes the blobs that no session needs.
pub(super) fn sweep(connection: &Connection) -> Result<u64, StoreError> {
    // Events are asked too: a lost owner must not cost a body.
    let sql = "DELETE FROM blob WHERE NOT EXISTS (SELECT 1 FROM blob_owner WHERE blob_owner.blob = blob.id) \
               AND NOT EXISTS (SELECT 1 FROM event WHERE event.blob = blob.id)";
    let count = connection.execute(sql, []).map_err(from_sqlite)?;
    Ok(count as u64)
}
