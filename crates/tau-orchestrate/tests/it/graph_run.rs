//! Runs of graphs: supersteps, edges, joins, maps, limits, failures.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tau_orchestrate::graph::{
    Context, END, GraphBuilder, Policy, Predicate, Route, RunError, RunErrorKind, StateGraph,
};
use tau_orchestrate::state::{Key, List, Update};
use tokio_util::sync::CancellationToken;

use crate::support::{Oops, Recorder, block_on};

const LOG: Key<List<String>> = Key::append("log");
const COUNT: Key<u32> = Key::new("count");

/// Nodes that write their own name and superstep.
fn logging(names: &[&str]) -> GraphBuilder {
    let builder = StateGraph::builder("test").keys([LOG.spec(), COUNT.spec()]);
    names.iter().fold(builder, |builder, name| builder.node(*name, log_me))
}

async fn log_me(context: Context) -> Result<Update, tau_orchestrate::graph::BoxError> {
    Ok(LOG.set([format!("{}@{}", context.node(), context.task())].into()))
}

fn run(graph: &StateGraph, input: Update) -> Result<Vec<String>, RunError> {
    let outcome = block_on(async { graph.run(input).await })?;
    assert!(outcome.is_completed());
    Ok(outcome.state.get(LOG).into_iter().flat_map(List::iter).cloned().collect())
}

#[test]
fn nodes_beside_each_other_share_a_superstep_and_write_in_order() {
    let graph = logging(&["a", "b", "c", "d"])
        .entry("a")
        .edge("a", "c")
        .edge("a", "b")
        .join(["b", "c"], "d")
        .edge("d", END)
        .build()
        .unwrap();
    // b and c in the order in which they were added, whatever the order of the edges.
    assert_eq!(run(&graph, Update::new()).unwrap(), ["a@1.0", "b@2.0", "c@2.1", "d@3.0"]);
}

#[test]
fn a_join_waits_for_the_longer_way() {
    let graph = logging(&["a", "b", "b2", "c", "d"])
        .entry("a")
        .edge("a", "b")
        .edge("a", "c")
        .edge("b", "b2")
        .join(["b2", "c"], "d")
        .edge("d", END)
        .build()
        .unwrap();
    assert_eq!(run(&graph, Update::new()).unwrap(), ["a@1.0", "b@2.0", "c@2.1", "b2@3.0", "d@4.0"]);
}

#[test]
fn without_a_join_a_node_runs_for_each_superstep_that_leads_to_it() {
    let graph = logging(&["a", "b", "b2", "d"])
        .entry("a")
        .edge("a", "b")
        .edge("a", "d")
        .edge("b", "b2")
        .edge("b2", "d")
        .edge("d", END)
        .build()
        .unwrap();
    assert_eq!(run(&graph, Update::new()).unwrap(), ["a@1.0", "b@2.0", "d@2.1", "b2@3.0", "d@4.0"]);
}

#[test]
fn edges_are_taken_as_their_predicates_say() {
    let check = |input: Update, expected: &[&str]| {
        let small = Predicate::custom("count < 5", |state| state.get(COUNT).is_some_and(|count| *count < 5));
        let graph = logging(&["a", "five", "none", "small", "other"])
            .entry("a")
            .edge_when("a", "five", Predicate::equals(COUNT, 5))
            .edge_when("a", "none", !Predicate::exists(COUNT))
            .edge_when("a", "small", small | Predicate::equals(COUNT, 5))
            .edge_otherwise("a", "other")
            .edge("five", END)
            .edge("none", END)
            .edge("small", END)
            .edge("other", END)
            .build()
            .unwrap();
        assert_eq!(run(&graph, input).unwrap(), expected);
    };
    check(COUNT.set(5), &["a@1.0", "five@2.0", "small@2.1"]);
    check(Update::new(), &["a@1.0", "none@2.0"]);
    check(COUNT.set(4), &["a@1.0", "small@2.0"]);
    check(COUNT.set(6), &["a@1.0", "other@2.0"]);
}

#[test]
fn a_branch_takes_exactly_one_edge() {
    let at_least = |least: u32| {
        Predicate::custom(format!("count >= {least}"), move |state| {
            state.get(COUNT).is_some_and(|count| *count >= least)
        })
    };
    let graph = logging(&["a", "big", "middle", "small"])
        .entry("a")
        .branch("a", [(at_least(10), "big"), (at_least(5), "middle")], "small")
        .edge("big", END)
        .edge("middle", END)
        .edge("small", END)
        .build()
        .unwrap();
    for (count, expected) in [(12, "big@2.0"), (7, "middle@2.0"), (1, "small@2.0")] {
        assert_eq!(run(&graph, COUNT.set(count)).unwrap(), ["a@1.0", expected]);
    }
}

