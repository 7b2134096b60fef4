//! Appends of 1 KB events that are durable when they are answered, per second, for one session and for a hundred.
//!
//! The floor is rusqlite alone on one thread: the same columns into one table with the same key, with the same
//! settings, one transaction for as many rows as there are sessions. It makes no hash, checks nothing, hands nothing
//! from thread to thread, and knows beforehand what comes together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use clap::{Args, ValueEnum};
use futures::executor::block_on;
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use tau_persist::{Append, Position, SqliteOptions, SqliteStore, Store, event_hash};
use tau_proto::buffa_types::google::protobuf::Timestamp;
use tau_proto::runtime::v1::Event;

use crate::cpu;
use crate::stats::{median, ratio, spread, verdict};

const TIME: Duration = Duration::from_secs(2);
const BODY: usize = 1_024;

/// Sessions at the same time, and the part of the floor's rate that is the goal.
const CASES: [(usize, f64); 2] = [(1, 0.8), (100, 0.5)];

/// One measured process.
#[derive(Debug, Args)]
pub(crate) struct Appender {
    #[arg(value_enum)]
    who: Who,
    /// Where the database is made
    folder: PathBuf,
    /// How many sessions are written at the same time
    sessions: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Who {
    Floor,
    Store,
}

#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    appends: u64,
    wall: Duration,
    cpu: Duration,
}

impl Measured {
    fn per_second(&self) -> f64 {
        self.appends as f64 / self.wall.as_secs_f64()
    }

    /// Microseconds of CPU for each append.
    fn cpu(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.appends as f64
    }
}

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    println!("Durable appends of {BODY} bytes, {pairs} pairs, medians");
    println!("  {:32} {:>10} {:>14} {:>8}", "", "appends/s", "CPU us/append", "noise");
    for (sessions, goal) in CASES {
        let (mut floor, mut store) = (Vec::new(), Vec::new());
        for _ in 0..pairs {
            floor.push(measure("floor", sessions)?);
            store.push(measure("store", sessions)?);
        }
        let name = if sessions == 1 { "1 session".to_owned() } else { format!("{sessions} sessions") };
        for (who, runs) in [("floor: rusqlite", &floor), ("tau-persist", &store)] {
            let rate = median(runs.iter().map(Measured::per_second));
            let cpu = median(runs.iter().map(Measured::cpu));
            let noise = spread(runs.iter().map(Measured::per_second)) * 100.0;
            println!("  {:32} {rate:>10.0} {cpu:>14.1} {noise:>7.0}%", format!("{who}, {name}"));
        }
        let part = ratio(&floor, &store, Measured::per_second);
        println!("  tau-persist / floor, {name:11} {part:>10.2}   goal >= {goal}: {}", verdict(part >= goal));
    }
    println!();
    Ok(())
}

/// Measures a process of its own, on the disk that holds this program.
fn measure(who: &str, sessions: usize) -> anyhow::Result<Measured> {
    let program = std::env::current_exe()?;
    let folder = tempfile::tempdir_in(program.parent().context("no folder")?)?;
    let arguments = [
        OsString::from("appender"),
        OsString::from(who),
        folder.path().into(),
        OsString::from(sessions.to_string()),
    ];
    let output = Command::new(&program).args(arguments).output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).context("the measured process printed no result")
}

impl Appender {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let database = self.folder.join("sessions.db");
        let measured = match self.who {
            Who::Floor => floor(&database, self.sessions)?,
            Who::Store => store(&database, self.sessions)?,
        };
        println!("{}", serde_json::to_string(&measured)?);
        Ok(())
    }
}

fn floor(database: &Path, sessions: usize) -> anyhow::Result<Measured> {
    let connection = rusqlite::Connection::open(database)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 8_192)?;
    connection.execute_batch(
        "CREATE TABLE event (id INTEGER PRIMARY KEY, session INTEGER NOT NULL, seq INTEGER NOT NULL, \
         event_id TEXT NOT NULL, kind TEXT NOT NULL, seconds INTEGER NOT NULL, body BLOB NOT NULL, \
         prev_hash BLOB NOT NULL, UNIQUE (session, seq)) STRICT",
    )?;
    let sql = "INSERT INTO event (session, seq, event_id, kind, seconds, body, prev_hash) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let mut insert = connection.prepare(sql)?;
    let (mut appends, mut seq) = (0, 0_i64);
    let (start, cpu) = (Instant::now(), cpu::own_time());
    while start.elapsed() < TIME {
        seq += 1;
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for session in 0..sessions as i64 {
            let (body, hash) = (vec![b'x'; BODY], [0_u8; 32]);
            insert.execute((session, seq, event_id(seq as u64), "tool_finished", 1, body, hash))?;
            appends += 1;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(Measured { appends, wall: start.elapsed(), cpu: cpu::own_time() - cpu })
}

/// Every session appends an event, waits for its answer, and appends the next: tasks on one thread, as in a server.
fn store(database: &Path, sessions: usize) -> anyhow::Result<Measured> {
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(database, SqliteOptions::default())?);
    let (start, cpu) = (Instant::now(), cpu::own_time());
    let tasks = (0..sessions).map(|index| {
        let store = Arc::clone(&store);
        async move {
            let (session, mut at) = (format!("session-{index}"), Position::default());
            while start.elapsed() < TIME {
                store.append(Append::new(vec![event(&session, &mut at)])).await?;
            }
            Ok::<u64, anyhow::Error>(at.seq)
        }
    });
    let appends = block_on(try_join_all(tasks))?.into_iter().sum();
    Ok(Measured { appends, wall: start.elapsed(), cpu: cpu::own_time() - cpu })
}

fn event(session: &str, at: &mut Position) -> Event {
    let seq = at.seq + 1;
    let event = Event {
        session_id: session.to_owned(),
        seq,
        event_id: event_id(seq),
        kind: "tool_finished".into(),
        schema_version: 1,
        time: Timestamp { seconds: 1, ..Default::default() }.into(),
        body: vec![b'x'; BODY].into(),
        prev_hash: at.hash.0.to_vec().into(),
        ..Default::default()
    };
    *at = Position { seq, epoch: 0, hash: event_hash(&event) };
    event
}

fn event_id(seq: u64) -> String {
    format!("0190a1b2-0000-7000-8000-{seq:012}")
}
