//! Appending: a request checked in memory becomes rows.

use rusqlite::{Connection, named_params};
use tau_proto::runtime::v1::Event;

use super::SqliteOptions;
use super::blob;
use super::error::from_sqlite;
use super::probe::{Probe, Step};
use super::read;
use super::session::{SessionRow, to_sql};
use crate::admission::CheckedAppend;
use crate::error::{StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::store::Position;

/// Bodies above this many bytes are kept by their hash, so that walking over events does not drag them along, and
/// equal ones are kept once.
const INLINE_BYTES: usize = 64 << 10;

/// An append with the text of its events.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) append: CheckedAppend,
    pub(super) texts: Vec<Option<String>>,
}

impl Prepared {
    /// About what it will write.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.texts.iter().flatten().map(String::len);
        let bodies = self.append.events.iter().map(|event| event.body.len() + 512);
        texts.chain(bodies).sum()
    }

    /// Writes what is not held yet.
    pub(super) fn write(
        &self,
        connection: &Connection,
        options: &SqliteOptions,
    ) -> Result<Position, StoreError> {
        let append = &self.append;
        let about = |error: StoreError, seq| match error.session() {
            Some(_) => error,
            None => error.in_session(&append.session).at(seq),
        };
        let found = SessionRow::find(connection, &append.session)?;
        if found.as_ref().is_some_and(|row| row.is_deleted) {
            return Err(about(StoreErrorKind::Deleted.into(), append.first_seq()));
        }
        let head = found.as_ref().map(|row| row.head).unwrap_or_default();
        let known = append.admit(&head, |seq| match &found {
            Some(row) => read::hash_at(connection, &append.session, row, seq),
            None => Ok(Sha256Hash::ZERO),
        })?;
        if known < append.events.len() {
            self.write_new(connection, found, known, options)
                .map_err(|error| about(error, append.first_seq() + known as u64))?;
        }
        Ok(append.position())
    }

    fn write_new(
        &self,
        connection: &Connection,
        found: Option<SessionRow>,
        known: usize,
        options: &SqliteOptions,
    ) -> Result<(), StoreError> {
        let append = &self.append;
        let (now, probe) = (options.store.clock.now(), &*options.probe);
        let mut row = match found {
            Some(row) => row,
            None => {
                let row = SessionRow::create(connection, &append.session, now)?;
                probe.reached(Step::Session);
                row
            }
        };
        for ((event, text), hash) in append.events.iter().zip(&self.texts).zip(&append.hashes).skip(known) {
            let id = insert(connection, row.id, event, probe)?;
            if let Some(text) = text {
                let sql = "INSERT INTO event_text (rowid, text) VALUES (?1, ?2)";
                let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
                statement.execute((id, text)).map_err(from_sqlite)?;
                probe.reached(Step::Text);
            }
            row.bytes = row.bytes.saturating_add(event.body.len() as u64);
            row.head.seq = event.seq;
            row.head.hash = *hash;
        }
        if append.epoch > row.head.epoch {
            // Whoever had the session is fenced by this.
            row.head.epoch = append.epoch;
            row.lease = None;
        }
        for message in &append.messages {
            let sql = "INSERT INTO outbox (session, seq, topic, body) VALUES (?1, ?2, ?3, ?4)";
            let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
            let (seq, body) = (to_sql(row.head.seq)?, &*message.body);
            statement.execute((row.id, seq, &message.topic, body)).map_err(from_sqlite)?;
            probe.reached(Step::Message);
        }
        row.update(connection, now)?;
        probe.reached(Step::Head);
        Ok(())
    }
}

fn insert(
    connection: &Connection,
    session: i64,
    event: &Event,
    probe: &dyn Probe,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO event (session, seq, epoch, event_id, kind, schema_version, cause, seconds, nanos, \
               body, blob, prev_hash, extra) VALUES (:session, :seq, :epoch, :event_id, :kind, \
               :schema_version, :cause, :seconds, :nanos, :body, :blob, :prev_hash, :extra)";
    let is_inline = event.body.len() <= INLINE_BYTES;
    let blob = if is_inline {
        None
    } else {
        let blob = blob::put(connection, session, Sha256Hash::of(&event.body), &event.body)?;
        probe.reached(Step::Blob);
        Some(blob)
    };
    let mut extra = Vec::new();
    event.__buffa_unknown_fields.write_to(&mut extra);
    let mut statement = connection.prepare_cached(sql).map_err(from_sqlite)?;
    let id = statement
        .insert(named_params! {
            ":session": session,
            ":seq": to_sql(event.seq)?,
            ":epoch": to_sql(event.epoch)?,
            ":event_id": event.event_id,
            ":kind": event.kind,
            ":schema_version": event.schema_version,
            ":cause": event.cause_event_id,
            ":seconds": event.time.seconds,
            ":nanos": event.time.nanos,
            ":body": is_inline.then_some(&*event.body),
            ":blob": blob,
            ":prev_hash": &*event.prev_hash,
            ":extra": (!extra.is_empty()).then_some(extra),
        })
        .map_err(from_sqlite)?;
    probe.reached(Step::Event);
    Ok(id)
}