fn squares() -> StateGraph {
    logging(&["plan", "collect"])
        .node("square", async |context: Context| {
            let number: u32 = context.input()?;
            // Later ones are faster.
            tokio::time::sleep(Duration::from_millis(u64::from(20 - number))).await;
            Ok(LOG.set([format!("{}", number * number)].into()))
        })
        .entry("plan")
        .map(
            "plan",
            "square",
            |state| (0..*state.get(COUNT).unwrap_or(&0)).map(|number| json!(number)),
            "collect",
        )
        .edge("collect", END)
        .build()
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_map_runs_its_items_side_by_side_and_keeps_their_order() {
    for limit in [1, 3, 100] {
        let run = squares().run(COUNT.set(4)).with_concurrency(NonZeroUsize::new(limit).unwrap());
        let log: Vec<String> = run.await.unwrap().state.get(LOG).unwrap().iter().cloned().collect();
        assert_eq!(log, ["plan@1.0", "0", "1", "4", "9", "collect@3.0"]);
    }
    let nothing = squares().run(COUNT.set(0)).await.unwrap();
    let log: Vec<String> = nothing.state.get(LOG).unwrap().iter().cloned().collect();
    assert_eq!(log, ["plan@1.0", "collect@2.0"]);
}

#[test]
fn two_writers_of_a_key_that_holds_one_value_are_an_error() {
    let count = async |_: Context| Ok(COUNT.set(1));
    let graph = logging(&[])
        .node("one", count)
        .node("two", count)
        .entry("one")
        .entry("two")
        .edge("one", END)
        .edge("two", END)
        .build()
        .unwrap();
    let error = run(&graph, Update::new()).unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::ConflictingWrites);
    assert_eq!(
        error.to_string(),
        "graph `test`: `one` and `two` both wrote key `count` in superstep 1, and it can hold only one; give it a \
         reducer, or let one follow the other"
    );
}

fn cycle(builder: GraphBuilder) -> GraphBuilder {
    builder
        .node("add", async |context: Context| Ok(COUNT.set(context.state().get(COUNT).unwrap_or(&0) + 1)))
        .policy(Policy::new().with_visits(NonZeroU32::new(5).unwrap()))
        .entry("add")
}

#[test]
fn a_cycle_goes_round_until_its_predicate_or_its_limit() {
    let until = |count: u32| {
        let graph = cycle(logging(&[])).branch("add", [(Predicate::equals(COUNT, count), END)], "add");
        block_on(async { graph.build().unwrap().run(Update::new()).await })
    };
    let outcome = until(5).unwrap();
    assert_eq!((outcome.state.get(COUNT), outcome.steps), (Some(&5), 5));
    let error = until(6).unwrap_err();
    assert_eq!((error.kind(), error.node()), (RunErrorKind::LimitReached, Some("add")));
    assert_eq!(
        error.to_string(),
        "graph `test`: `add` has run 5 times, its limit; raise it, or leave the cycle before"
    );
}

#[test]
fn a_graph_has_at_most_so_many_supersteps() {
    let graph = logging(&["a", "b"]).entry("a").edge("a", "b").edge("b", END);
    let error = run(&graph.max_steps(NonZeroU32::MIN).build().unwrap(), Update::new()).unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::LimitReached);
    let graph = logging(&["a"]).entry("a").edge("a", END).max_steps(NonZeroU32::MIN).build().unwrap();
    assert_eq!(run(&graph, Update::new()).unwrap(), ["a@1.0"]);
}

#[test]
fn a_failed_node_stops_the_run_and_drops_the_others() {
    let dropped = Arc::new(AtomicUsize::new(0));
    struct OnDrop(Arc<AtomicUsize>);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    let counter = Arc::clone(&dropped);
    let recorder = Recorder::default();
    let graph = logging(&[])
        .node("bad", async |_| {
            tokio::task::yield_now().await;
            Err::<Update, _>(Oops("out of paper").into())
        })
        .node("slow", move |_| {
            let guard = OnDrop(Arc::clone(&counter));
            async move {
                std::future::pending::<()>().await;
                drop(guard);
                Ok(Update::new())
            }
        })
        .entry("bad")
        .entry("slow")
        .edge("bad", END)
        .edge("slow", END)
        .build()
        .unwrap();
    let error =
        block_on(async { graph.run(Update::new()).with_observer(recorder.clone()).await }).unwrap_err();
    assert_eq!((error.kind(), error.node()), (RunErrorKind::NodeFailed, Some("bad")));
    assert_eq!(error.to_string(), "graph `test`: node `bad` failed: out of paper");
    assert_eq!(error.into_source().unwrap().downcast_ref::<Oops>(), Some(&Oops("out of paper")));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(
        recorder.lines(),
        [
            "graph `test`: workflow.started",
            "graph `test`: step.started 0 `bad`",
            "graph `test`: step.started 1 `slow`",
            "graph `test`: step.failed 0 `bad`: node `bad` failed: out of paper",
            "graph `test`: step.cancelled 1 `slow`",
            "graph `test`: workflow.failed: node `bad` failed: out of paper",
        ]
    );
}

