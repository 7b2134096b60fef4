//! SQLite's errors as a store's.

use rusqlite::ErrorCode;
use rusqlite::ffi::SQLITE_READONLY_DIRECTORY;

use crate::error::{Damage, StoreError, StoreErrorKind};

/// What an error of SQLite means to somebody who uses a store.
pub(super) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    StoreError::new(kind_of(&error)).with_source(error)
}

/// Whether SQLite could not make the files that it keeps beside a database.
pub(super) fn lacks_files_beside(error: &StoreError) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<rusqlite::Error>());
    let failure = source.and_then(rusqlite::Error::sqlite_error);
    failure.is_some_and(|failure| {
        failure.code == ErrorCode::CannotOpen || failure.extended_code == SQLITE_READONLY_DIRECTORY
    })
}

fn kind_of(error: &rusqlite::Error) -> StoreErrorKind {
    use rusqlite::Error;
    match error {
        Error::SqliteFailure(failure, _) => match failure.code {
            ErrorCode::DiskFull => StoreErrorKind::StorageFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreErrorKind::Locked,
            ErrorCode::ReadOnly | ErrorCode::PermissionDenied => StoreErrorKind::ReadOnly,
            ErrorCode::DatabaseCorrupt => StoreErrorKind::Corrupt(Damage::File),
            ErrorCode::NotADatabase => StoreErrorKind::NotAStore,
            _ => StoreErrorKind::Io,
        },
        Error::SqlInputError { .. } => StoreErrorKind::Corrupt(Damage::File),
        Error::FromSqlConversionFailure(..)
        | Error::IntegralValueOutOfRange(..)
        | Error::InvalidColumnType(..)
        | Error::Utf8Error(..) => StoreErrorKind::Corrupt(Damage::Session),
        _ => StoreErrorKind::Io,
    }
}

/// What SQLite's own check of a file said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Finding(pub(super) String);
