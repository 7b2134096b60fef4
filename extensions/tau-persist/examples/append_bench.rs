//! Acknowledged appends of 1 KB events per second, for one session and for a hundred.
//!
//! `cargo run --release -p tau-persist --example append_bench -- FOLDER`: the folder decides which disk is measured.
//! Beside each figure stands what the disk does at best: syncs of 4 KB written to a file, one after the other.

#![expect(clippy::print_stdout, reason = "a program that shows figures")]

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::executor::block_on;
use tau_persist::{
    Append, MemoryStore, Position, ReadEvents, SessionId, SqliteOptions, SqliteStore, Store, event_hash,
    verify_session,
};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const SECONDS: u64 = 5;
const READ_EVENTS: u64 = 50_000;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or("usage: append_bench FOLDER")?;
    let folder = Path::new(&folder).join(format!("append_bench.{}", std::process::id()));
    std::fs::create_dir(&folder)?;
    let result = measure(&folder);
    std::fs::remove_dir_all(&folder)?;
    result
}

fn measure(folder: &Path) -> Result<()> {
    println!("floor: {:.0} syncs/s", syncs(&folder.join("floor"))?);
    for sessions in [1, 10, 100, 1_000] {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
        let memory = appends(store, sessions)?;
        let path = folder.join(format!("{sessions}.db"));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(path, SqliteOptions::default())?);
        let sqlite = appends(store, sessions)?;
        println!("{sessions:>5} sessions: sqlite {sqlite:>8.0} appends/s, memory {memory:>8.0} appends/s");
    }
    read(&folder.join("read.db"))
}

/// How often a second a small write can be made to last.
fn syncs(path: &Path) -> Result<f64> {
    let mut file = std::fs::File::create(path)?;
    let start = Instant::now();
    let mut count = 0;
    while start.elapsed() < Duration::from_secs(2) {
        file.write_all(&[1; 4_096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// Every session appends one event, waits for its answer, and appends the next.
fn appends(store: Arc<dyn Store>, sessions: usize) -> Result<f64> {
    let count = AtomicU64::new(0);
    let start = Instant::now();
    let end = start + Duration::from_secs(SECONDS);
    // One task for each session on one thread, as in a server.
    let tasks = (0..sessions).map(|index| {
        let (store, count) = (&store, &count);
        async move {
            let (session, mut at) = (format!("session-{index}"), Position::default());
            while Instant::now() < end {
                store.append(Append::new(vec![event(&session, &mut at)])).await?;
                count.fetch_add(1, Ordering::Relaxed);
            }
            Ok::<(), Box<dyn Error + Send + Sync>>(())
        }
    });
    block_on(futures::future::try_join_all(tasks))?;
    Ok(count.into_inner() as f64 / start.elapsed().as_secs_f64())
}

/// What resuming a long session costs.
fn read(path: &Path) -> Result<()> {
    let store = SqliteStore::open(path, SqliteOptions::default())?;
    let mut at = Position::default();
    for _ in 0..READ_EVENTS / 500 {
        let events = (0..500).map(|_| event("long", &mut at)).collect();
        store.append(Append::new(events)).wait()?;
    }
    let session = SessionId::new("long")?;
    let start = Instant::now();
    let mut after = 0;
    while after < READ_EVENTS {
        after += store.read(ReadEvents::after(session.clone(), after)).wait()?.len() as u64;
    }
    println!("read {READ_EVENTS} events: {:.0} ms", start.elapsed().as_secs_f64() * 1_000.0);
    let start = Instant::now();
    let verification = block_on(verify_session(&store, &session))?;
    assert!(verification.damage.is_none());
    println!("verify {READ_EVENTS} events: {:.0} ms", start.elapsed().as_secs_f64() * 1_000.0);
    Ok(())
}

fn event(session: &str, at: &mut Position) -> Event {
    let seq = at.seq + 1;
    let event = Event {
        session_id: session.to_owned(),
        seq,
        epoch: at.epoch,
        event_id: format!("0190a1b2-0000-7000-8000-{seq:012}"),
        kind: "tool_finished".into(),
        schema_version: 1,
        time: Timestamp { seconds: 1, ..Default::default() }.into(),
        body: vec![b'x'; 1_024].into(),
        prev_hash: at.hash.0.to_vec().into(),
        ..Default::default()
    };
    *at = Position { seq, epoch: at.epoch, hash: event_hash(&event) };
    event
}
