//! A store in one SQLite file.

mod append;
mod blob;
mod cache;
mod checkpoint;
mod connection;
mod error;
mod list;
mod log;
mod maintenance;
mod probe;
mod read;
mod readers;
mod room;
mod schema;
mod session;
mod writer;

use std::fmt;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::Event;

use crate::admission::{CheckedAppend, is_name};
use crate::error::{Rule, StoreError, StoreErrorKind};
use crate::hash::Sha256Hash;
use crate::id::SessionId;
use crate::pending::Pending;
use crate::store::{
    Append, Lease, ListSessions, OpenSession, Position, ReadEvents, Retention, Search, SearchHit,
    SessionInfo, Snapshot, Store, StoreOptions, StoredMessage, VacuumReport, text_of,
};
use append::Prepared;
use connection::Target;
use probe::NoProbe;
pub use probe::{Probe, Step};
use readers::Readers;
pub use schema::SCHEMA_VERSION;
use session::SessionRow;
use writer::Writer;

/// Settings of a [`SqliteStore`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// What every store is told.
    pub store: StoreOptions,
    /// How long a request waits for another process that writes. 5 s unless set.
    pub busy_timeout: Duration,
    /// Threads that read. 2 unless set.
    pub readers: NonZeroUsize,
    /// What may be done. Everything unless set.
    pub access: Access,
    /// Is told how far each write has come. Nobody unless set.
    pub probe: Arc<dyn Probe>,
}

/// What may be done with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Reading and writing. A database is made if there is none, and an older one is brought up to date.
    ReadWrite,
    /// Reading. Whatever would write answers `ReadOnly`.
    ///
    /// In a folder that may not be written, a database without a log beside it is read as one that nobody changes: on
    /// a medium that cannot be written that is so, elsewhere see to it that nobody opens it for writing meanwhile.
    ReadOnly,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            store: StoreOptions::default(),
            busy_timeout: Duration::from_secs(5),
            readers: NonZeroUsize::MIN.saturating_add(1),
            access: Access::ReadWrite,
            probe: Arc::new(NoProbe),
        }
    }
}

impl SqliteOptions {
    /// Other settings of every store.
    #[must_use]
    pub fn with_store(mut self, store: StoreOptions) -> Self {
        self.store = store;
        self
    }

    /// Another time to wait for other processes.
    #[must_use]
    pub const fn with_busy_timeout(mut self, busy_timeout: Duration) -> Self {
        self.busy_timeout = busy_timeout;
        self
    }

    /// Another number of threads that read.
    #[must_use]
    pub const fn with_readers(mut self, readers: NonZeroUsize) -> Self {
        self.readers = readers;
        self
    }

    /// Has somebody told how far each write has come.
    #[must_use]
    pub fn with_probe(mut self, probe: Arc<dyn Probe>) -> Self {
        self.probe = probe;
        self
    }

    /// Reads and does not write.
    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.access = Access::ReadOnly;
        self
    }
}

/// A [`Store`] in one SQLite file, with a write-ahead log that is synced at every commit.
///
/// One thread writes and commits what waits together; others read. Several processes may have the same file open: they
/// take turns at writing, and leases keep them off each other's sessions. The file must be on a disk of this machine;
/// network file systems do not lock as SQLite needs it. Dropping the store carries out what was asked and waits for
/// that; then everything is in the one file, unless others have it open.
pub struct SqliteStore {
    options: Arc<SqliteOptions>,
    target: Target,
    // Dropped before the writer: whoever closes the last connection empties the log, and readers cannot.
    readers: Readers,
    // None: opened for reading.
    writer: Option<Writer>,
    torn_bytes: u64,
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.target.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens a database. Blocks until that is done.
    ///
    /// # Errors
    /// `NotAStore` if the file holds something else, `NewerSchema` if a newer program wrote it, `Corrupt`, `ReadOnly`
    /// if it may not be written and was to be, `Locked`, `StorageFull`, `Io` if there is no such folder.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> Result<Self, StoreError> {
        let target = Target {
            path: path.as_ref().to_owned(),
            busy_timeout: options.busy_timeout,
            max_bytes: options.store.max_bytes,
            probe: Arc::clone(&options.probe),
        };
        // Before anything is written: the next commit overwrites it.
        let torn_bytes = log::torn_bytes(&target.path);
        let writer = match options.access {
            Access::ReadWrite => Some(Writer::start(target.clone())?),
            Access::ReadOnly => None,
        };
        let readers = Readers::start(&target, options.readers)?;
        Ok(Self { options: Arc::new(options), target, writer, readers, torn_bytes })
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.target.path
    }

    /// How many bytes at the end of the log belonged to no finished commit when the database was opened.
    ///
    /// They are passed over. A process that ended in the middle of a commit leaves them, and nothing in them was
    /// acknowledged; unless the files are a copy that was cut off. Only an estimate if somebody else was writing.
    #[must_use]
    pub const fn torn_log_bytes(&self) -> u64 {
        self.torn_bytes
    }

    fn write<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        match &self.writer {
            Some(writer) => writer.grouped(bytes, work),
            None => Pending::ready(Err(StoreErrorKind::ReadOnly.into())),
        }
    }

    fn bounded(&self, bytes: usize, session: &SessionId) -> Result<(), StoreError> {
        let (bytes, limit) = (bytes as u64, self.options.store.max_event_bytes as u64);
        if bytes > limit {
            return Err(StoreError::new(StoreErrorKind::TooLarge { bytes, limit }).in_session(session));
        }
        Ok(())
    }
}

