//! Any graph ends the same, whichever task is faster and wherever its process ends.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use tau_orchestrate::checkpoint::{MemoryStore, RunId, Store};
use tau_orchestrate::graph::{Context, END, GraphBuilder, Policy, Predicate, Route, RunError, StateGraph};
use tau_orchestrate::state::{Key, List, Update};

const LOG: Key<List<String>> = Key::append("log");

/// Layers of nodes, each node with edges to some of the next layer, and a way back from the last layer.
#[derive(Debug, Clone)]
struct Plan {
    /// For each layer but the last, for each of its nodes, which of the next layer follow.
    layers: Vec<Vec<Vec<usize>>>,
    rounds: u32,
    /// Items of a map behind each layer's first node.
    items: u8,
    joined: bool,
    /// How long each node takes, in milliseconds.
    delays: Vec<u8>,
}

fn plans() -> impl Strategy<Value = Plan> {
    let layer = vec(vec(0_usize..3, 1..3), 3);
    (vec(layer, 1..4), 1_u32..4, 0_u8..5, any::<bool>(), vec(0_u8..20, 16))
        .prop_map(|(layers, rounds, items, joined, delays)| Plan { layers, rounds, items, joined, delays })
}

fn name(layer: usize, node: usize) -> String {
    format!("n{layer}_{node}")
}

fn node(builder: GraphBuilder, name: &str, delay: u8) -> GraphBuilder {
    builder.node(name, move |context: Context| async move {
        tokio::time::sleep(Duration::from_millis(u64::from(delay))).await;
        let seen = context.state().get(LOG).map_or(0, List::len);
        let item = context.input::<u32>().map(|item| format!(":{item}")).unwrap_or_default();
        Ok(LOG.set([format!("{}{item} after {seen}", context.node())].into()))
    })
}

fn build(plan: &Plan, delays: &[u8]) -> StateGraph {
    let mut builder = StateGraph::builder("any").keys([LOG.spec()]).max_steps(NonZeroU32::new(100).unwrap());
    let mut delay = delays.iter().copied().cycle();
    let mut next_delay = || delay.next().unwrap_or(0);
    builder = node(builder, "begin", next_delay());
    builder =
        node(builder, "last", next_delay()).policy(Policy::new().with_visits(NonZeroU32::new(50).unwrap()));
    builder = node(builder, "worker", next_delay());
    let items = plan.items;
    for (layer, nodes) in plan.layers.iter().enumerate() {
        for (position, _) in nodes.iter().enumerate() {
            builder = node(builder, &name(layer, position), next_delay());
        }
    }
    let all = (0..3).map(|position| name(0, position));
    builder = builder.entry("begin").route("begin", all.clone().chain(["worker".to_owned()]), move |_| {
        let nodes = (0..3).map(|position| Route::to(name(0, position)));
        nodes.chain((0..items).map(|item| Route::with_input("worker", json!(item)))).collect()
    });
    builder = builder.edge("worker", END);
    for (layer, nodes) in plan.layers.iter().enumerate() {
        let is_last = layer + 1 == plan.layers.len();
        for (position, following) in nodes.iter().enumerate() {
            if is_last {
                if !plan.joined {
                    builder = builder.edge(name(layer, position), "last");
                }
                continue;
            }
            let mut following = following.clone();
            following.sort_unstable();
            following.dedup();
            // So that every node is reached.
            let extra = following.iter().all(|next| *next != position).then_some(position);
            for next in following.into_iter().chain(extra) {
                builder = builder.edge(name(layer, position), name(layer + 1, next));
            }
        }
    }
    if plan.joined {
        let last = plan.layers.len() - 1;
        builder = builder.join((0..3).map(|position| name(last, position)), "last");
    }
    let rounds = plan.rounds as usize;
    let enough = Predicate::custom("enough rounds", move |state| {
        let log = state.get(LOG).into_iter().flat_map(List::iter);
        log.filter(|line| line.starts_with("last")).count() >= rounds
    });
    builder.branch("last", [(enough, END)], "begin").build().unwrap()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap()
        .block_on(future)
}

fn id() -> RunId {
    RunId::new("r").unwrap()
}

async fn ended(
    graph: &StateGraph,
    store: &Arc<MemoryStore>,
    limit: usize,
) -> Result<serde_json::Value, RunError> {
    let run = graph.run(Update::new()).with_store(Arc::clone(store) as Arc<dyn Store>, id());
    let outcome = run.with_concurrency(NonZeroUsize::new(limit).unwrap()).await?;
    Ok(json!({"state": outcome.state, "steps": outcome.steps}))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_run_ends_the_same_whichever_task_is_faster(plan in plans(), limit in 1_usize..20) {
        let slow: Vec<u8> = plan.delays.iter().map(|delay| 20 - delay).collect();
        let stores = [Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new())];
        let one = block_on(ended(&build(&plan, &plan.delays), &stores[0], 100)).unwrap();
        let two = block_on(ended(&build(&plan, &slow), &stores[1], limit)).unwrap();
        prop_assert_eq!(one, two);
    }

    /// Every prefix of a log is a run that goes on to the same end.
    #[test]
    fn a_run_ends_the_same_wherever_its_process_ended(plan in plans(), cut in any::<proptest::sample::Index>()) {
        let graph = build(&plan, &plan.delays);
        let (whole, part) = (Arc::new(MemoryStore::new()), Arc::new(MemoryStore::new()));
        let expected = block_on(ended(&graph, &whole, 100)).unwrap();
        let records = block_on(whole.load(&id())).unwrap();
        let kept = 1 + cut.index(records.len() - 1);
        for stored in records.into_iter().take(kept) {
            block_on(part.append(&id(), stored.record)).unwrap();
        }
        let outcome = block_on(async { graph.runs(part).resume(&id()).await }).unwrap();
        prop_assert_eq!(json!({"state": outcome.state, "steps": outcome.steps}), expected);
    }
}
