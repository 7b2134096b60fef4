//! What a streamed run tells.

use std::sync::Arc;

use futures::StreamExt;
use serde_json::json;
use tau_orchestrate::checkpoint::{MemoryStore, RunId};
use tau_orchestrate::graph::{Context, END, Modes, Part, Question, StateGraph, TaskResult};
use tau_orchestrate::state::{Key, List, Update};

use crate::support::{Oops, block_on};

const LOG: Key<List<String>> = Key::append("log");

fn graph() -> StateGraph {
    let node = async |context: Context| {
        context.emit(json!({"token": "hello"}))?;
        Ok(LOG.set([context.node().to_owned()].into()))
    };
    StateGraph::builder("test")
        .keys([LOG.spec()])
        .node("a", node)
        .node("b", node)
        .entry("a")
        .edge("a", "b")
        .edge("b", END)
        .build()
        .unwrap()
}

fn line(part: &Part) -> String {
    match part {
        Part::Values { step, state } => format!("values {step} {}", serde_json::to_string(state).unwrap()),
        Part::Update { node, task, values } => format!("update {node} {task} {values}"),
        Part::Message { node, task, message } => format!("message {node} {task} {message}"),
        Part::TaskStarted { node, task } => format!("started {node} {task}"),
        Part::TaskFinished { node, task, result } => format!("finished {node} {task} {result:?}"),
        Part::Checkpoint { seq, step, next } => format!("checkpoint {seq} {step} {}", next.join(",")),
        Part::Finished(result) => match result {
            Ok(outcome) => format!("end {}", outcome.status),
            Err(error) => format!("end {error}"),
        },
        other => format!("unknown {other:?}"),
    }
}

fn streamed(graph: &StateGraph, modes: Modes) -> Vec<String> {
    let run = graph.run(Update::new()).with_store(Arc::new(MemoryStore::new()), RunId::new("r").unwrap());
    block_on(async { run.stream(modes).map(|part| line(&part)).collect().await })
}

#[test]
fn each_mode_tells_its_parts() {
    let check = |modes: Modes, expected: &[&str]| {
        assert_eq!(streamed(&graph(), modes), expected, "{modes:?}");
    };
    check(Modes::NONE, &["end completed"]);
    check(
        Modes::VALUES,
        &["values 0 {}", r#"values 1 {"log":["a"]}"#, r#"values 2 {"log":["a","b"]}"#, "end completed"],
    );
    check(
        Modes::UPDATES,
        &[r#"update a 1.0 {"log":["a"]}"#, r#"update b 2.0 {"log":["b"]}"#, "end completed"],
    );
    let messages =
        [r#"message a 1.0 {"token":"hello"}"#, r#"message b 2.0 {"token":"hello"}"#, "end completed"];
    check(Modes::MESSAGES, &messages);
    check(
        Modes::TASKS,
        &["started a 1.0", "finished a 1.0 Done", "started b 2.0", "finished b 2.0 Done", "end completed"],
    );
    check(Modes::CHECKPOINTS, &["checkpoint 1 0 a", "checkpoint 2 1 b", "checkpoint 3 2 ", "end completed"]);
    check(
        Modes::DEBUG | Modes::MESSAGES,
        &[
            "checkpoint 1 0 a",
            "started a 1.0",
            messages[0],
            "finished a 1.0 Done",
            "checkpoint 2 1 b",
            "started b 2.0",
            messages[1],
            "finished b 2.0 Done",
            "checkpoint 3 2 ",
            "end completed",
        ],
    );
}

#[test]
fn questions_and_failures_are_told() {
    let graph = |ok: bool| {
        StateGraph::builder("test")
            .ask(
                "ask",
                move |_| async move { if ok { Ok(Question::new("?")) } else { Err(Oops("no").into()) } },
                async |_, _| Ok(Update::new()),
            )
            .entry("ask")
            .edge("ask", END)
            .build()
            .unwrap()
    };
    assert_eq!(
        streamed(&graph(true), Modes::TASKS),
        [
            "started ask 1.0".to_owned(),
            format!("finished ask 1.0 {:?}", TaskResult::Asked(vec!["1.0.0".into()])),
            "end waiting".to_owned(),
        ]
    );
    assert_eq!(
        streamed(&graph(false), Modes::TASKS),
        [
            "started ask 1.0",
            "finished ask 1.0 Failed(\"node `ask` failed: no\")",
            "end graph `test`, run `r`: node `ask` failed: no",
        ]
    );
}

#[test]
fn messages_of_a_subgraph_are_passed_on() {
    let outer = StateGraph::builder("outer")
        .subgraph("inner", &graph(), |_| Ok(Update::new()), |_| Ok(Update::new()))
        .entry("inner")
        .edge("inner", END)
        .build()
        .unwrap();
    assert_eq!(
        streamed(&outer, Modes::MESSAGES | Modes::TASKS),
        [
            "started inner 1.0",
            r#"message a 1.0 {"token":"hello"}"#,
            r#"message b 2.0 {"token":"hello"}"#,
            "finished inner 1.0 Done",
            "end completed",
        ]
    );
}

#[test]
fn a_stream_that_is_dropped_drops_the_run() {
    let parts: Vec<String> = block_on(async {
        graph().run(Update::new()).stream(Modes::TASKS).take(1).map(|part| line(&part)).collect().await
    });
    assert_eq!(parts, ["started a 1.0"]);
}