impl Store for SqliteStore {
    fn open_session(&self, request: OpenSession) -> Pending<Lease> {
        if let Err(error) = request.check() {
            return Pending::ready(Err(error));
        }
        let clock = Arc::clone(&self.options.store.clock);
        self.write(0, move |connection| session::open(connection, &request, clock.now()))
    }

    fn renew_lease(&self, lease: &Lease, ttl: Duration) -> Pending<Lease> {
        let (lease, clock) = (lease.clone(), Arc::clone(&self.options.store.clock));
        self.write(0, move |connection| session::renew(connection, &lease, ttl, clock.now()))
    }

    fn release_lease(&self, lease: &Lease) -> Pending<()> {
        let lease = lease.clone();
        self.write(0, move |connection| session::release(connection, &lease))
    }

    fn leases(&self, limit: usize) -> Pending<Vec<Lease>> {
        self.readers.read(move |connection| session::leases(connection, limit))
    }

    fn append(&self, append: Append) -> Pending<Position> {
        let append = match CheckedAppend::new(append, self.options.store.max_event_bytes) {
            Ok(append) => append,
            Err(error) => return Pending::ready(Err(error)),
        };
        let extractor = &*self.options.store.text;
        let texts = append.events.iter().map(|event| text_of(extractor, event)).collect();
        let prepared = Prepared { append, texts };
        let options = Arc::clone(&self.options);
        self.write(prepared.bytes(), move |connection| prepared.write(connection, &options))
    }

    fn read(&self, request: ReadEvents) -> Pending<Vec<Event>> {
        self.readers.read(move |connection| read::events(connection, &request))
    }

    fn head(&self, session: &SessionId) -> Pending<Option<Position>> {
        let session = session.clone();
        self.readers.read(move |connection| {
            let row = SessionRow::find(connection, &session)?;
            Ok(row.filter(|row| !row.is_deleted).map(|row| row.head))
        })
    }

    fn list(&self, request: ListSessions) -> Pending<Vec<SessionInfo>> {
        let now = self.options.store.clock.now();
        self.readers.read(move |connection| list::list(connection, &request, now))
    }

    fn put_snapshot(&self, snapshot: Snapshot) -> Pending<()> {
        let name = if is_name(&snapshot.name) {
            Ok(())
        } else {
            Err(StoreError::new(StoreErrorKind::Invalid(Rule::Name)).in_session(&snapshot.session))
        };
        let size = self.bounded(snapshot.body.len(), &snapshot.session);
        if let Err(error) = name.and(size) {
            return Pending::ready(Err(error));
        }
        self.write(snapshot.body.len(), move |connection| cache::put_snapshot(connection, &snapshot))
    }

    fn snapshot(&self, session: &SessionId, name: &str) -> Pending<Option<Snapshot>> {
        let (session, name) = (session.clone(), name.to_owned());
        self.readers.read(move |connection| cache::snapshot(connection, &session, &name))
    }

    fn put_blob(&self, session: &SessionId, bytes: Bytes) -> Pending<Sha256Hash> {
        if let Err(error) = self.bounded(bytes.len(), session) {
            return Pending::ready(Err(error));
        }
        let (session, hash) = (session.clone(), Sha256Hash::of(&bytes));
        self.write(bytes.len(), move |connection| {
            let row = SessionRow::existing(connection, &session)?;
            let put = blob::put(connection, row.id, hash, &bytes);
            put.map(|_| hash).map_err(|error| error.in_session(&session))
        })
    }

    fn blob(&self, hash: Sha256Hash) -> Pending<Option<Bytes>> {
        self.readers.read(move |connection| blob::get(connection, hash))
    }

    fn search(&self, query: Search) -> Pending<Vec<SearchHit>> {
        self.readers.read(move |connection| cache::search(connection, &query))
    }

    fn outbox(&self, after: u64, limit: usize) -> Pending<Vec<StoredMessage>> {
        self.readers.read(move |connection| cache::outbox(connection, after, limit))
    }

    fn settle(&self, messages: Vec<u64>) -> Pending<()> {
        self.write(0, move |connection| cache::settle(connection, &messages))
    }

    fn delete(&self, session: &SessionId) -> Pending<()> {
        let (session, clock) = (session.clone(), Arc::clone(&self.options.store.clock));
        self.write(0, move |connection| maintenance::delete(connection, &session, clock.now()))
    }

    fn retain(&self, rule: Retention) -> Pending<Vec<SessionId>> {
        let clock = Arc::clone(&self.options.store.clock);
        self.write(0, move |connection| maintenance::retain(connection, rule, clock.now()))
    }

    fn vacuum(&self) -> Pending<VacuumReport> {
        match &self.writer {
            Some(writer) => writer.exclusive(maintenance::vacuum),
            None => Pending::ready(Err(StoreErrorKind::ReadOnly.into())),
        }
    }

    fn check(&self) -> Pending<Vec<StoreError>> {
        self.readers.read(|connection| maintenance::check(connection))
    }
}
