//! `tau-persist attach`: a journal over the network, until it is told to end.

mod attachment;
mod client_id;
mod signals;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use tau_client::{Backoff, Endpoint};
use tau_persist::{Journal, JournalOptions, SqliteOptions, SqliteStore};

use super::commands::{Found, Result};
use attachment::{Failure, Next};
pub(super) use client_id::ClientId;
use signals::Signals;

/// Keeps the sessions of a server until a signal says that it is enough.
pub(super) fn attach(
    database: &Path,
    server: &Endpoint,
    token_file: Option<&Path>,
    client_id: Option<ClientId>,
) -> Result<Found> {
    let store = SqliteStore::open(database, SqliteOptions::default())?;
    let client_id = match client_id {
        Some(id) => id,
        None => ClientId::of(database)?,
    };
    let journal = Journal::new(Arc::new(store), JournalOptions::new(client_id));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut signals = Signals::new()?;
        // The sessions of a server that went on while this program was away.
        journal.take_up().await?;
        keep(&journal, server, token_file, &mut signals).await
    })?;
    Ok(Found::Nothing)
}

async fn keep(
    journal: &Journal,
    server: &Endpoint,
    token_file: Option<&Path>,
    signals: &mut Signals,
) -> Result<()> {
    let mut backoff = Backoff::new();
    let mut told = String::new();
    loop {
        let mut was_attached = false;
        let attached = |name: &str| {
            was_attached = true;
            anstream::eprintln!("attached to {server} ({name})");
        };
        let ended = attachment::attach(journal.clone(), server, token_file, signals, attached).await;
        let why = match ended {
            Ok(report) => {
                anstream::eprintln!("detached: {} events were stored", report.events);
                return Ok(());
            }
            Err(Failure { next: Next::GiveUp, error }) => return Err(error),
            Err(Failure { next: Next::TryAgain, error }) => with_sources(&*error),
        };
        if was_attached {
            backoff = Backoff::new();
            anstream::eprintln!("lost: {why}; attaching again");
            told.clear();
        } else if told != why {
            // A server that stays away is told of once.
            anstream::eprintln!("not attached: {why}; trying until it works");
            told = why;
        }
        tokio::select! {
            () = tokio::time::sleep(backoff.next_wait()) => {}
            () = signals.next() => {
                anstream::eprintln!("ended without an attachment");
                return Ok(());
            }
        }
    }
}

/// An error on one line, with what caused it.
fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors tell of their cause themselves.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}
