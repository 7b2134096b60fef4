//! Rows of sessions: heads and leases.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension as _, Row, named_params};

use super::error::from_sqlite;
use crate::clock::to_millis;
use crate::error::{Damage, Rule, StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::store::{Lease, LeaseRow, OpenSession, Position, check_newest, claim};

pub(super) const COLUMNS: &str =
    "id, epoch, head_seq, head_hash, deleted, lease_holder, lease_granted, lease_ttl, bytes";

/// A session as its row has it.
#[derive(Debug)]
pub(super) struct SessionRow {
    pub(super) id: i64,
    pub(super) head: Position,
    pub(super) lease: Option<LeaseRow>,
    pub(super) is_deleted: bool,
    /// Of the bodies of its events.
    pub(super) bytes: u64,
}

/// A number as SQLite keeps it. What is appended was checked to fit.
pub(super) fn to_sql(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreErrorKind::Invalid(Rule::Range).into())
}

/// A number that SQLite kept.
pub(super) fn from_sql(number: i64) -> Option<u64> {
    u64::try_from(number).ok()
}

pub(super) fn damaged(session: &SessionId) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt(Damage::Session)).in_session(session)
}

impl SessionRow {
    /// The row, of a deleted session too.
    pub(super) fn find(connection: &Connection, session: &SessionId) -> Result<Option<Self>, StoreError> {
        let sql = "SELECT id, epoch, head_seq, head_hash, deleted, lease_holder, lease_granted, lease_ttl, \
                   bytes FROM session WHERE name = ?1";
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let row = statement.query_row([session.as_str()], |row| Ok(Self::decode(row))).optional();
        match row.map_err(|error| from_sqlite(error).in_session(session))? {
            None => Ok(None),
            Some(decoded) => decoded
                .map_err(|error| from_sqlite(error).in_session(session))?
                .map_or_else(|| Err(damaged(session)), |row| Ok(Some(row))),
        }
    }

    /// The row of a session that exists.
    pub(super) fn existing(connection: &Connection, session: &SessionId) -> Result<Self, StoreError> {
        let kind = match Self::find(connection, session)? {
            Some(row) if row.is_deleted => StoreErrorKind::Deleted,
            Some(row) => return Ok(row),
            None => StoreErrorKind::NotFound,
        };
        Err(StoreError::new(kind).in_session(session))
    }

    /// Reads the columns; `None` where their values make no session.
    pub(super) fn decode(row: &Row<'_>) -> Result<Option<Self>, rusqlite::Error> {
        let (epoch, seq) = (from_sql(row.get(1)?), from_sql(row.get(2)?));
        let hash = Sha256Hash::from_slice(row.get_ref(3)?.as_blob()?);
        let lease = match (row.get(5)?, row.get(6)?, row.get(7)?) {
            (Some(holder), Some(granted), Some(ttl)) => Some(LeaseRow { holder, granted, ttl }),
            _ => None,
        };
        let bytes = from_sql(row.get(8)?);
        let (Some(epoch), Some(seq), Some(hash), Some(bytes)) = (epoch, seq, hash, bytes) else {
            return Ok(None);
        };
        let head = Position { seq, epoch, hash };
        let is_deleted = row.get::<_, Option<i64>>(4)?.is_some();
        Ok(Some(Self { id: row.get(0)?, head, lease, is_deleted, bytes }))
    }

    /// Makes a session without events.
    pub(super) fn create(
        connection: &Connection,
        session: &SessionId,
        now: SystemTime,
    ) -> Result<Self, StoreError> {
        let sql = "INSERT INTO session (name, epoch, head_seq, head_hash, created, updated) \
                   VALUES (?1, 0, 0, ?2, ?3, ?3)";
        let hash = Sha256Hash::ZERO;
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let id = statement
            .insert((session.as_str(), hash.0.as_slice(), to_millis(now)))
            .map_err(|error| from_sqlite(error).in_session(session))?;
        Ok(Self { id, head: Position::default(), lease: None, is_deleted: false, bytes: 0 })
    }

