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

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tau_orchestrate::checkpoint::{RunId, SqliteStore, Store};
use tau_orchestrate::graph::RunErrorKind;
use tau_orchestrate::state::Update;

const FOLDER: &str = "TAU_KILL_FOLDER";
const RUN: &str = "TAU_KILL_RUN";

#[test]
fn a_few_kills_lose_nothing_and_repeat_nothing() {
    kill(12, 1);
}

/// `cargo xtask kill --graphs`.
#[test]
#[ignore = "takes minutes; `cargo xtask kill --graphs` runs it"]
fn many_kills_lose_nothing_and_repeat_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    kill(number("TAU_KILLS").unwrap_or(1_000), number("TAU_SEED").unwrap_or(7));
}

/// Kills so many workers.
fn kill(kills: u64, seed: u64) {
    let folder = tempfile::tempdir().unwrap();
    let (mut random, mut killed, mut runs, mut resumed) = (Random(seed), 0, 0_u64, 0);
    // As long as a run takes here, so that a kill may come anywhere in it.
    let lasts = time_of_a_run(folder.path());
    while killed < kills {
        let run = format!("run-{runs}");
        let mut seen = ledger::Ledger::default();
        loop {
            let mut worker = spawn(folder.path(), &run);
            let patience = lasts.mul_f64(random.fraction() * 1.2);
            let ended = wait(&mut worker, patience);
            let stored = ledger::Ledger::read(folder.path(), &run);
            seen.check(&stored, folder.path(), &run);
            seen = stored;
            if ended {
                break;
            }
            killed += 1;
            resumed += 1;
        }
        check_end(folder.path(), &run);
        runs += 1;
    }
    println!(
        "{killed} kills in {runs} runs, {resumed} resumed; a run took {lasts:?}; nothing done twice, every end the same"
    );
}

fn time_of_a_run(folder: &Path) -> Duration {
    let begin = Instant::now();
    let ended = wait(&mut spawn(folder, "first"), Duration::from_secs(60));
    assert!(ended, "a run without kills does not end");
    check_end(folder, "first");
    begin.elapsed()
}

fn spawn(folder: &Path, run: &str) -> std::process::Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "kill::worker", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(FOLDER, folder).env(RUN, run).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
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

fn check_end(folder: &Path, run: &str) {
    let (graph, store) = (graph::build(folder), SqliteStore::open(folder.join("runs.db")).unwrap());
    let runs = graph.runs(Arc::new(store));
    let history = crate::support::block_on(runs.history(&RunId::new(run).unwrap())).unwrap();
    let last = history.last().unwrap();
    assert!(last.next.is_empty());
    assert_eq!(serde_json::to_value(&last.state).unwrap(), graph::expected());
}

/// Runs a graph to its end, wherever it stands, answering what it asks.
#[test]
#[ignore = "started by the other tests"]
fn worker() {
    let (Ok(folder), Ok(run)) = (std::env::var(FOLDER), std::env::var(RUN)) else { return };
    let (folder, id) = (Path::new(&folder), RunId::new(&run).unwrap());
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder.join("runs.db")).unwrap());
        let graph = graph::build(folder);
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
