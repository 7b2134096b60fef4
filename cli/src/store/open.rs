//! Where the sessions of a user are.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tau_core::SessionId;
use tau_persist::{Holder, SqliteOptions, SqliteStore, StoreError, StoreErrorKind, StoreOptions};

use tau_tools::undo::{FolderUndoLog, UndoLimits, UndoLog as _};

use super::keep::TakeError;
use super::text::SessionText;
use crate::args::StoreArgs;
use crate::environment;
use crate::exit::UsageError;

/// The database below the state folder.
const DATABASE: &str = "sessions.db";

/// Where the sessions of a user are.
#[derive(Debug)]
pub(crate) struct Place {
    folder: PathBuf,
    database: PathBuf,
}

impl Place {
    pub(crate) fn new(args: &StoreArgs) -> Result<Self, UsageError> {
        let folder = args.state_dir.clone().or_else(environment::state_dir).ok_or_else(|| {
            UsageError::new("no home folder is known", "say where sessions are kept with --state-dir")
        })?;
        Ok(Self { database: folder.join(DATABASE), folder })
    }

    /// Opens the store for reading; `None` when nothing was ever kept.
    pub(crate) fn open(&self) -> miette::Result<Option<SqliteStore>> {
        if !self.database.exists() {
            return Ok(None);
        }
        let opened = match SqliteStore::open(&self.database, options().read_only()) {
            // It has to be brought up to date before it can be read.
            Err(error) if matches!(error.kind(), StoreErrorKind::OlderSchema { .. }) => {
                SqliteStore::open(&self.database, options())
            }
            opened => opened,
        };
        opened.map(Some).map_err(|error| self.failed(&error))
    }

    /// Opens the store for reading a session in it.
    pub(crate) fn open_existing(&self) -> miette::Result<SqliteStore> {
        self.open()?.ok_or_else(|| self.nothing().into())
    }

    /// Opens the store for writing. Makes it if there is none.
    pub(crate) fn open_to_write(&self) -> miette::Result<SqliteStore> {
        if let Some(folder) = self.database.parent() {
            make_private(folder)
                .map_err(|error| miette::miette!("{} cannot be made: {error}", folder.display()))?;
        }
        SqliteStore::open(&self.database, options()).map_err(|error| self.failed(&error))
    }

    /// Opens the store for writing, if there is one.
    pub(crate) fn open_existing_to_write(&self) -> miette::Result<SqliteStore> {
        if self.database.exists() { self.open_to_write() } else { Err(self.nothing().into()) }
    }

    fn nothing(&self) -> UsageError {
        let message = format!("there is no session yet: {} does not exist", self.database.display());
        UsageError::new(message, "`tau sessions import` brings one in; --state-dir looks elsewhere")
    }

    /// Where results of a session's tools are kept that are too long for its model.
    pub(crate) fn results(&self, session: SessionId) -> PathBuf {
        self.folder.join("results").join(session.to_string())
    }

    /// What is needed to put files back that sessions changed.
    pub(crate) fn undo_log(&self) -> FolderUndoLog {
        FolderUndoLog::new(self.folder.join("undo"), UndoLimits::default())
    }

    /// Removes what is kept beside the events of a session that was deleted.
    pub(crate) fn forget(&self, session: &str) {
        let Ok(session) = session.parse::<SessionId>() else { return };
        // What is left behind is found by no session any more.
        let _ = self.undo_log().forget(session);
        let _ = std::fs::remove_dir_all(self.results(session));
    }

    /// What is said when a session cannot be taken.
    pub(crate) fn failed_to_take(&self, error: &TakeError) -> miette::Report {
        match error {
            TakeError::Store(error) if matches!(error.kind(), StoreErrorKind::Leased { .. }) => {
                miette::miette!("{}", in_use(error))
            }
            TakeError::Store(error) => self.failed(error),
            TakeError::Id(_) | TakeError::Unreadable(..) | TakeError::Order(_) => {
                miette::miette!("{}: {error}", self.database.display())
            }
        }
    }

    /// What is said when the store fails.
    pub(crate) fn failed(&self, error: &StoreError) -> miette::Report {
        let cause = std::error::Error::source(error).map(|source| format!(" ({source})")).unwrap_or_default();
        miette::miette!("{}: {error}{cause}", self.database.display())
    }
}

/// Somebody else at work is no failure of the store, so it is said in other words.
fn in_use(error: &StoreError) -> String {
    let StoreErrorKind::Leased { holder, .. } = error.kind() else { return error.to_string() };
    let holder = Holder::parse(holder);
    let process = holder.process_id().map(|id| format!(" (process {id})")).unwrap_or_default();
    in_use_by(&format!("{}{process}", holder.label()))
}

/// What is said of a session that another program has.
pub(crate) fn in_use_by(owner: &str) -> String {
    format!("the session is in use by {owner}: wait, end that, or go on with a copy (`tau fork`)")
}

fn options() -> SqliteOptions {
    SqliteOptions::default().with_store(StoreOptions::default().with_text(Arc::new(SessionText)))
}

/// Makes a folder that is nobody else's business. One that exists stays as it is.
pub(crate) fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
