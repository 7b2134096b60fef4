//! The graphs of `tests/langgraph/graphs.json`, which LangGraph ran too: visited nodes, final state, questions and end are the same.
//!
//! What LangGraph did is in `expected.json`; `cargo xtask conformance langgraph` asks it again.

mod spec;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::StreamExt;
use serde_json::{Map, Value, json};
use tau_orchestrate::checkpoint::{MemoryStore, RunId, RunStatus, Store};
use tau_orchestrate::graph::{Modes, Outcome, Part, Run, RunError, RunErrorKind, TaskResult};
use tau_orchestrate::state::Update;

use crate::support::block_on;

fn read(file: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/langgraph").join(file);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn graphs_do_here_what_they_do_in_langgraph() {
    let (graphs, expected) = (read("graphs.json"), read("expected.json"));
    let graphs = graphs.as_object().unwrap();
    assert!(graphs.len() >= 30);
    let ran: BTreeMap<&str, Value> =
        graphs.iter().map(|(name, spec)| (name.as_str(), block_on(run(spec)))).collect();
    let there = expected["graphs"].as_object().unwrap();
    let differing: Vec<String> = ran
        .iter()
        .filter(|(name, here)| there.get(**name) != Some(here))
        .map(|(name, here)| {
            let there = there.get(*name).cloned().unwrap_or_default();
            format!("{name}\n  here:      {here}\n  LangGraph: {there}")
        })
        .collect();
    assert!(differing.is_empty(), "{} of {} differ:\n{}", differing.len(), ran.len(), differing.join("\n"));
    assert_eq!(ran.len(), there.len(), "expected.json has other graphs");
}

/// Runs a graph through all its questions and pauses.
async fn run(spec: &Value) -> Value {
    let graph = spec::build("graph", spec, spec);
    let (store, id): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::new()), RunId::new("r").unwrap());
    let input = spec["input"].as_object().cloned().unwrap_or_default();
    let input = input.into_iter().fold(Update::new(), |update, (name, value)| update.and_json(name, value));
    let pauses: Vec<String> = serde_json::from_value(spec["pause_before"].clone()).unwrap_or_default();
    let runs = graph.runs(Arc::clone(&store));
    let mut answers = spec["answers"].as_array().cloned().unwrap_or_default().into_iter();
    let (mut visited, mut rounds) = (Vec::new(), Vec::new());
    let mut next = graph.run(input).with_store(store, id.clone()).with_pause_before(pauses.clone());
    let (end, state) = loop {
        match drive(next, &mut visited).await {
            Err(error) => {
                let history = runs.history(&id).await.unwrap();
                break (end(&error), history.last().unwrap().state.clone());
            }
            Ok(outcome) if outcome.status == RunStatus::Waiting => {
                let mut asked: Vec<Value> =
                    outcome.questions.iter().map(|question| question.payload.clone()).collect();
                asked.sort_by_key(ToString::to_string);
                rounds.push(json!(asked));
                next = runs.answer(&id, answers_to(&outcome, &answers.next().unwrap()));
            }
            Ok(outcome) if outcome.status == RunStatus::Paused => {
                let mut nodes: Vec<&str> = outcome.next.iter().map(|node| &**node).collect();
                nodes.sort_unstable();
                rounds.push(json!({"paused": nodes}));
                next = runs.resume(&id).with_pause_before(pauses.clone());
            }
            Ok(outcome) => break ("completed", outcome.state),
        }
    };
    visited.sort();
    let visited: Vec<Value> = visited.into_iter().map(|(step, node)| json!([step, node])).collect();
    json!({"visited": visited, "state": stated(&serde_json::to_value(state).unwrap(), spec), "rounds": rounds, "outcome": end})
}

/// The values without empty ones of reducers, with which LangGraph begins.
fn stated(state: &Value, spec: &Value) -> Map<String, Value> {
    let is_empty = |value: &Value| [json!([]), json!({}), json!(0)].contains(value);
    let is_reduced = |name: &str| spec["keys"][name] != "replace";
    let values = state.as_object().cloned().unwrap_or_default().into_iter();
    values.filter(|(name, value)| !(is_reduced(name) && is_empty(value))).collect()
}

fn answers_to(outcome: &Outcome, round: &Value) -> Vec<(String, Value)> {
    let mut given = Vec::new();
    for answer in round.as_array().unwrap() {
        let question = outcome.questions.iter().find(|question| question.payload == answer[0]).unwrap();
        given.push((question.id.to_string(), answer[1].clone()));
    }
    given
}

async fn drive(run: Run, visited: &mut Vec<(u64, String)>) -> Result<Outcome, RunError> {
    let mut parts = run.stream(Modes::TASKS);
    while let Some(part) = parts.next().await {
        match part {
            Part::TaskFinished { node, task, result: TaskResult::Done } => {
                visited.push((task.step, node.to_string()));
            }
            Part::Finished(result) => return result,
            _ => {}
        }
    }
    unreachable!("a stream ends with the end of its run")
}

fn end(error: &RunError) -> &'static str {
    match error.kind() {
        RunErrorKind::LimitReached => "limit",
        RunErrorKind::ConflictingWrites => "conflict",
        RunErrorKind::NodeFailed => "failed",
        kind => unreachable!("{kind:?}: {error}"),
    }
}
