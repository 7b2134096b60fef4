//! Stored runs: resumed, looked into, forked, edited, shortened; and all that can be wrong with them.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::json;
use tau_orchestrate::checkpoint::{
    MemoryStore, Next, Record, Retention, RunId, RunInfo, RunStatus, Store, StoreError, StoreErrorKind,
    StoredRecord,
};
use tau_orchestrate::graph::{
    Context, Durability, END, GraphBuilder, OnCompletion, Policy, Predicate, RunErrorKind, StateGraph,
};
use tau_orchestrate::state::{Key, List, State, Update};

use crate::support::Oops;

const LOG: Key<List<String>> = Key::append("log");
const COUNT: Key<u32> = Key::new("count");

fn id(text: &str) -> RunId {
    RunId::new(text).unwrap()
}

fn log(state: &State) -> Vec<&str> {
    state.get(LOG).into_iter().flat_map(List::iter).map(String::as_str).collect()
}

/// Counts to `last`, one superstep each, and logs.
fn counting(last: u32) -> GraphBuilder {
    StateGraph::builder("counting")
        .keys([LOG.spec(), COUNT.spec()])
        .node("count", async |context: Context| {
            let count = context.state().get(COUNT).unwrap_or(&0) + 1;
            Ok(COUNT.set(count).and(LOG, [format!("{count}")].into()))
        })
        .policy(Policy::new().with_visits(NonZeroU32::new(1000).unwrap()))
        .entry("count")
        .branch("count", [(Predicate::equals(COUNT, last), END)], "count")
}

async fn counted(last: u32) -> (StateGraph, Arc<MemoryStore>) {
    let (graph, store) = (counting(last).build().unwrap(), Arc::new(MemoryStore::new()));
    graph.run(Update::new()).with_store(store.clone(), id("r")).await.unwrap();
    (graph, store)
}

#[tokio::test]
async fn every_superstep_can_be_gone_back_to() {
    let (graph, store) = counted(4).await;
    let runs = graph.runs(store);
    let history = runs.history(&id("r")).await.unwrap();
    let shown: Vec<_> = history.iter().map(|at| (at.step, log(&at.state).len(), at.next.join(","))).collect();
    let count = "count".to_owned();
    assert_eq!(
        shown,
        [
            (0, 0, count.clone()),
            (1, 1, count.clone()),
            (2, 2, count.clone()),
            (3, 3, count),
            (4, 4, String::new())
        ]
    );
    assert_eq!(runs.load(&id("r"), 3).await.unwrap().state.get(COUNT), Some(&3));

    runs.fork(&id("r"), 2, &id("fork")).await.unwrap();
    assert_eq!(runs.origin(&id("fork")).await.unwrap(), Some((id("r"), 2)));
    assert_eq!(runs.origin(&id("r")).await.unwrap(), None);
    runs.edit(&id("fork"), LOG.set(["edited".to_owned()].into()), Next::Unchanged).await.unwrap();
    runs.delete(&id("r")).await.unwrap(); // a fork needs nothing of the other
    let outcome = runs.resume(&id("fork")).await.unwrap();
    assert_eq!((log(&outcome.state), outcome.steps), (vec!["1", "2", "edited", "3", "4"], 4));
    runs.edit(&id("fork"), COUNT.set(1), Next::Nodes(&["count"])).await.unwrap();
    let outcome = runs.resume(&id("fork")).await.unwrap();
    assert_eq!((log(&outcome.state), outcome.steps), (vec!["1", "2", "edited", "3", "4", "2", "3", "4"], 8));

    let kind = |result: Result<(), tau_orchestrate::graph::RunError>| result.unwrap_err().kind();
    assert_eq!(kind(runs.fork(&id("fork"), 2, &id("fork")).await), RunErrorKind::RunExists);
    assert_eq!(kind(runs.fork(&id("fork"), 99, &id("x")).await), RunErrorKind::UnknownCheckpoint);
    assert_eq!(kind(runs.fork(&id("r"), 0, &id("x")).await), RunErrorKind::UnknownRun);
    assert_eq!(kind(runs.edit(&id("r"), Update::new(), Next::Unchanged).await), RunErrorKind::UnknownRun);
    let wrong = runs.edit(&id("fork"), Update::new(), Next::Nodes(&["nobody"])).await;
    assert_eq!(kind(wrong), RunErrorKind::InvalidRoute);
    assert_eq!(runs.resume(&id("nobody")).await.unwrap_err().kind(), RunErrorKind::UnknownRun);
}

