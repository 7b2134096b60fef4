//! Connections to the database file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::error::{from_sqlite, lacks_files_beside};
use super::probe::Probe;
use super::schema::{self, Found, SCHEMA_VERSION};
use crate::error::{StoreError, StoreErrorKind};

/// The write-ahead log is cut back to this many bytes when it starts anew.
const LOG_BYTES: i64 = 64 << 20;

/// How long a lock at opening is waited for before the next attempt.
const RETRY: Duration = Duration::from_millis(5);

/// What every connection of a store has in common.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) path: PathBuf,
    pub(super) busy_timeout: Duration,
    pub(super) max_bytes: Option<u64>,
    pub(super) probe: Arc<dyn Probe>,
}

impl Target {
    /// The connection that writes. It makes the database if there is none, and brings an older one up to date.
    pub(super) fn open_writer(&self) -> Result<Connection, StoreError> {
        let start = Instant::now();
        loop {
            match self.try_open_writer() {
                // Two processes that make the same database lock each other out at points where SQLite does not wait
                // by itself, lest both wait for ever.
                Err(error)
                    if *error.kind() == StoreErrorKind::Locked && start.elapsed() < self.busy_timeout =>
                {
                    std::thread::sleep(RETRY);
                }
                result => return result,
            }
        }
    }

    fn try_open_writer(&self) -> Result<Connection, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = self.open(&self.path, flags)?;
        // SQLite falls back to reading where the file may not be written.
        let is_readonly = connection.is_readonly("main").map_err(from_sqlite)?;
        let found = match schema::inspect(&connection) {
            // And then fails to, where it cannot make what it shares with others beside the file.
            Err(error) if is_readonly && lacks_files_beside(&error) => {
                return Err(StoreErrorKind::ReadOnly.into());
            }
            found => found?,
        };
        if is_readonly {
            return Err(StoreErrorKind::ReadOnly.into());
        }
        // Only now: up to here it may have been the database of somebody else.
        connection.pragma_update(None, "journal_mode", "WAL").map_err(from_sqlite)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(from_sqlite)?;
        // On systems where fsync leaves data in the drive's cache. Others ignore it.
        connection.pragma_update(None, "fullfsync", true).map_err(from_sqlite)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true).map_err(from_sqlite)?;
        connection.pragma_update(None, "journal_size_limit", LOG_BYTES).map_err(from_sqlite)?;
        // That is done after the answers.
        connection.pragma_update(None, "wal_autocheckpoint", 0).map_err(from_sqlite)?;
        if let Some(bytes) = self.max_bytes {
            let size: i64 =
                connection.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(from_sqlite)?;
            let pages = bytes / u64::try_from(size).unwrap_or(1).max(1);
            let pages = i64::from(u32::try_from(pages).unwrap_or(u32::MAX - 1)).max(1);
            connection.pragma_update(None, "max_page_count", pages).map_err(from_sqlite)?;
        }
        if found != Found::Current {
            schema::migrate(&mut connection, &*self.probe)?;
        }
        Ok(connection)
    }

    /// A connection that reads.
    pub(super) fn open_reader(&self) -> Result<Connection, StoreError> {
        match self.try_open_reader(&self.path, OpenFlags::empty()) {
            // Readers share an index of the log in a file beside it, which cannot be made where nothing can be written.
            // Where there is no log either, there is nothing to share.
            Err(error) if lacks_files_beside(&error) && self.path.exists() => match self.unchanging_uri() {
                Some(uri) => self.try_open_reader(uri.as_ref(), OpenFlags::SQLITE_OPEN_URI),
                None => Err(StoreError::new(StoreErrorKind::ReadOnly).with_source(error)),
            },
            opened => opened,
        }
    }

    /// The database as one that nobody changes; `None` if a log says that somebody does or did.
    fn unchanging_uri(&self) -> Option<String> {
        let beside = |suffix: &str| {
            let mut path = self.path.as_os_str().to_owned();
            path.push(suffix);
            std::path::PathBuf::from(path).exists()
        };
        if !cfg!(unix) || beside("-wal") || beside("-shm") {
            return None;
        }
        let mut uri = "file:".to_owned();
        for byte in self.path.as_os_str().as_encoded_bytes() {
            match byte {
                b'/' | b'.' | b'-' | b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                    uri.push(char::from(*byte))
                }
                byte => uri.push_str(&format!("%{byte:02x}")),
            }
        }
        uri.push_str("?immutable=1");
        Some(uri)
    }

    fn try_open_reader(&self, path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
        let connection = self.open(path, flags | OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        match schema::inspect(&connection)? {
            Found::Current => {}
            Found::Older(found) => {
                return Err(StoreErrorKind::OlderSchema { found, supported: SCHEMA_VERSION }.into());
            }
            Found::Empty => return Err(StoreErrorKind::NotAStore.into()),
        }
        connection.pragma_update(None, "query_only", true).map_err(from_sqlite)?;
        Ok(connection)
    }

    fn open(&self, path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
        // A connection stays on one thread at a time, so SQLite need not lock it.
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags).map_err(from_sqlite)?;
        connection.busy_timeout(self.busy_timeout).map_err(from_sqlite)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(from_sqlite)?;
        // A damaged schema must not make SQLite run what somebody put there.
        connection.pragma_update(None, "trusted_schema", false).map_err(from_sqlite)?;
        connection.pragma_update(None, "cell_size_check", true).map_err(from_sqlite)?;
        connection.set_prepared_statement_cache_capacity(64);
        Ok(connection)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Target;
    use crate::sqlite::probe::NoProbe;

    /// No test that kills processes can tell: without these a commit survives the process and not the machine.
    #[test]
    fn a_commit_is_synced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        let busy_timeout = Duration::from_secs(1);
        let target = Target { path, busy_timeout, max_bytes: None, probe: Arc::new(NoProbe) };
        let connection = target.open_writer().unwrap();
        let number =
            |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
        // 2 is FULL.
        assert_eq!((number("synchronous"), number("fullfsync"), number("checkpoint_fullfsync")), (2, 1, 1));
        assert_eq!((number("foreign_keys"), number("trusted_schema")), (1, 0));
        assert!(rusqlite::version_number() >= 3_051_003, "{} has a bug in its log", rusqlite::version());
    }
}
