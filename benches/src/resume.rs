//! From the opening of a database to a session of 50,000 events that is ready.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use tau_persist::{Append, SessionId, SqliteOptions, SqliteStore, Store};
use tau_runtime::journals::to_wire;

use crate::fold::EVENTS;
use crate::role::{self, Resumed, Rows};
use crate::stats::{median, ms, spread, verdict};
use crate::{journal, scratch};

const GOAL_MS: f64 = 150.0;

/// Events of one append: about those of a turn with a few calls.
const APPEND: usize = 8;

pub(crate) fn bench(pairs: usize) -> anyhow::Result<()> {
    let folder = scratch::folder()?;
    let database = folder.path().join("sessions.db");
    let session = write(&database)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (mut rows, mut resumed) = (Vec::new(), Vec::new());
    for _ in 0..pairs {
        let arguments = |role: &'static str| {
            [OsStr::new(role), database.as_os_str(), OsStr::new(session.as_str())].map(OsStr::to_owned)
        };
        rows.push(runtime.block_on(role::measure(arguments("rows")))?);
        resumed.push(runtime.block_on(role::measure(arguments("resume")))?);
    }
    print(&rows, &resumed);
    Ok(())
}

/// Writes a session into a new database.
fn write(database: &Path) -> anyhow::Result<SessionId> {
    let store = SqliteStore::open(database, SqliteOptions::default())?;
    let records = journal::records(EVENTS as usize)?;
    let session = SessionId::new(records.first().context("no records")?.header.session.to_string())?;
    let events: Vec<_> = records.into_iter().map(to_wire).collect();
    let appends: Vec<_> =
        events.chunks(APPEND).map(|chunk| store.append(Append::new(chunk.to_vec()))).collect();
    appends.into_iter().try_for_each(|append| append.wait().map(drop))?;
    Ok(session)
}

fn print(rows: &[Rows], resumed: &[Resumed]) {
    println!("A stored session of {EVENTS} events to one that is ready, {} pairs, medians (ms)", rows.len());
    println!("  {:34} {:>8} {:>8} {:>8}", "", "wall", "CPU", "noise");
    let whole = |name: &str, times: &[(Duration, Duration)]| {
        let wall = median(times.iter().map(|(wall, _)| ms(*wall)));
        let cpu = median(times.iter().map(|(_, cpu)| ms(*cpu)));
        let noise = spread(times.iter().map(|(wall, _)| ms(*wall))) * 100.0;
        println!("  {name:34} {wall:>8.1} {cpu:>8.1} {noise:>7.0}%");
        wall
    };
    let part = |name: &str, of: fn(&Resumed) -> Duration| {
        println!("  {name:34} {:>8.1}", median(resumed.iter().map(|run| ms(of(run)))));
    };
    let floor: Vec<_> = rows.iter().map(|rows| (rows.wall, rows.cpu)).collect();
    let whole_resume: Vec<_> = resumed.iter().map(|run| (run.all(), run.cpu)).collect();
    whole("floor: rows read with rusqlite", &floor);
    let all = whole("resume", &whole_resume);
    part("  open the database", |run| run.open);
    part("  rows into events, and the fold", |run| run.past);
    part("  Session::resume", |run| run.session);
    part("beside it: check the hash chain", |run| run.verify);
    let to_floor = median(rows.iter().zip(resumed).map(|(rows, run)| ms(run.all()) / ms(rows.wall)));
    println!("  {:34} {to_floor:>8.2}", "resume / floor");
    println!("  goal: <= {GOAL_MS:.0} ms: {}\n", verdict(all <= GOAL_MS));
}
