//! What a step of a graph costs: `cargo bench -p tau-orchestrate`.
//!
//! Prints a line for each figure with its goal, and measures each beside its floor in the same run. The floor of a stored step is
//! rusqlite alone on one thread: the same record into the same table with the same settings, one transaction each.
//!
//! Where Linux tells it, steps in memory are measured in time on the processor, which other programs do not lengthen. LangGraph's
//! figures are those of `cargo xtask conformance langgraph`, if it ran before on this machine.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for the terminal that ends where it fails"
)]

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tau_orchestrate::checkpoint::{MemoryStore, RunId, SqliteStore, Store};
use tau_orchestrate::graph::{Context, END, Policy, Predicate, StateGraph};
use tau_orchestrate::state::{Key, List, Update};
use tokio::runtime::{Builder, Runtime};

const COUNT: Key<u64> = Key::new("count");
const NOTES: Key<List<String>> = Key::append("notes");
const ROUNDS: usize = 7;

fn main() {
    let one = Builder::new_current_thread().enable_time().build().unwrap();
    let many = Builder::new_multi_thread().enable_time().build().unwrap();
    let noop = median(|| noop_steps(&one, 500_000));
    report("no-op step", noop, "us", 2.0);
    report("1,000-way fan-out and fan-in", median(|| fan_out(&one, 1_000, 50)) / 1_000.0, "ms", 5.0);
    let wall = median(|| {
        let begin = Instant::now();
        fan_out(&many, 1_000, 1);
        micros(begin.elapsed(), 1_000)
    });
    println!("1,000-way fan-out and fan-in on all cores: {wall:.2} ms on the clock");
    let kept = median(|| counting_steps(&one, Arc::new(MemoryStore::new()), 20_000));
    println!("step stored in memory: {kept:.2} us");
    compare(noop, kept);
    stored_steps(&one);
    bytes(&one);
}

fn report(what: &str, value: f64, unit: &str, goal: f64) {
    let verdict = if value <= goal { "met" } else { "MISSED" };
    println!("{what}: {value:.2} {unit} (goal {goal} {unit}: {verdict})");
}

fn median(measure: impl FnMut() -> f64) -> f64 {
    let mut values: Vec<f64> = std::iter::repeat_with(measure).take(ROUNDS).collect();
    values.sort_by(f64::total_cmp);
    values[ROUNDS / 2]
}

/// How long this thread was at work.
struct Watch(Instant, Option<u64>);

impl Watch {
    fn start() -> Self {
        Self(Instant::now(), on_processor())
    }

    fn elapsed(&self) -> Duration {
        match (self.1, on_processor()) {
            (Some(before), Some(now)) => Duration::from_nanos(now.saturating_sub(before)),
            _ => self.0.elapsed(),
        }
    }
}

/// In nanoseconds; none where it is not told.
fn on_processor() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok()
}

fn micros(elapsed: Duration, count: usize) -> f64 {
    elapsed.as_secs_f64() * 1e6 / count as f64
}

fn often() -> Policy {
    Policy::new().with_visits(NonZeroU32::MAX)
}

/// One node that writes nothing, gone round so many times.
fn noop_steps(runtime: &Runtime, steps: usize) -> f64 {
    let left = Arc::new(std::sync::atomic::AtomicUsize::new(steps));
    let again =
        Predicate::custom("left", move |_| left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) > 1);
    let graph = StateGraph::builder("noop")
        .node("noop", async |_| Ok(Update::new()))
        .policy(often())
        .entry("noop")
        .branch("noop", [(again, "noop")], END)
        .build()
        .unwrap();
    let begin = Watch::start();
    let outcome = runtime.block_on(async { graph.run(Update::new()).await }).unwrap();
    assert_eq!(outcome.steps, steps as u64);
    micros(begin.elapsed(), steps)
}

fn fan_out(runtime: &Runtime, width: u64, times: usize) -> f64 {
    let graph = StateGraph::builder("fan")
        .keys([NOTES.spec(), COUNT.spec()])
        .node("plan", async |_| Ok(Update::new()))
        .node("work", async |context: Context| Ok(NOTES.set([context.input::<u64>()?.to_string()].into())))
        .node("collect", async |context: Context| Ok(COUNT.set(context.state().require(NOTES)?.len() as u64)))
        .entry("plan")
        .map("plan", "work", move |_| (0..width).map(|item| json!(item)), "collect")
        .edge("collect", END)
        .build()
        .unwrap();
    let begin = Watch::start();
    for _ in 0..times {
        let outcome = runtime.block_on(async { graph.run(Update::new()).await }).unwrap();
        assert_eq!(outcome.state.get(COUNT), Some(&width));
    }
    micros(begin.elapsed(), times)
}