    /// Writes head and lease back.
    pub(super) fn update(&self, connection: &Connection, now: SystemTime) -> Result<(), StoreError> {
        let sql = "UPDATE session SET epoch = :epoch, head_seq = :seq, head_hash = :hash, updated = :now, \
                   bytes = :bytes, lease_holder = :holder, lease_granted = :granted, lease_ttl = :ttl WHERE id = :id";
        let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
        let lease = self.lease.as_ref();
        statement
            .execute(named_params! {
                ":id": self.id,
                ":epoch": to_sql(self.head.epoch)?,
                ":seq": to_sql(self.head.seq)?,
                ":hash": self.head.hash.0.as_slice(),
                ":now": to_millis(now),
                ":bytes": to_sql(self.bytes)?,
                ":holder": lease.map(|lease| lease.holder.as_str()),
                ":granted": lease.map(|lease| lease.granted),
                ":ttl": lease.map(|lease| lease.ttl),
            })
            .map_err(from_sqlite)?;
        Ok(())
    }
}

pub(super) fn open(
    connection: &Connection,
    request: &OpenSession,
    now: SystemTime,
) -> Result<Lease, StoreError> {
    let found = SessionRow::find(connection, &request.session)?;
    if found.as_ref().is_some_and(|row| row.is_deleted) {
        return Err(StoreError::new(StoreErrorKind::Deleted).in_session(&request.session));
    }
    let head = found.as_ref().map(|row| row.head).unwrap_or_default();
    let epoch = claim(&head, found.as_ref().and_then(|row| row.lease.as_ref()), request, now)?;
    let mut row = match found {
        Some(row) => row,
        None => SessionRow::create(connection, &request.session, now)?,
    };
    let lease = LeaseRow::new(&request.holder, request.ttl, now);
    let expires = lease.expires();
    row.lease = Some(lease);
    row.head.epoch = epoch;
    row.update(connection, now)?;
    let (session, holder) = (request.session.clone(), request.holder.clone());
    Ok(Lease { session, holder, epoch, expires, head: row.head })
}

pub(super) fn renew(
    connection: &Connection,
    lease: &Lease,
    ttl: Duration,
    now: SystemTime,
) -> Result<Lease, StoreError> {
    let row = SessionRow::existing(connection, &lease.session)?;
    check_newest(&row.head, lease)?;
    let new = LeaseRow::new(&lease.holder, ttl, now);
    set_lease(connection, row.id, Some(&new))?;
    Ok(Lease { expires: new.expires(), head: row.head, ..lease.clone() })
}

pub(super) fn release(connection: &Connection, lease: &Lease) -> Result<(), StoreError> {
    let row = SessionRow::existing(connection, &lease.session)?;
    check_newest(&row.head, lease)?;
    set_lease(connection, row.id, None)
}

pub(super) fn leases(connection: &Connection, limit: usize) -> Result<Vec<Lease>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS}, name FROM session WHERE deleted IS NULL AND lease_holder IS NOT NULL \
         ORDER BY lease_granted DESC, name LIMIT ?1"
    );
    let mut statement = connection.prepare_cached(&sql).map_err(from_sqlite)?;
    let mut rows = statement.query([i64::try_from(limit).unwrap_or(i64::MAX)]).map_err(from_sqlite)?;
    let mut leases = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let session = named(row)?;
        let decoded = SessionRow::decode(row).map_err(|error| from_sqlite(error).in_session(&session))?;
        let SessionRow { head, lease, .. } = decoded.ok_or_else(|| damaged(&session))?;
        leases.extend(lease.map(|lease| Lease {
            session,
            epoch: head.epoch,
            expires: lease.expires(),
            holder: lease.holder,
            head,
        }));
    }
    Ok(leases)
}

/// The name that stands behind the [`COLUMNS`].
pub(super) fn named(row: &Row<'_>) -> Result<SessionId, StoreError> {
    let name: String = row.get(9).map_err(from_sqlite)?;
    SessionId::new(name)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt(Damage::Session)).with_source(error))
}

/// Changes the lease and nothing else: holding a session is not writing it.
fn set_lease(connection: &Connection, id: i64, lease: Option<&LeaseRow>) -> Result<(), StoreError> {
    let sql = "UPDATE session SET lease_holder = ?2, lease_granted = ?3, lease_ttl = ?4 WHERE id = ?1";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let holder = lease.map(|lease| lease.holder.as_str());
    let (granted, ttl) = (lease.map(|lease| lease.granted), lease.map(|lease| lease.ttl));
    statement.execute((id, holder, granted, ttl)).map_err(from_sqlite)?;
    Ok(())
}
