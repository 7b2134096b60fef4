//! The graph that is killed: a cycle, a map, questions beside each other, a graph inside with a question of its own, a join.

use std::fs::OpenOptions;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tau_orchestrate::graph::{Context, END, GraphBuilder, Policy, Predicate, Question, StateGraph};
use tau_orchestrate::state::{Key, List, Update};

const LOG: Key<List<String>> = Key::append("log");
const ROUND: Key<u32> = Key::new("round");

/// Says what a task does, in one write, so that lines of tasks beside each other stay whole.
fn effect(file: &Path, what: &str, context: &Context) {
    let line = format!("{what} {}\n", context.idempotency_key().unwrap());
    let mut file = OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

fn node(builder: GraphBuilder, name: &str, file: &Path) -> GraphBuilder {
    let file = file.to_owned();
    builder.node(name, move |context: Context| {
        effect(&file, "run", &context);
        async move {
            tokio::time::sleep(Duration::from_micros(300)).await;
            let item = context.input::<u32>().map(|item| format!(" {item}")).unwrap_or_default();
            Ok(LOG.set([format!("{}{item}", context.node())].into()))
        }
    })
}

fn ask(builder: GraphBuilder, name: &str, file: &Path) -> GraphBuilder {
    let (asks, hears): (PathBuf, PathBuf) = (file.to_owned(), file.to_owned());
    builder.ask(
        name,
        move |context: Context| {
            effect(&asks, "ask", &context);
            async move { Ok(Question::new(context.node())) }
        },
        move |context: Context, answer| {
            effect(&hears, "run", &context);
            async move { Ok(LOG.set([answer.value.as_str().unwrap_or_default().to_owned()].into())) }
        },
    )
}

pub(super) fn build(folder: &Path) -> StateGraph {
    let file = folder.join("effects");
    let inner = StateGraph::builder("inner").keys([LOG.spec()]);
    let inner = node(ask(node(inner, "first", &file), "inside", &file), "second", &file);
    let inner = inner.entry("first").edge("first", "inside").edge("inside", "second").edge("second", END);
    let inner = inner.build().unwrap();

    let counted = file.clone();
    let builder = StateGraph::builder("killed").keys([LOG.spec(), ROUND.spec()]);
    let builder = builder.node("count", move |context: Context| {
        effect(&counted, "run", &context);
        async move { Ok(ROUND.set(context.state().get(ROUND).unwrap_or(&0) + 1)) }
    });
    let builder = builder.policy(Policy::new().with_visits(NonZeroU32::new(3).unwrap()));
    let builder = node(node(builder, "work", &file), "collect", &file);
    let builder = node(ask(ask(builder, "left", &file), "right", &file), "beside", &file);
    let builder = node(builder, "together", &file);
    builder
        .subgraph("inner", &inner, |_| Ok(Update::new()), |state| Ok(LOG.set(state.require(LOG)?.clone())))
        .entry("count")
        .branch("count", [(!Predicate::equals(ROUND, 3), "count")], "collect")
        .map("collect", "work", |_| (0..5).map(|item| json!(item)), "beside")
        .edge("beside", "left")
        .edge("beside", "right")
        .edge("beside", "inner")
        .join(["left", "right", "inner"], "together")
        .edge("together", END)
        .build()
        .unwrap()
}

pub(super) fn expected() -> Value {
    json!({
        "round": 3,
        "log": [
            "collect", "work 0", "work 1", "work 2", "work 3", "work 4", "beside",
            "answer to \"left\"", "answer to \"right\"", "first", "answer to \"inside\"", "second", "together",
        ],
    })
}