fn counting(steps: u64) -> StateGraph {
    StateGraph::builder("counting")
        .keys([COUNT.spec(), NOTES.spec()])
        .node("count", async |context: Context| {
            let count = context.state().get(COUNT).unwrap_or(&0) + 1;
            Ok(COUNT
                .set(count)
                .and(NOTES, ["a note of fifty bytes, more or less, as they come".to_owned()].into()))
        })
        .policy(often())
        .entry("count")
        .branch("count", [(Predicate::equals(COUNT, steps), END)], "count")
        .build()
        .unwrap()
}

fn counting_steps(runtime: &Runtime, store: Arc<dyn Store>, steps: u64) -> f64 {
    let begin = Watch::start();
    count(runtime, store, steps);
    micros(begin.elapsed(), usize::try_from(steps).unwrap())
}

fn count(runtime: &Runtime, store: Arc<dyn Store>, steps: u64) {
    let run = counting(steps).run(Update::new()).with_store(store, RunId::new("r").unwrap());
    runtime.block_on(async { run.await }).unwrap();
}

/// Beside what LangGraph took on this machine.
fn compare(noop: f64, kept: f64) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/langgraph/numbers.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        println!("LangGraph was not measured here; `cargo xtask conformance langgraph` does");
        return;
    };
    let numbers: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (what, ours) in [("noop_step_us", noop), ("memory_step_us", kept)] {
        let theirs = numbers[what].as_f64().unwrap();
        println!("LangGraph {what}: {theirs:.0}, {:.0} times as much", theirs / ours);
    }
}

/// Alternates floor and store, so that a disk that gets slower gets slower for both.
fn stored_steps(runtime: &Runtime) {
    // Often and short, so that what else the disk does meets both.
    const STEPS: u64 = 50;
    const ROUNDS: usize = 31;
    let folder = tempfile::tempdir().unwrap();
    let (mut floors, mut stored, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let bodies = bodies(runtime, STEPS);
        let floor = || bare_appends(&folder.path().join(format!("floor-{round}.db")), &bodies);
        let store = || {
            let store = Arc::new(SqliteStore::open(folder.path().join(format!("store-{round}.db"))).unwrap());
            let begin = Instant::now();
            count(runtime, store, STEPS);
            micros(begin.elapsed(), bodies.len())
        };
        let (floor, step) = if round % 2 == 0 {
            (floor(), store())
        } else {
            let step = store();
            (floor(), step)
        };
        floors.push(floor);
        stored.push(step);
        ratios.push(step / floor);
    }
    for values in [&mut floors, &mut stored, &mut ratios] {
        values.sort_by(f64::total_cmp);
    }
    println!("bare append: {:.0} us; stored step: {:.0} us", floors[ROUNDS / 2], stored[ROUNDS / 2]);
    report("stored step over bare append", ratios[ROUNDS / 2], "times", 1.3);
}

/// The records of a run of so many steps.
fn bodies(runtime: &Runtime, steps: u64) -> Vec<Vec<u8>> {
    let (store, id) = (Arc::new(MemoryStore::new()), RunId::new("r").unwrap());
    count(runtime, Arc::clone(&store) as Arc<dyn Store>, steps);
    let stored = runtime.block_on(store.load(&id)).unwrap();
    stored.into_iter().map(|stored| stored.record.body).collect()
}

fn bare_appends(file: &Path, bodies: &[Vec<u8>]) -> f64 {
    // Makes the tables, so that they are the same.
    drop(SqliteStore::open(file).unwrap());
    let connection = rusqlite::Connection::open(file).unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    connection.execute("INSERT INTO run (id, graph) VALUES ('r', 'counting')", []).unwrap();
    let mut insert = connection
        .prepare(
            "INSERT INTO record (run, seq, step, status, at, body) VALUES (1, ?1, ?2, 'running', ?3, ?4)",
        )
        .unwrap();
    let begin = Instant::now();
    for (seq, body) in (1_i64..).zip(bodies) {
        insert.execute(rusqlite::params![seq, seq - 1, 1_700_000_000_000_i64 + seq, body]).unwrap();
    }
    micros(begin.elapsed(), bodies.len())
}

/// A state that grows by one note each step, and what a full copy of it at each step would take.
fn bytes(runtime: &Runtime) {
    for steps in [10, 100, 1_000] {
        let bodies = bodies(runtime, steps);
        let total: usize = bodies.iter().map(Vec::len).sum();
        let full: u64 = (1..=steps).map(|step| step * 53).sum();
        let each = total as f64 / steps as f64;
        println!(
            "checkpoints of {steps} steps: {total} bytes, {each:.0} a step (the notes of each step in full: {full})"
        );
    }
}
