//! Policies of nodes: again, for how long, from memory.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tau_orchestrate::graph::{Cache, Context, END, Policy, Retry, RunErrorKind, StateGraph};
use tau_orchestrate::state::{Key, Update};
use tokio::time::Instant;

use crate::support::Oops;

const COUNT: Key<u32> = Key::new("count");
const INPUT: Key<u32> = Key::new("input");

fn attempts(count: usize) -> Retry {
    let second = Duration::from_secs(1);
    Retry::attempts(NonZeroUsize::new(count).unwrap()).with_wait(second, 4 * second)
}

/// A node that fails until its third attempt and counts how often it runs.
fn third_time(policy: Policy) -> (StateGraph, Arc<AtomicU32>) {
    let runs = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&runs);
    let run = move |context: Context| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
            if context.attempt() < 3 { Err(Oops("busy").into()) } else { Ok(COUNT.set(context.attempt())) }
        }
    };
    let graph =
        StateGraph::builder("test").keys([COUNT.spec(), INPUT.spec()]).node("node", run).policy(policy);
    (graph.entry("node").edge("node", END).build().unwrap(), runs)
}

#[tokio::test(start_paused = true)]
async fn a_node_is_tried_again() {
    let (graph, _) = third_time(Policy::new().with_retry(attempts(3)));
    let begin = Instant::now();
    assert_eq!(graph.run(Update::new()).await.unwrap().state.get(COUNT), Some(&3));
    // One second and two, each up to twice as long.
    let waited = begin.elapsed();
    assert!((Duration::from_secs(3)..=Duration::from_secs(6)).contains(&waited), "{waited:?}");

    let (graph, runs) = third_time(Policy::new().with_retry(attempts(2)));
    assert_eq!(graph.run(Update::new()).await.unwrap_err().kind(), RunErrorKind::NodeFailed);
    assert_eq!(runs.load(Ordering::SeqCst), 2);

    let (graph, runs) =
        third_time(Policy::new().with_retry(attempts(9).only_if(|error| !error.is::<Oops>())));
    assert_eq!(graph.run(Update::new()).await.unwrap_err().kind(), RunErrorKind::NodeFailed);
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

/// What stands around a node may panic too, and the run ends with an error all the same: with one task and with several.
#[tokio::test]
async fn what_stands_around_a_node_may_panic() {
    let retry = || attempts(2).only_if(|_| panic!("while it looks at an error"));
    let failing = async |_: Context| Err::<Update, _>(Oops("busy").into());
    let builder = || {
        let builder = StateGraph::builder("test").keys([COUNT.spec()]).node("a", failing);
        builder.policy(Policy::new().with_retry(retry())).entry("a").edge("a", END)
    };
    let alone = builder().build().unwrap();
    let beside = builder().node("b", async |_| Ok(Update::new())).entry("b").edge("b", END).build().unwrap();
    for graph in [alone, beside] {
        let error = graph.run(Update::new()).await.unwrap_err();
        assert_eq!((error.kind(), error.node()), (RunErrorKind::NodePanicked, Some("a")));
        assert_eq!(error.to_string(), "graph `test`: node `a` panicked: while it looks at an error");
    }
}

#[tokio::test]
async fn a_reducer_may_panic() {
    const SUM: Key<u32> = Key::custom("sum", |_, _| panic!("over a sum"));
    let node = async |_: Context| Ok(SUM.set(1));
    let graph = StateGraph::builder("test").keys([SUM.spec()]).node("a", node).entry("a").edge("a", END);
    let error = graph.build().unwrap().run(SUM.set(1)).await.unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::InvalidUpdate);
    assert_eq!(error.to_string(), "graph `test`: a reducer panicked in superstep 1: over a sum");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_takes_too_long_is_dropped() {
    let slow_first = |policy: Policy| {
        let run = async |context: Context| {
            if context.attempt() == 1 {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }
            Ok(COUNT.set(context.attempt()))
        };
        let graph = StateGraph::builder("test").keys([COUNT.spec()]).node("node", run).policy(policy);
        graph.entry("node").edge("node", END).build().unwrap()
    };
    let policy = Policy::new().with_timeout(Duration::from_secs(5));
    let error = slow_first(policy.clone()).run(Update::new()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string()),
        (RunErrorKind::NodeTimedOut, "graph `test`: node `node` took longer than 5s".to_owned())
    );
    let outcome = slow_first(policy.with_retry(attempts(2))).run(Update::new()).await.unwrap();
    assert_eq!(outcome.state.get(COUNT), Some(&2));
}

#[tokio::test(start_paused = true)]
async fn what_a_node_wrote_is_remembered() {
    let by_input = Cache::by(|state, _| state.get(INPUT).map(u32::to_string));
    let minute = Duration::from_secs(60);
    let cache = by_input.with_keep(minute).with_capacity(NonZeroUsize::new(2).unwrap());
    let (graph, runs) = third_time(Policy::new().with_retry(attempts(3)).with_cache(cache));
    let check = async |input: Update, expected: u32| {
        assert_eq!(graph.run(input).await.unwrap().state.get(COUNT), Some(&3));
        assert_eq!(runs.swap(0, Ordering::SeqCst), expected);
    };
    check(INPUT.set(1), 3).await;
    check(INPUT.set(1), 0).await;
    check(INPUT.set(2), 3).await;
    check(INPUT.set(1), 0).await;
    check(INPUT.set(3), 3).await; // a third one, for which the oldest goes
    check(INPUT.set(1), 3).await;
    tokio::time::advance(minute).await;
    check(INPUT.set(1), 3).await;
    check(Update::new(), 3).await; // no text, no memory
    check(Update::new(), 3).await;
}
