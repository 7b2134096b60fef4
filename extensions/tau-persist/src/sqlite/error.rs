//! SQLite's errors as a store's.

use rusqlite::ErrorCode;

use crate::error::{Damage, StoreError, StoreErrorKind};

/// What an error of SQLite means to somebody who uses a store.
pub(super) fn from_sqlite(error: rusqlite::Error) -> StoreError {
    StoreError::new(kind_of(&error)).with_source(error)
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
