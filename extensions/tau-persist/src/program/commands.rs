//! The commands.

use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use futures::executor::block_on;
use tau_persist::{
    ListSessions, Salvage, SessionId, SqliteOptions, SqliteStore, Store as _, StoreErrorKind, export_session,
    import_session, salvage_session, verify_session,
};

pub(super) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Sessions of one page of a list.
const PAGE: usize = 200;

/// What a command came upon.
pub(super) enum Found {
    Nothing,
    Damage,
}

pub(super) fn verify(database: &Path, session: Option<&str>) -> Result<Found> {
    let store = SqliteStore::open(database, SqliteOptions::default().read_only())?;
    if let torn @ 1.. = store.torn_log_bytes() {
        say(&format!(
            "note     the log ends with {torn} bytes of a commit that was not finished, which are passed over; \
             nothing acknowledged is in them, unless this is a copy that was cut off"
        ))?;
    }
    let mut found = Found::Nothing;
    let sessions = match session {
        Some(session) => vec![SessionId::new(session)?],
        None => {
            for damage in store.check().wait()? {
                let source = damage.source().map(|source| format!(" ({source})")).unwrap_or_default();
                say(&format!("DAMAGED  {damage}{source}"))?;
                found = Found::Damage;
            }
            all(&store)?
        }
    };
    let count = sessions.len();
    for session in sessions {
        let verification = match block_on(verify_session(&store, &session)) {
            Ok(verification) => verification,
            // It was deleted since it was listed.
            Err(error) if *error.kind() == StoreErrorKind::Deleted && count > 1 => continue,
            Err(error) => return Err(error.into()),
        };
        match verification.damage {
            None => say(&format!("ok       {session}: {} events", verification.intact.seq))?,
            Some(damage) => {
                let (intact, head) = (verification.intact.seq, verification.head.seq);
                say(&format!("DAMAGED  {damage}; intact up to event {intact} of {head}"))?;
                found = Found::Damage;
            }
        }
    }
    Ok(found)
}

pub(super) fn list(database: &Path, limit: usize) -> Result<Found> {
    let store = SqliteStore::open(database, SqliteOptions::default().read_only())?;
    say(&format!("{:<36}  {:>8}  {:>6}  {:<20}  in use by", "session", "events", "epoch", "last written"))?;
    for info in store.list(ListSessions::first(limit)).wait()? {
        let holder = info.holder.as_deref().unwrap_or("-");
        let (session, head, updated) = (info.session.as_str(), info.head, utc(info.updated));
        say(&format!("{session:<36}  {:>8}  {:>6}  {updated:<20}  {holder}", head.seq, head.epoch))?;
    }
    Ok(Found::Nothing)
}

pub(super) fn export(database: &Path, session: &str, output: Option<&Path>) -> Result<Found> {
    let session = SessionId::new(session)?;
    let store = SqliteStore::open(database, SqliteOptions::default().read_only())?;
    match output {
        None => {
            let mut output = BufWriter::new(std::io::stdout());
            block_on(export_session(&store, &session, &mut output))?;
        }
        Some(path) => {
            let mut output = BufWriter::new(File::create_new(path)?);
            block_on(export_session(&store, &session, &mut output))?;
            output.get_ref().sync_all()?;
        }
    }
    Ok(Found::Nothing)
}

pub(super) fn import(database: &Path, files: &[PathBuf]) -> Result<Found> {
    let store = SqliteStore::open(database, SqliteOptions::default())?;
    for path in files {
        let file = BufReader::new(File::open(path)?);
        let (session, head) = block_on(import_session(&store, file))?;
        say(&format!("imported {session}: {} events", head.seq))?;
    }
    Ok(Found::Nothing)
}

pub(super) fn salvage(database: &Path, files: &[PathBuf]) -> Result<Found> {
    let store = SqliteStore::open(database, SqliteOptions::default())?;
    let mut found = Found::Nothing;
    for path in files {
        let file = BufReader::new(File::open(path)?);
        let Salvage { session, end, fault, .. } = block_on(salvage_session(&store, file))?;
        say(&format!("imported {session}: {} events", end.seq))?;
        if let Some(fault) = fault {
            say(&format!("DAMAGED  {}: {fault}", path.display()))?;
            found = Found::Damage;
        }
    }
    Ok(found)
}

pub(super) fn vacuum(database: &Path) -> Result<Found> {
    // Opening for writing would make a new database out of a misspelt name.
    drop(File::open(database)?);
    let store = SqliteStore::open(database, SqliteOptions::default())?;
    let report = store.vacuum().wait()?;
    let (before, after) = (report.bytes_before, report.bytes_after);
    say(&format!("{before} bytes before, {after} after; {} blobs removed", report.blobs))?;
    Ok(Found::Nothing)
}

fn all(store: &SqliteStore) -> Result<Vec<SessionId>> {
    let mut sessions = Vec::new();
    let mut request = ListSessions::first(PAGE);
    loop {
        let page = store.list(request).wait()?;
        let Some(last) = page.last() else { return Ok(sessions) };
        request = ListSessions::first(PAGE).after(last);
        sessions.extend(page.into_iter().map(|info| info.session));
    }
}

/// A line of output. Fails where nobody reads it.
fn say(line: &str) -> Result<()> {
    Ok(writeln!(anstream::stdout(), "{line}")?)
}

/// A time as people in any zone can read it, to the second.
fn utc(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let timestamp = tau_proto::buffa_types::google::protobuf::Timestamp { seconds, ..Default::default() };
    let quoted = serde_json::to_string(&timestamp).unwrap_or_default();
    quoted.trim_matches('"').to_owned()
}
