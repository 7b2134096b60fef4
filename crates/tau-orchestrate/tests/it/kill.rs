//! `kill -9` at random moments: real processes run graphs over one database, and are killed in the middle.
//!
//! A worker is this test binary started again for the test [`worker`]. Each node writes a line to a file before it returns, and
//! whoever kills reads the database after each kill: what was stored by then must not be done again.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the worker is told by its environment, the long run reports"
)]

mod graph;
mod ledger;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tau_orchestrate::checkpoint::{RunId, SqliteStore, Store};
use tau_orchestrate::graph::RunErrorKind;
use tau_orchestrate::state::Update;

const FOLDER: &str = "TAU_KILL_FOLDER";
const DATABASE: &str = "TAU_KILL_DATABASE";
const RUN: &str = "TAU_KILL_RUN";

/// Where the runs are.
pub(crate) struct Place {
    folder: PathBuf,
    /// The address of a PostgreSQL database; without one it is SQLite's in the folder.
    database: Option<String>,
}

impl Place {
    fn open(&self) -> Arc<dyn Store> {
        match &self.database {
            #[cfg(feature = "postgres")]
            Some(address) => {
                let connecting = tau_orchestrate::checkpoint::PostgresStore::connect(address);
                // Inside of a runtime as well, whose thread may wait here: there is another one.
                let connected = match tokio::runtime::Handle::try_current() {
                    Ok(runtime) => tokio::task::block_in_place(|| runtime.block_on(connecting)),
                    Err(_) => ledger::runtime().block_on(connecting),
                };
                Arc::new(connected.unwrap())
            }
            #[cfg(not(feature = "postgres"))]
            Some(_) => unreachable!("built without PostgreSQL"),
            None => Arc::new(SqliteStore::open(self.folder.join("runs.db")).unwrap()),
        }
    }
}

#[test]
fn a_few_kills_lose_nothing_and_repeat_nothing() {
    kill(None, 12, 1);
}

#[cfg(feature = "postgres")]
#[test]
fn a_few_kills_over_postgres_lose_nothing_and_repeat_nothing() {
    if let Some(server) = crate::postgres::server::Server::start() {
        kill(Some(server.address()), 6, 1);
    }
}

/// `cargo xtask kill --graphs --postgres`.
#[cfg(feature = "postgres")]
#[test]
#[ignore = "takes minutes; `cargo xtask kill --graphs --postgres` runs it"]
fn many_kills_over_postgres_lose_nothing_and_repeat_nothing() {
    if let Some(server) = crate::postgres::server::Server::start() {
        kill(Some(server.address()), number("TAU_KILLS").unwrap_or(300), number("TAU_SEED").unwrap_or(7));
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// `cargo xtask kill --graphs`.
#[test]
#[ignore = "takes minutes; `cargo xtask kill --graphs` runs it"]
fn many_kills_lose_nothing_and_repeat_nothing() {
    kill(None, number("TAU_KILLS").unwrap_or(1_000), number("TAU_SEED").unwrap_or(7));
}

/// Kills so many workers.
fn kill(database: Option<String>, kills: u64, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let place = Place { folder: folder.path().to_owned(), database };
    let (mut random, mut killed, mut runs, mut resumed) = (Random(seed), 0, 0_u64, 0);
    // As long as a run takes here, so that a kill may come anywhere in it.
    let lasts = time_of_a_run(&place);
    while killed < kills {
        let run = format!("run-{runs}");
        let mut seen = ledger::Ledger::default();
        loop {
            let mut worker = spawn(&place, &run);
            let patience = lasts.mul_f64(random.fraction() * 1.2);
            let ended = wait(&mut worker, patience);
            let stored = ledger::Ledger::read(&place, &run);
            seen.check(&stored, &place.folder, &run);
            seen = stored;
            if ended {
                break;
            }
            killed += 1;
            resumed += 1;
        }
        check_end(&place, &run);
        runs += 1;
    }
    println!(
        "{killed} kills in {runs} runs, {resumed} resumed; a run took {lasts:?}; nothing done twice, every end the same"
    );
}

fn time_of_a_run(place: &Place) -> Duration {
    let begin = Instant::now();
    let ended = wait(&mut spawn(place, "first"), Duration::from_secs(60));
    assert!(ended, "a run without kills does not end");
    check_end(place, "first");
    begin.elapsed()
}

fn spawn(place: &Place, run: &str) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kill::worker", "--ignored", "--nocapture", "--test-threads=1"]);
    if let Some(database) = &place.database {
        command.env(DATABASE, database);
    }
    command
        .env(FOLDER, &place.folder)
        .env(RUN, run)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// Whether it ended well by itself; else it is killed.
fn wait(worker: &mut std::process::Child, patience: Duration) -> bool {
    let begin = Instant::now();
    loop {
        if let Some(status) = worker.try_wait().unwrap() {
            assert!(status.success(), "the worker failed: {status}");
            return true;
        }
        if begin.elapsed() >= patience {
            worker.kill().unwrap();
            // It may have ended in between.
            return worker.wait().unwrap().success();
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn check_end(place: &Place, run: &str) {
    let run = RunId::new(run).unwrap();
    // The connection of a store lives in the runtime it was made in.
    let history = ledger::runtime()
        .block_on(async { graph::build(&place.folder).runs(place.open()).history(&run).await.unwrap() });
    let last = history.last().unwrap();
    assert!(last.next.is_empty());
    assert_eq!(serde_json::to_value(&last.state).unwrap(), graph::expected());
}

/// Runs a graph to its end, wherever it stands, answering what it asks.
#[test]
#[ignore = "started by the other tests"]
fn worker() {
    let (Ok(folder), Ok(run)) = (std::env::var(FOLDER), std::env::var(RUN)) else { return };
    let place = Place { folder: folder.into(), database: std::env::var(DATABASE).ok() };
    let id = RunId::new(&run).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = place.open();
        let graph = graph::build(&place.folder);
        let runs = graph.runs(Arc::clone(&store));
        let mut outcome = match runs.resume(&id).await {
            Err(error) if error.kind() == RunErrorKind::UnknownRun => {
                graph.run(Update::new()).with_store(store, id.clone()).await.unwrap()
            }
            Err(error) if error.kind() == RunErrorKind::AlreadyCompleted => return,
            resumed => resumed.unwrap(),
        };
        while !outcome.is_completed() {
            // One at a time, so that others stay open.
            let question = &outcome.questions[0];
            let answer = json!(format!("answer to {}", question.payload));
            outcome = runs.answer(&id, [(question.id.to_string(), answer)]).await.unwrap();
        }
    });
}

/// Steele, Lea and Flood's SplitMix64: the same moments for the same seed.
struct Random(u64);

impl Random {
    fn fraction(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
