//! Reading events: rows become events again, with their bodies.

use rusqlite::{Connection, OptionalExtension as _, Row};
use tau_proto::buffa::bytes::Bytes;
use tau_proto::buffa::{MessageField, UnknownFields};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

use super::error::from_sqlite;
use super::session::{SessionRow, from_sql, to_sql};
use crate::error::{Damage, StoreError, StoreErrorKind};
use crate::hash::{Sha256Hash, event_hash};
use crate::id::SessionId;
use crate::store::{Page, ReadEvents};

const EVENTS: &str = "SELECT seq, epoch, event_id, kind, schema_version, cause, seconds, nanos, prev_hash, extra, \
     event.body, event.blob, blob.hash, blob.body FROM event LEFT JOIN blob ON blob.id = event.blob \
     WHERE event.session = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";

/// A page of events. Damage ends the page; a page that would begin with it is an error.
pub(super) fn events(connection: &Connection, request: &ReadEvents) -> Result<Vec<Event>, StoreError> {
    let session = SessionRow::existing(connection, &request.session)?;
    let mut page = Page::new(request);
    let mut events: Vec<Event> = Vec::new();
    let mut statement = connection.prepare_cached(EVENTS).map_err(from_sqlite)?;
    let after = to_sql(request.after).unwrap_or(i64::MAX);
    let limit = i64::try_from(request.max_events.max(1)).unwrap_or(i64::MAX);
    let mut rows = statement.query((session.id, after, limit)).map_err(from_sqlite)?;
    loop {
        let seq = request.after.saturating_add(events.len() as u64 + 1);
        let next = match rows.next() {
            Ok(Some(row)) => decode(row, &request.session, seq).map(Some),
            // The page is full, or the session has ended.
            Ok(None) if events.len() as i64 == limit || seq > session.head.seq => Ok(None),
            Ok(None) => Err(StoreErrorKind::Corrupt(Damage::MissingEvent).into()),
            Err(error) => Err(from_sqlite(error)),
        };
        match next {
            Ok(Some(event)) if page.admits(event.body.len()) => events.push(event),
            Ok(_) => return Ok(events),
            Err(error) if events.is_empty() => {
                return Err(error.in_session(&request.session).at(seq));
            }
            Err(_) => return Ok(events),
        }
    }
}

/// The hash of an event that is held.
pub(super) fn hash_at(
    connection: &Connection,
    name: &SessionId,
    session: &SessionRow,
    seq: u64,
) -> Result<Sha256Hash, StoreError> {
    if seq == session.head.seq {
        return Ok(session.head.hash);
    }
    let mut statement = connection.prepare_cached(EVENTS).map_err(from_sqlite)?;
    let after = to_sql(seq)? - 1;
    let decoded = statement.query_row((session.id, after, 1), |row| Ok(decode(row, name, seq))).optional();
    let event = decoded.map_err(from_sqlite)?;
    let missing = || StoreErrorKind::Corrupt(Damage::MissingEvent).into();
    let event = event.unwrap_or_else(|| Err(missing()));
    event.map(|event| event_hash(&event)).map_err(|error| error.in_session(name).at(seq))
}

/// The event that a row holds, which must be the one of that number.
fn decode(row: &Row<'_>, session: &SessionId, expected: u64) -> Result<Event, StoreError> {
    let corrupt = |damage| StoreError::new(StoreErrorKind::Corrupt(damage));
    let read = || -> Result<Option<Event>, rusqlite::Error> {
        let (Some(seq), Some(epoch)) = (from_sql(row.get(0)?), from_sql(row.get(1)?)) else {
            return Ok(None);
        };
        let extra: Option<Vec<u8>> = row.get(9)?;
        let Ok(extra) = UnknownFields::decode_from_slice(extra.as_deref().unwrap_or_default()) else {
            return Ok(None);
        };
        Ok(Some(Event {
            session_id: session.to_string(),
            seq,
            epoch,
            event_id: row.get(2)?,
            kind: row.get(3)?,
            schema_version: row.get(4)?,
            cause_event_id: row.get(5)?,
            time: MessageField::some(Timestamp {
                seconds: row.get(6)?,
                nanos: row.get(7)?,
                ..Default::default()
            }),
            prev_hash: Bytes::from(row.get::<_, Vec<u8>>(8)?),
            body: Bytes::new(),
            __buffa_unknown_fields: extra,
        }))
    };
    let event = read().map_err(|error| corrupt(Damage::Event).with_source(error))?;
    let mut event = event.ok_or_else(|| corrupt(Damage::Event))?;
    if event.seq != expected {
        return Err(corrupt(Damage::MissingEvent));
    }
    event.body = body(row)?;
    Ok(event)
}

/// The body, from the row or from the blob that it names.
fn body(row: &Row<'_>) -> Result<Bytes, StoreError> {
    let corrupt = |damage| StoreError::new(StoreErrorKind::Corrupt(damage));
    let damaged = |error| corrupt(Damage::Event).with_source(error);
    let inline: Option<Vec<u8>> = row.get(10).map_err(damaged)?;
    let blob: Option<i64> = row.get(11).map_err(damaged)?;
    match (inline, blob) {
        (Some(body), None) => Ok(Bytes::from(body)),
        (None, Some(_)) => {
            let hash: Option<Vec<u8>> = row.get(12).map_err(damaged)?;
            let body: Option<Vec<u8>> = row.get(13).map_err(damaged)?;
            let (Some(hash), Some(body)) = (hash, body) else { return Err(corrupt(Damage::MissingBlob)) };
            if Sha256Hash::from_slice(&hash) != Some(Sha256Hash::of(&body)) {
                return Err(corrupt(Damage::Blob));
            }
            Ok(Bytes::from(body))
        }
        _ => Err(corrupt(Damage::Event)),
    }
}
