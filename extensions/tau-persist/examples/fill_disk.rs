//! Fills the disk that a store is on, makes room, and goes on. Tests run it.
//!
//! Argument: a folder on a small disk.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use futures::executor::block_on;
use tau_persist::{
    Append, Position, ReadEvents, SessionId, SqliteOptions, SqliteStore, Store as _, StoreError,
    StoreErrorKind, event_hash, verify_session,
};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or("usage: fill_disk FOLDER")?;
    let folder = Path::new(&folder);
    let ballast = folder.join("ballast");
    std::fs::write(&ballast, vec![0; 1 << 20])?;
    let store = SqliteStore::open(folder.join("sessions.db"), SqliteOptions::default())?;
    let mut at = Position::default();
    let mut out = std::io::stdout();
    // Of a size that does not fit into what is left by chance.
    let refused = loop {
        let (append, next) = next(at);
        match store.append(append).wait() {
            Ok(_) => at = next,
            Err(error) => break error,
        }
    };
    expect_full(&refused)?;
    writeln!(out, "{}", refused.kind())?;
    // Still no room, and what is held can be read.
    let (append, after) = next(at);
    expect_full(&store.append(append.clone()).wait().err().ok_or("there was room")?)?;
    let session = SessionId::new("s")?;
    if store.head(&session).wait()? != Some(at) {
        return Err("the head is not what was acknowledged".into());
    }
    std::fs::remove_file(&ballast)?;
    if store.append(append).wait()? != after {
        return Err("the append was answered with another position".into());
    }
    writeln!(out, "room again")?;
    drop(store);
    let store = SqliteStore::open(folder.join("sessions.db"), SqliteOptions::default())?;
    let verification = block_on(verify_session(&store, &session))?;
    if verification.damage.is_some() || verification.intact != after || !store.check().wait()?.is_empty() {
        return Err(format!("{verification:?}, and not {after}").into());
    }
    let last = store.read(ReadEvents::after(session, after.seq - 1)).wait()?;
    if last.first().map(event_hash) != Some(after.hash) {
        return Err("the last event is another".into());
    }
    writeln!(out, "whole")?;
    Ok(())
}

fn expect_full(error: &StoreError) -> Result<()> {
    match error.kind() {
        StoreErrorKind::StorageFull => Ok(()),
        _ => Err(error.clone().into()),
    }
}

/// An append of three events, and the position after it.
fn next(mut at: Position) -> (Append, Position) {
    let events = (0..3).map(|_| {
        let seq = at.seq + 1;
        let event = Event {
            session_id: "s".into(),
            seq,
            event_id: format!("{seq}"),
            kind: "tool_finished".into(),
            schema_version: 1,
            time: Timestamp { seconds: 1, ..Default::default() }.into(),
            body: vec![seq as u8; 9_000].into(),
            prev_hash: at.hash.0.to_vec().into(),
            ..Default::default()
        };
        at = Position { seq, epoch: 0, hash: event_hash(&event) };
        event
    });
    (Append::new(events.collect()), at)
}
