//! A journal over SQLite, attached in the same process.

use std::future::pending;
use std::sync::Arc;

use tau_persist::{Journal, JournalOptions, SqliteOptions, SqliteStore};
use tau_runtime::Durability;
use tau_runtime::attach::{Attachments, AttachmentsOptions, Caller, RoleKind};
use tau_runtime::journals::{Journals, in_process};
use tempfile::TempDir;

use crate::scratch;

/// A database that is a journal of this process's sessions. It is gone when this is dropped.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) durability: Durability,
    #[expect(dead_code, reason = "the folder goes when the database does")]
    folder: TempDir,
}

/// Attaches a new database. Sessions that wait for it do nothing before it holds their events.
pub(super) fn attach() -> anyhow::Result<Database> {
    let folder = scratch::folder()?;
    let store = SqliteStore::open(folder.path().join("sessions.db"), SqliteOptions::default())?;
    let journal = Journal::new(Arc::new(store), JournalOptions::new("bench"));
    let journals = Journals::default();
    let (runtime, extension) = in_process();
    let hub = Attachments::new(journals.clone(), AttachmentsOptions::default());
    let caller = Caller::with_roles([RoleKind::Journal]);
    tokio::spawn(async move { hub.attach(runtime.incoming, runtime.outgoing, &caller).await });
    tokio::spawn(journal.run(extension.incoming, extension.outgoing, pending()));
    let mut durability = Durability::default();
    durability.journals = Some(journals);
    durability.required_acks = 1;
    Ok(Database { durability, folder })
}
