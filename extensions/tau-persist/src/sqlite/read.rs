//! Reading events: rows become events again, with their bodies.

use rusqlite::{Connection, OptionalExtension as _, Row};
use tau_proto::buffa::bytes::{Bytes, BytesMut};
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

/// Bodies and hashes of so many bytes share one allocation: an event that is kept keeps no more than that alive.
const BLOCK: usize = 64 << 10;

/// A page of events. Damage ends the page; a page that would begin with it is an error.
pub(super) fn events(connection: &Connection, request: &ReadEvents) -> Result<Vec<Event>, StoreError> {
    let session = SessionRow::existing(connection, &request.session)?;
    let mut page = Page::new(request);
    let mut events: Vec<Event> = Vec::new();
    let mut statement = connection.prepare_cached(EVENTS).map_err(from_sqlite)?;
    let after = to_sql(request.after).unwrap_or(i64::MAX);
    let limit = i64::try_from(request.max_events.max(1)).unwrap_or(i64::MAX);
    let mut rows = statement.query((session.id, after, limit)).map_err(from_sqlite)?;
    let mut block = BytesMut::with_capacity(BLOCK);
    loop {
        let seq = request.after.saturating_add(events.len() as u64 + 1);
        let next = match rows.next() {
            Ok(Some(row)) => decode(row, &request.session, seq, &mut block).map(Some),
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
    let decoded =
        statement.query_row((session.id, after, 1), |row| Ok(decode(row, name, seq, &mut BytesMut::new())));
    let event = decoded.optional().map_err(from_sqlite)?;
    let missing = || StoreErrorKind::Corrupt(Damage::MissingEvent).into();
    let event = event.unwrap_or_else(|| Err(missing()));
    event.map(|event| event_hash(&event)).map_err(|error| error.in_session(name).at(seq))
}

/// The event that a row holds, which must be the one of that number.
fn decode(
    row: &Row<'_>,
    session: &SessionId,
    expected: u64,
    block: &mut BytesMut,
) -> Result<Event, StoreError> {
    let corrupt = |damage| StoreError::new(StoreErrorKind::Corrupt(damage));
    let mut read = || -> Result<Option<Event>, rusqlite::Error> {
        let (Some(seq), Some(epoch)) = (from_sql(row.get(0)?), from_sql(row.get(1)?)) else {
            return Ok(None);
        };
        let extra = row.get_ref(9)?.as_blob_or_null()?;
        let Ok(extra) = UnknownFields::decode_from_slice(extra.unwrap_or_default()) else {
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
            prev_hash: put(block, row.get_ref(8)?.as_blob()?),
            body: Bytes::new(),
            __buffa_unknown_fields: extra,
        }))
    };
    let event = read().map_err(|error| corrupt(Damage::Event).with_source(error))?;
    let mut event = event.ok_or_else(|| corrupt(Damage::Event))?;
    if event.seq != expected {
        return Err(corrupt(Damage::MissingEvent));
    }
    event.body = body(row, block)?;
    Ok(event)
}

/// The body, from the row or from the blob that it names.
fn body(row: &Row<'_>, block: &mut BytesMut) -> Result<Bytes, StoreError> {
    let corrupt = |damage| StoreError::new(StoreErrorKind::Corrupt(damage));
    let bytes = |column| -> Result<Option<&[u8]>, StoreError> {
        let value = row.get_ref(column).and_then(|value| Ok(value.as_blob_or_null()?));
        value.map_err(|error| corrupt(Damage::Event).with_source(error))
    };
    let blob: Option<i64> = row.get(11).map_err(|error| corrupt(Damage::Event).with_source(error))?;
    match (bytes(10)?, blob) {
        (Some(body), None) => Ok(put(block, body)),
        (None, Some(_)) => {
            let (Some(hash), Some(body)) = (bytes(12)?, bytes(13)?) else {
                return Err(corrupt(Damage::MissingBlob));
            };
            if Sha256Hash::from_slice(hash) != Some(Sha256Hash::of(body)) {
                return Err(corrupt(Damage::Blob));
            }
            Ok(Bytes::copy_from_slice(body))
        }
        _ => Err(corrupt(Damage::Event)),
    }
}

/// Copies bytes into a block, which gives way to a new one when it is full.
fn put(block: &mut BytesMut, bytes: &[u8]) -> Bytes {
    block.extend_from_slice(bytes);
    block.split().freeze()
}