/// A node that panics, alone and beside another one, before and after its first await.
#[test]
fn a_panic_stays_in_its_node() {
    let beside = |count: usize, late: bool| {
        let names: &[&str] = if count == 1 { &[] } else { &["other"] };
        let builder = logging(names).node("bad", move |_: Context| {
            assert!(late, "early");
            async {
                tokio::task::yield_now().await;
                if true {
                    panic!("late");
                }
                Ok(Update::new())
            }
        });
        let builder = names.iter().fold(builder, |builder, name| builder.entry(*name).edge(*name, END));
        let graph = builder.entry("bad").edge("bad", END).build().unwrap();
        let error = run(&graph, Update::new()).unwrap_err();
        assert_eq!((error.kind(), error.node()), (RunErrorKind::NodePanicked, Some("bad")));
        let said = if late { "late" } else { "early" };
        assert_eq!(error.to_string(), format!("graph `test`: node `bad` panicked: {said}"));
    };
    for count in [1, 2] {
        beside(count, false);
        beside(count, true);
    }
}

#[test]
fn what_chooses_edges_may_be_wrong() {
    let wrong = logging(&["a", "b"]).entry("a").route("a", ["b"], |_| vec![Route::to("c")]).edge("b", END);
    let error = run(&wrong.build().unwrap(), Update::new()).unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::InvalidRoute);
    assert_eq!(
        error.to_string(),
        "graph `test`: the route of `a` led to `c`, which is not among its targets; declare it there"
    );
    let panics = Predicate::custom("panics", |_| panic!("no idea"));
    let panicking = logging(&["a"]).entry("a").edge_when("a", "a", panics).edge_otherwise("a", END);
    let error = run(&panicking.max_steps(NonZeroU32::MIN).build().unwrap(), Update::new()).unwrap_err();
    assert_eq!(error.to_string(), "graph `test`: what chooses the edges of `a` panicked: no idea");
}

#[test]
fn an_update_for_a_key_of_another_graph_names_node_and_key() {
    const OTHER: Key<u32> = Key::new("other");
    let graph = logging(&[]).node("a", async |_| Ok(OTHER.set(1))).entry("a").edge("a", END).build().unwrap();
    let error = run(&graph, Update::new()).unwrap_err();
    assert_eq!((error.kind(), error.node()), (RunErrorKind::InvalidUpdate, Some("a")));
    assert_eq!(
        error.to_string(),
        "graph `test`: node `a`: unknown key `other`; declare it with the others: count, log"
    );
    assert_eq!(run(&graph, OTHER.set(1)).unwrap_err().kind(), RunErrorKind::InvalidUpdate);
}

#[test]
fn cancelling_drops_what_runs() {
    for others in [&[][..], &["b"][..]] {
        let token = CancellationToken::new();
        let inner = token.clone();
        let builder = logging(others).node("a", move |_| {
            let token = inner.clone();
            async move {
                token.cancel();
                std::future::pending::<()>().await;
                Ok(Update::new())
            }
        });
        let builder = others.iter().fold(builder, |builder, name| builder.entry(*name).edge(*name, END));
        let graph = builder.entry("a").edge("a", END).build().unwrap();
        let recorder = Recorder::default();
        let run = graph.run(Update::new()).with_cancellation(token).with_observer(recorder.clone());
        let error = block_on(async { run.await }).unwrap_err();
        assert_eq!(error.kind(), RunErrorKind::Cancelled);
        assert_eq!(recorder.lines().last().unwrap(), "graph `test`: workflow.cancelled: cancelled");
    }
}

#[test]
fn a_graph_is_a_node_of_another() {
    const TOTAL: Key<u32> = Key::new("total");
    let inner =
        cycle(logging(&[])).branch("add", [(Predicate::equals(COUNT, 3), END)], "add").build().unwrap();
    let outer = StateGraph::builder("outer")
        .keys([TOTAL.spec()])
        .subgraph(
            "inner",
            &inner,
            |state| Ok(COUNT.set(*state.require(TOTAL)?)),
            |state| Ok(TOTAL.set(state.require(COUNT)? * 100)),
        )
        .entry("inner")
        .edge("inner", END)
        .build()
        .unwrap();
    let outcome = block_on(async { outer.run(TOTAL.set(1)).await }).unwrap();
    assert_eq!((outcome.state.get(TOTAL), outcome.steps), (Some(&300), 1));
}
