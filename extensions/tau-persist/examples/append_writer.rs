//! Appends to a database until it is killed, and says what was acknowledged. The crash tests run it.
//!
//! Arguments: the database file, the name of a holder, and the sessions to write. Each session is taken over from
//! whoever had it.

#![expect(clippy::print_stdout, reason = "a program for tests")]

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tau_persist::{
    Append, Holder, OpenSession, Position, SessionId, SqliteOptions, SqliteStore, Store as _, StoreErrorKind,
    event_hash,
};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(database), Some(holder)) = (arguments.next(), arguments.next()) else {
        return Err("usage: append_writer DATABASE HOLDER SESSION...".into());
    };
    let store = Arc::new(SqliteStore::open(database, SqliteOptions::default())?);
    let threads: Vec<_> = arguments
        .map(|session| {
            let (store, holder) = (Arc::clone(&store), holder.clone());
            std::thread::spawn(move || append(&store, &holder, &session))
        })
        .collect();
    println!("ready");
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

/// Appends events for ever.
fn append(store: &SqliteStore, holder: &str, session: &str) -> Result<(), Box<dyn Error + Send + Sync>> {
    let holder = Holder::this_process(holder);
    let request = OpenSession::new(SessionId::new(session)?, holder, Duration::from_secs(3_600));
    let lease = match store.open_session(request.clone()).wait() {
        // The holder is a process that was killed.
        Err(error) => match error.kind() {
            StoreErrorKind::Leased { epoch, .. } => store.open_session(request.take_over(*epoch)).wait()?,
            _ => return Err(error.into()),
        },
        Ok(lease) => lease,
    };
    let mut at = lease.head;
    for round in 0_usize.. {
        // Of all sizes, some of them kept apart from their events.
        let body = vec![b'x'; if round % 50 == 7 { 70_000 } else { 200 * (round % 9) }];
        let events: Vec<Event> = (0..=round % 3).map(|_| next(session, &mut at, &body)).collect();
        let position = store.append(Append::new(events)).wait()?;
        let mut output = std::io::stdout().lock();
        writeln!(output, "{session} {} {}", position.seq, position.hash)?;
        output.flush()?;
    }
    Ok(())
}

fn next(session: &str, at: &mut Position, body: &[u8]) -> Event {
    let seq = at.seq + 1;
    let event = Event {
        session_id: session.to_owned(),
        seq,
        epoch: at.epoch,
        event_id: format!("{session}-{seq}-{}", at.epoch),
        kind: "tool_finished".into(),
        schema_version: 1,
        time: Timestamp { seconds: 1, ..Default::default() }.into(),
        body: body.to_vec().into(),
        prev_hash: at.hash.0.to_vec().into(),
        ..Default::default()
    };
    *at = Position { seq, epoch: at.epoch, hash: event_hash(&event) };
    event
}
