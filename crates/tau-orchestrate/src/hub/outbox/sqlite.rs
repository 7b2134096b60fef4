//! A store in a SQLite database.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use rusqlite::{Connection, Transaction, params};

use super::store::{Handled, MessageStore, StoreError, StoreErrorKind, Stored};
use crate::hub::name::MessageId;
use crate::sqlite::{self, OpenError, Purpose};
use crate::sync::lock;

const PURPOSE: Purpose = Purpose {
    application: 0x7461_7568, // "tauh"
    version: 1,
    // SQLite has signed numbers of 64 bits alone, so the halves of an id are kept bit for bit in them; numbers start at 1 and
    // stay small, so their order is right.
    tables: "
        CREATE TABLE outgoing (
            origin INTEGER NOT NULL, number INTEGER NOT NULL, frame BLOB NOT NULL, PRIMARY KEY (origin, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE handled (
            origin INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (origin, number)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE settled (origin INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;
    ",
};

/// A store in a SQLite database: what must arrive survives a crash of the process and of the machine, because every call is
/// synced to the disk before it returns.
///
/// Of origins it remembers one mark each, for ever.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    connection: Arc<Mutex<Connection>>,
}

impl SqliteStore {
    /// Opens the database at `path`, and makes it where there is none. Blocks while it does.
    ///
    /// # Errors
    ///
    /// [`StoreErrorKind::NotAStore`] for a database of something else or of a newer version, and
    /// [`StoreErrorKind::Unavailable`].
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let connection = sqlite::open(path, &PURPOSE).map_err(from_open)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    /// Does `work` in a transaction, on a thread that may wait for the disk.
    fn transact<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> BoxFuture<'_, Result<T, StoreError>> {
        let connection = Arc::clone(&self.connection);
        let done = tokio::task::spawn_blocking(move || -> rusqlite::Result<T> {
            let mut connection = lock(&connection);
            let transaction = connection.transaction()?;
            let result = work(&transaction)?;
            transaction.commit()?;
            Ok(result)
        });
        async {
            match done.await {
                Ok(done) => done.map_err(|error| from_open(error.into())),
                Err(error) => Err(StoreError::new(StoreErrorKind::Unavailable).with_source(error)),
            }
        }
        .boxed()
    }
}

fn from_open(error: OpenError) -> StoreError {
    match error {
        OpenError::NotAStore(None) => StoreError::new(StoreErrorKind::NotAStore),
        OpenError::NotAStore(Some(source)) => StoreError::new(StoreErrorKind::NotAStore).with_source(source),
        OpenError::Unavailable(source) => StoreError::new(StoreErrorKind::Unavailable).with_source(source),
    }
}

fn parts(id: MessageId) -> (i64, i64) {
    let (origin, number) = id.into_parts();
    (origin.cast_signed(), number.cast_signed())
}

fn id(origin: i64, number: i64) -> MessageId {
    MessageId::from_parts(origin.cast_unsigned(), number.cast_unsigned())
}

fn load(transaction: &Transaction<'_>) -> rusqlite::Result<Stored> {
    let mut stored = Stored::default();
    let mut outgoing = transaction.prepare("SELECT origin, number, frame FROM outgoing")?;
    let rows = outgoing
        .query_map([], |row| Ok((id(row.get(0)?, row.get(1)?), Bytes::from(row.get::<_, Vec<u8>>(2)?))))?;
    stored.outgoing = rows.collect::<Result<_, _>>()?;
    let mut handled = transaction.prepare("SELECT origin, number FROM handled")?;
    let rows = handled.query_map([], |row| Ok(id(row.get(0)?, row.get(1)?)))?;
    stored.handled = rows.collect::<Result<_, _>>()?;
    let mut settled = transaction.prepare("SELECT origin, number FROM settled")?;
    let rows = settled.query_map([], |row| Ok(id(row.get(0)?, row.get(1)?).into_parts()))?;
    stored.settled = rows.collect::<Result<_, _>>()?;
    // Origins are random, and their order in the database is that of signed numbers.
    stored.outgoing.sort_by_key(|(id, _)| *id);
    stored.handled.sort_unstable();
    stored.settled.sort_unstable();
    Ok(stored)
}

fn remember(transaction: &Transaction<'_>, handled: &[Handled]) -> rusqlite::Result<()> {
    let mut mark = transaction.prepare_cached(
        "INSERT INTO settled VALUES (?1, ?2) ON CONFLICT DO UPDATE SET number = max(number, excluded.number)",
    )?;
    let mut insert = transaction.prepare_cached("INSERT OR IGNORE INTO handled VALUES (?1, ?2)")?;
    let mut forget = transaction.prepare_cached(
        "DELETE FROM handled WHERE origin = ?1 AND number < (SELECT number FROM settled WHERE origin = ?1)",
    )?;
    for Handled { id, settled } in handled {
        let (origin, number) = parts(*id);
        mark.execute(params![origin, settled.cast_signed()])?;
        insert.execute(params![origin, number])?;
        forget.execute(params![origin])?;
    }
    Ok(())
}

impl MessageStore for SqliteStore {
    fn load(&self) -> BoxFuture<'_, Result<Stored, StoreError>> {
        self.transact(load)
    }

    fn put(&self, id: MessageId, frame: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        self.transact(move |transaction| {
            let (origin, number) = parts(id);
            let mut insert =
                transaction.prepare_cached("INSERT OR REPLACE INTO outgoing VALUES (?1, ?2, ?3)")?;
            insert.execute(params![origin, number, &frame[..]]).map(drop)
        })
    }

    fn settle(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.transact(move |transaction| {
            let mut delete =
                transaction.prepare_cached("DELETE FROM outgoing WHERE origin = ?1 AND number = ?2")?;
            ids.into_iter().map(parts).try_for_each(|id| delete.execute(id).map(drop))
        })
    }

    fn handled(&self, handled: Vec<Handled>) -> BoxFuture<'_, Result<(), StoreError>> {
        self.transact(move |transaction| remember(transaction, &handled))
    }
}