#[tokio::test]
async fn a_name_is_taken_once() {
    let (graph, store) = counted(1).await;
    for durability in [Durability::EveryStep, Durability::AtEnd] {
        let again = graph.run(Update::new()).with_store(store.clone(), id("r")).with_durability(durability);
        assert_eq!(again.await.unwrap_err().kind(), RunErrorKind::RunExists);
    }
}

/// Three beside each other, of which the one in the middle fails the first time.
fn one_fails(done: &Arc<AtomicU32>, fails: &Arc<AtomicU32>) -> StateGraph {
    let node = |name: &'static str, done: &Arc<AtomicU32>| {
        let done = Arc::clone(done);
        move |_: Context| {
            done.fetch_add(1, Ordering::SeqCst);
            async move { Ok(LOG.set([name.to_owned()].into())) }
        }
    };
    let fails = Arc::clone(fails);
    let middle = move |_: Context| {
        let fails = fails.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            // Behind the others, so that they are done.
            tokio::time::sleep(Duration::from_millis(20)).await;
            if fails { Err(Oops("first time").into()) } else { Ok(LOG.set(["b".to_owned()].into())) }
        }
    };
    let builder = StateGraph::builder("parts").keys([LOG.spec()]);
    let builder = builder.node("a", node("a", done)).node("b", middle).node("c", node("c", done));
    ["a", "b", "c"]
        .into_iter()
        .fold(builder, |builder, name| builder.entry(name).edge(name, END))
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_done_in_a_superstep_that_failed_does_not_run_again() {
    let (done, fails) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let store = Arc::new(MemoryStore::new());
    let run = one_fails(&done, &fails).run(Update::new()).with_store(store.clone(), id("r"));
    let error = run.await.unwrap_err();
    assert_eq!((error.kind(), error.node()), (RunErrorKind::NodeFailed, Some("b")));
    let runs = one_fails(&done, &fails).runs(store);
    assert_eq!(runs.list().await.unwrap()[0].status, RunStatus::Failed);
    let standing = runs.standing(&id("r")).await.unwrap();
    let next: Vec<&str> = standing.next.iter().map(|node| &**node).collect();
    assert_eq!((standing.status, standing.steps, next), (RunStatus::Failed, 0, vec!["b"]));
    assert_eq!(standing.stopped.as_deref(), Some("node `b` failed: first time"));
    let outcome = runs.resume(&id("r")).await.unwrap();
    assert_eq!(log(&outcome.state), ["a", "b", "c"]);
    assert_eq!((done.load(Ordering::SeqCst), fails.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn a_run_goes_on_once_its_limit_is_raised() {
    let limited = |limit: u32| counting(5).max_steps(NonZeroU32::new(limit).unwrap()).build().unwrap();
    let store = Arc::new(MemoryStore::new());
    let error = limited(3).run(Update::new()).with_store(store.clone(), id("r")).await.unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::LimitReached);
    let history = limited(3).runs(store.clone()).history(&id("r")).await.unwrap();
    assert_eq!(log(&history.last().unwrap().state), ["1", "2", "3"]);
    let outcome = limited(5).runs(store).resume(&id("r")).await.unwrap();
    assert_eq!(log(&outcome.state), ["1", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn of_two_that_resume_one_run_one_is_told() {
    let store = Arc::new(MemoryStore::new());
    let graph = counting(3).build().unwrap();
    let run = graph.run(Update::new()).with_store(store.clone(), id("r")).with_pause_before(["count"]);
    assert_eq!(run.await.unwrap().status, RunStatus::Paused);
    let runs = graph.runs(store);
    let (one, two) = tokio::join!(runs.resume(&id("r")), runs.resume(&id("r")));
    let mut kinds =
        [one, two].map(|result| result.map(|outcome| outcome.steps).map_err(|error| error.kind()));
    kinds.sort_by_key(Result::is_err);
    // With a store in memory the first may be through before the second begins.
    let told = [RunErrorKind::Conflict, RunErrorKind::AlreadyCompleted];
    assert!(kinds[0] == Ok(3) && kinds[1].is_err_and(|kind| told.contains(&kind)), "{kinds:?}");
}

#[tokio::test]
async fn a_run_pauses_in_front_of_a_node_and_goes_past_it() {
    let (graph, store) = (counting(3).build().unwrap(), Arc::new(MemoryStore::new()));
    let run = graph.run(Update::new()).with_store(store.clone(), id("r")).with_pause_before(["count"]);
    let mut outcome = run.await.unwrap();
    let runs = graph.runs(store);
    for step in 0..3 {
        assert_eq!((outcome.status, outcome.steps), (RunStatus::Paused, step));
        assert_eq!(runs.list().await.unwrap()[0].status, RunStatus::Paused);
        outcome = runs.resume(&id("r")).with_pause_before(["count"]).await.unwrap();
    }
    assert!(outcome.is_completed());
    let unknown = graph.run(Update::new()).with_pause_before(["nobody"]).await.unwrap_err();
    assert_eq!(unknown.kind(), RunErrorKind::InvalidRoute);
}

/// Only a run that paused may go past where it paused: one whose process ended, that was cancelled, or that is told to pause when it
/// is resumed, has not been looked at there.
#[tokio::test]
async fn only_a_run_that_paused_goes_past_the_node() {
    let graph = counting(3).build().unwrap();
    let store = Arc::new(Failing { inner: MemoryStore::new(), left: AtomicU32::new(1) });
    graph.run(Update::new()).with_store(store.clone(), id("r")).await.unwrap_err();
    store.left.store(100, Ordering::SeqCst);
    let runs = graph.runs(store);
    let resume = || async { runs.resume(&id("r")).with_pause_before(["count"]).await.unwrap() };
    let outcome = resume().await;
    assert_eq!((outcome.status, outcome.steps), (RunStatus::Paused, 0));
    // Looked at, changed, and let go on; an edit that says what is next is a new place to look at.
    runs.edit(&id("r"), LOG.set(["seen".to_owned()].into()), Next::Unchanged).await.unwrap();
    assert_eq!(runs.list().await.unwrap()[0].status, RunStatus::Paused);
    let outcome = resume().await;
    assert_eq!((outcome.status, outcome.steps), (RunStatus::Paused, 1));
    runs.edit(&id("r"), Update::new(), Next::Nodes(&["count"])).await.unwrap();
    assert_eq!(runs.list().await.unwrap()[0].status, RunStatus::Running);
    let outcome = resume().await;
    assert_eq!((outcome.status, outcome.steps), (RunStatus::Paused, 2));
    // Shortened, it still is paused.
    assert_eq!(runs.prune(Retention::new().keep_steps(1), SystemTime::now()).await.unwrap(), (0, 1));
    assert_eq!(runs.list().await.unwrap()[0].status, RunStatus::Paused);
    // As many steps as there can be are kept.
    assert_eq!(runs.prune(Retention::new().keep_steps(u64::MAX), SystemTime::now()).await.unwrap(), (0, 0));
    assert_eq!(resume().await.steps, 3);
}

#[tokio::test]
async fn records_are_stored_as_often_as_asked_for() {
    let every = |steps: u32| Durability::Every(NonZeroU32::new(steps).unwrap());
    for (durability, expected) in
        [(Durability::EveryStep, 11), (every(3), 5), (every(100), 2), (Durability::AtEnd, 2)]
    {
        let (graph, store) = (counting(10).build().unwrap(), Arc::new(MemoryStore::new()));
        graph
            .run(Update::new())
            .with_store(store.clone(), id("r"))
            .with_durability(durability)
            .await
            .unwrap();
        assert_eq!(store.load(&id("r")).await.unwrap().len(), expected, "{durability:?}");
        let history = graph.runs(store).history(&id("r")).await.unwrap();
        assert_eq!(history.last().map(|at| (at.step, log(&at.state).len())), Some((10, 10)));
    }
}

#[tokio::test]
async fn records_are_given_up_when_they_are_not_wanted() {
    let (graph, store) = (counting(2).build().unwrap(), Arc::new(MemoryStore::new()));
    let run = graph.run(Update::new()).with_store(store.clone(), id("r"));
    assert!(run.with_on_completion(OnCompletion::Delete).await.unwrap().is_completed());
    assert_eq!(store.list().await.unwrap(), []);
}

#[tokio::test]
async fn old_records_are_folded_and_old_runs_deleted() {
    let now = Arc::new(AtomicU64::new(1_000));
    let clock = Arc::clone(&now);
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let store = Arc::new(MemoryStore::new().with_clock(move || at(clock.load(Ordering::SeqCst))));
    let graph = counting(20).build().unwrap();
    graph.run(Update::new()).with_store(store.clone(), id("old")).await.unwrap();
    now.store(2_000, Ordering::SeqCst);
    graph.run(Update::new()).with_store(store.clone(), id("new")).await.unwrap();
    let runs = graph.runs(store);
    let retention = Retention::new().keep_steps(3).keep_for(Duration::from_secs(500));
    assert_eq!(runs.prune(retention, at(2_100)).await.unwrap(), (1, 1));
    assert_eq!(runs.prune(retention, at(2_100)).await.unwrap(), (0, 0));
    let listed: Vec<RunInfo> = runs.list().await.unwrap();
    assert_eq!(listed.iter().map(|info| info.run.as_str()).collect::<Vec<_>>(), ["new"]);
    let history = runs.history(&id("new")).await.unwrap();
    assert_eq!(history.iter().map(|at| at.step).collect::<Vec<_>>(), [18, 19, 20]);
    assert_eq!(log(&history[0].state).len(), 18);
    // What was folded can still be forked, and limits of visits are remembered.
    runs.fork(&id("new"), 18, &id("fork")).await.unwrap();
    assert_eq!(runs.resume(&id("fork")).await.unwrap().steps, 20);
}

#[tokio::test]
async fn a_run_goes_on_with_its_own_graph_alone() {
    let (graph, store) = (counting(3).build().unwrap(), Arc::new(MemoryStore::new()));
    graph.run(Update::new()).with_store(store.clone(), id("r")).with_pause_before(["count"]).await.unwrap();
    let check = async |changed: StateGraph, expected: &str| {
        let error = changed.runs(store.clone()).resume(&id("r")).await.unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::GraphChanged);
        assert_eq!(
            error.to_string(),
            format!(
                "graph `{}`, run `r`: the graph changed since the run began: {expected}; resume it with the program that began \
                 it, or begin a new run",
                changed.name()
            )
        );
    };
    check(counting(3).version(2).build().unwrap(), "it began with version 1, this is version 2").await;
    let other = |name: &str, key| {
        let builder = StateGraph::builder(name).keys(key).node("other", async |_| Ok(Update::new()));
        builder.entry("other").edge("other", END).build().unwrap()
    };
    const LAST_COUNT: Key<u32> = Key::last("count");
    check(
        other("counting", vec![LAST_COUNT.spec()]),
        "node `count` is gone, the reducer of key `count` was replace and is last, key `log` is gone",
    )
    .await;
    check(
        other("another", vec![LOG.spec(), COUNT.spec()]),
        "it is a run of graph `counting`, node `count` is gone",
    )
    .await;
    // One that only grew.
    let grown = counting(3).node("more", async |_| Ok(Update::new())).entry("more").edge("more", END);
    assert!(grown.build().unwrap().runs(store).resume(&id("r")).await.unwrap().is_completed());
}

#[tokio::test]
async fn what_cannot_be_read_says_where() {
    let check = async |body: &str, expected: &str| {
        let store = Arc::new(MemoryStore::new());
        let record = Record::new(1, "counting".into(), 0, RunStatus::Running, body.as_bytes().to_vec());
        store.append(&id("r"), record).await.unwrap();
        let error = counting(3).build().unwrap().runs(store).resume(&id("r")).await.unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::Corrupt, "{error}");
        let shown = error.to_string();
        assert!(shown.contains(expected), "{shown}");
    };
    check("{", "record 1 cannot be read: EOF while parsing").await;
    check(r#"{"v":2,"entries":[]}"#, "it was written by a newer version").await;
    check(r#"{"v":1,"entries":["resumed"]}"#, "it does not begin with a beginning").await;
    let begun = |values: &str, next: &str| {
        let graph =
            r#"{"name":"counting","version":1,"nodes":["count"],"keys":{"count":"replace","log":"append"}}"#;
        format!(
            r#"{{"v":1,"entries":[{{"begun":{{"graph":{graph},"base":{{"step":0,"values":{values},"next":{next}}}}}}}]}}"#
        )
    };
    check(
        &begun(r#"{"count":"three"}"#, "[]"),
        "what is stored for key `count` is not of its type: invalid type: string \"three\", expected u32",
    )
    .await;
    check(&begun("{}", r#"[{"node":"gone"}]"#), "there is no node `gone`").await;
    let entry = |entry: &str| {
        begun("{}", r#"[{"node":"count"}]"#).replace("}]}}}]}", &format!("}}]}}}}}},{entry}]}}"))
    };
    check(&entry(r#"{"done":{"task":7}}"#), "there is no task 7").await;
    check(&entry(r#"{"answered":[{"id":"1.0.0","value":1}]}"#), "there is no question 1.0.0").await;
    check(&entry(r#"{"done":{"task":0,"writes":[["gone",1]]}}"#), "unknown key `gone`").await;
}

/// Every version ever written is read.
#[tokio::test]
async fn version_1_is_read() {
    let bodies = [
        json!({"v": 1, "entries": [{"begun": {
            "graph": {"name": "counting", "version": 1, "nodes": ["count"], "keys": {"count": "replace", "log": "append"}},
            "origin": {"run": "r0", "step": 1},
            "base": {"step": 1, "values": {"count": 1, "log": ["1"]}, "next": [{"node": "count"}], "visits": {"count": 2}},
        }}]}),
        json!({"v": 1, "entries": [
            {"done": {"task": 0, "writes": [["count", 2], ["log", ["2"]]]}},
            {"step": [{"node": "count", "input": {"any": "thing"}}]},
        ]}),
        json!({"v": 1, "entries": [{"stopped": {"why": "failed", "message": "no"}}]}),
        json!({"v": 1, "entries": ["resumed"]}),
        json!({"v": 1, "entries": [{"asked": {"task": 0, "questions": [["3.0.0", {"text": "?"}]]}}]}),
        json!({"v": 1, "entries": [{"answered": [{"id": "3.0.0", "value": true}]}]}),
        json!({"v": 1, "entries": [{"edited": {"writes": [["log", ["edited"]]], "next": [{"node": "count"}]}}]}),
    ];
    let store = Arc::new(MemoryStore::new());
    for (seq, body) in (1..).zip(&bodies) {
        let record =
            Record::new(seq, "counting".into(), 1, RunStatus::Running, body.to_string().into_bytes());
        store.append(&id("r"), record).await.unwrap();
    }
    let runs = counting(3).build().unwrap().runs(store);
    assert_eq!(runs.origin(&id("r")).await.unwrap(), Some((id("r0"), 1)));
    let outcome = runs.resume(&id("r")).await.unwrap();
    assert_eq!((log(&outcome.state), outcome.steps), (vec!["1", "2", "edited", "3"], 4));
}

/// A store that is gone after so many appends.
#[derive(Debug)]
struct Failing {
    inner: MemoryStore,
    left: AtomicU32,
}

impl Store for Failing {
    fn append<'a>(&'a self, run: &'a RunId, record: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        match left {
            Ok(_) => self.inner.append(run, record),
            Err(_) => futures::future::ready(Err(StoreError::new(StoreErrorKind::Unavailable))).boxed(),
        }
    }

    fn load<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<Vec<StoredRecord>, StoreError>> {
        self.inner.load(run)
    }

    fn compact<'a>(&'a self, run: &'a RunId, base: Record) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.compact(run, base)
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<RunInfo>, StoreError>> {
        self.inner.list()
    }

    fn delete<'a>(&'a self, run: &'a RunId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.inner.delete(run)
    }
}

#[tokio::test]
async fn a_store_that_is_gone_stops_the_run_which_goes_on_when_it_is_back() {
    for left in 0..6 {
        let store = Arc::new(Failing { inner: MemoryStore::new(), left: AtomicU32::new(left) });
        let graph = counting(5).build().unwrap();
        let error = graph.run(Update::new()).with_store(store.clone(), id("r")).await.unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::Store);
        store.left.store(100, Ordering::SeqCst);
        let outcome = match left {
            0 => graph.run(Update::new()).with_store(store, id("r")).await.unwrap(),
            _ => graph.runs(store).resume(&id("r")).await.unwrap(),
        };
        assert_eq!(log(&outcome.state), ["1", "2", "3", "4", "5"], "gone after {left}");
    }
}
