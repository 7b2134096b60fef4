//! What is kept beside events: snapshots, text, messages.

use rusqlite::{Connection, OptionalExtension as _};
use tau_proto::buffa::bytes::Bytes;

use super::error::from_sqlite;
use super::read::hash_at;
use super::session::{SessionRow, from_sql, to_sql};
use crate::error::{Damage, StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::store::{OutboxMessage, Search, SearchHit, Snapshot, StoredMessage};

pub(super) fn put_snapshot(connection: &Connection, snapshot: &Snapshot) -> Result<(), StoreError> {
    let name = &snapshot.session;
    let session = SessionRow::existing(connection, name)?;
    let refuse = |kind| Err(StoreError::new(kind).in_session(name).at(snapshot.seq));
    if snapshot.seq == 0 || snapshot.seq > session.head.seq {
        return refuse(StoreErrorKind::Gap { held: session.head });
    }
    let expected = hash_at(connection, name, &session, snapshot.seq)?;
    if expected != snapshot.hash {
        return refuse(StoreErrorKind::HashMismatch { expected, found: snapshot.hash });
    }
    let sql = "INSERT OR REPLACE INTO snapshot (session, name, seq, hash, body_hash, body) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let (hash, body_hash) = (snapshot.hash, Sha256Hash::of(&snapshot.body));
    let (seq, body) = (to_sql(snapshot.seq)?, &*snapshot.body);
    let values = (session.id, &snapshot.name, seq, hash.0.as_slice(), body_hash.0.as_slice(), body);
    statement.execute(values).map_err(|error| from_sqlite(error).in_session(name))?;
    Ok(())
}

/// The snapshot, unless it is damaged or of another history: then it is as good as none.
pub(super) fn snapshot(
    connection: &Connection,
    session: &SessionId,
    name: &str,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(found) = SessionRow::find(connection, session)? else { return Ok(None) };
    let sql = "SELECT seq, hash, body_hash, body FROM snapshot WHERE session = ?1 AND name = ?2";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let row = statement.query_row((found.id, name), |row| {
        let row: (i64, Vec<u8>, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(row)
    });
    let Some((seq, hash, body_hash, body)) = row.optional().map_err(from_sqlite)? else { return Ok(None) };
    let (Some(seq), Some(hash)) = (from_sql(seq), Sha256Hash::from_slice(&hash)) else { return Ok(None) };
    let is_whole = Sha256Hash::from_slice(&body_hash) == Some(Sha256Hash::of(&body));
    if !is_whole || seq == 0 || seq > found.head.seq {
        return Ok(None);
    }
    match hash_at(connection, session, &found, seq) {
        Ok(held) if held == hash => {}
        // Damage is told to whoever reads the events.
        Ok(_) => return Ok(None),
        Err(error) if matches!(error.kind(), StoreErrorKind::Corrupt(_)) => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok(Some(Snapshot::new(session.clone(), name, seq, hash, body)))
}

pub(super) fn search(connection: &Connection, query: &Search) -> Result<Vec<SearchHit>, StoreError> {
    let words = query.words();
    if words.is_empty() {
        return Ok(Vec::new());
    }
    // Each word in quotes is a word and no operator.
    let expression: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let sql = "SELECT session.name, event.seq, snippet(event_text, 0, '', '', '…', 16) FROM event_text \
               JOIN event ON event.id = event_text.rowid JOIN session ON session.id = event.session \
               WHERE event_text MATCH ?1 AND (?2 IS NULL OR session.name = ?2) \
               ORDER BY rank, event.id DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let session = query.session.as_ref().map(SessionId::as_str);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((expression.join(" "), session, limit)).map_err(from_sqlite)?;
    let mut hits = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let session = session_name(row.get(0).map_err(from_sqlite)?)?;
        let seq = from_sql(row.get(1).map_err(from_sqlite)?).unwrap_or_default();
        hits.push(SearchHit::new(session, seq, row.get(2).map_err(from_sqlite)?));
    }
    Ok(hits)
}

pub(super) fn outbox(
    connection: &Connection,
    after: u64,
    limit: usize,
) -> Result<Vec<StoredMessage>, StoreError> {
    let sql = "SELECT outbox.id, session.name, seq, topic, body FROM outbox \
               JOIN session ON session.id = outbox.session WHERE outbox.id > ?1 ORDER BY outbox.id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let after = to_sql(after).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((after, limit)).map_err(from_sqlite)?;
    let mut messages = Vec::new();
    while let Some(row) = rows.next().map_err(from_sqlite)? {
        let topic: String = row.get(3).map_err(from_sqlite)?;
        let body: Vec<u8> = row.get(4).map_err(from_sqlite)?;
        messages.push(StoredMessage {
            id: from_sql(row.get(0).map_err(from_sqlite)?).unwrap_or_default(),
            session: session_name(row.get(1).map_err(from_sqlite)?)?,
            seq: from_sql(row.get(2).map_err(from_sqlite)?).unwrap_or_default(),
            message: OutboxMessage::new(topic, Bytes::from(body)),
        });
    }
    Ok(messages)
}

pub(super) fn settle(connection: &Connection, messages: &[u64]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1").map_err(from_sqlite)?;
    for message in messages {
        // A number that does not fit was never given to a message.
        if let Ok(message) = i64::try_from(*message) {
            statement.execute([message]).map_err(from_sqlite)?;
        }
    }
    Ok(())
}

pub(super) fn session_name(name: String) -> Result<SessionId, StoreError> {
    SessionId::new(name)
        .map_err(|error| StoreError::new(StoreErrorKind::Corrupt(Damage::Session)).with_source(error))
}
