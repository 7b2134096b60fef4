//! Graphs as data: read, checked, built, run.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_orchestrate::checkpoint::{MemoryStore, RunId};
use tau_orchestrate::graph::declared::{GraphSpec, Kinds, SpecErrorKind};
use tau_orchestrate::state::Update;

/// A kind that returns what it is given, or its input where it has one.
fn kinds() -> Kinds {
    Kinds::new().with("say", |node| {
        let said = node.with.clone();
        if said.is_null() {
            return Err("there is nothing to say; put it under `with`".into());
        }
        Ok(node.function(move |context| {
            let said = said.clone();
            async move { Ok(context.input::<Value>().map_or(said, |input| json!([input]))) }
        }))
    })
}

const REVIEW: &str = r"
name: review
keys: { items: replace, notes: append, ok: replace, sum: sum }
max_steps: 20
nodes:
  plan: { kind: say, with: planned, writes: notes }
  work: { kind: say, with: [], writes: notes, attempts: 3, timeout_seconds: 5 }
  inner:
    kind: graph
    graph:
      name: inner
      keys: { sum: sum }
      nodes: { add: { kind: say, with: 2, writes: sum } }
      edges: [{ from: start, to: add }, { from: add, to: end }]
  approve: { kind: human, with: { text: good? }, writes: ok, visits: 2 }
  done: { kind: say, with: [done], writes: notes }
edges:
  - { from: start, to: plan }
  - { from: plan, map: work, items: items, to: inner }
  - { from: inner, to: approve }
  - { from: approve, to: done, when: { and: [{ exists: ok }, { equals: [ok, true] }] } }
  - { from: approve, to: approve, otherwise: true }
  - { from: done, to: end }
";

#[tokio::test]
async fn a_declared_graph_runs() {
    let graph = GraphSpec::parse(REVIEW).unwrap().build(&kinds()).unwrap();
    let (store, id) = (Arc::new(MemoryStore::new()), RunId::new("r").unwrap());
    let input = Update::new().and_json("items", json!(["a", "b"])).and_json("sum", json!(1));
    graph.run(input).with_store(store.clone(), id.clone()).await.unwrap();
    let runs = graph.runs(store);
    let again = runs.answer(&id, [("4.0.0".to_owned(), json!(false))]).await.unwrap();
    assert_eq!(again.questions[0].payload, json!({"text": "good?"}));
    let outcome = runs.answer(&id, [("5.0.0".to_owned(), json!(true))]).await.unwrap();
    let expected = json!({"items": ["a", "b"], "notes": ["planned", "a", "b", "done"], "ok": true, "sum": 4});
    assert_eq!(serde_json::to_value(outcome.state).unwrap(), expected);
}

#[test]
fn json_is_read_too_and_what_is_written_is_read_again() {
    let spec = GraphSpec::parse(REVIEW).unwrap();
    let text = serde_json::to_string(&spec).unwrap();
    assert_eq!(GraphSpec::parse(&text).unwrap(), spec);
    let schema = jsonschema::validator_for(&GraphSpec::schema()).unwrap();
    assert!(schema.is_valid(&serde_json::to_value(&spec).unwrap()));
    assert!(!schema.is_valid(&json!({"name": "x", "nodes": {}, "edges": [], "more": 1})));
}

#[test]
fn mistakes_say_what_to_do() {
    let check = |change: (&str, &str), kind: SpecErrorKind, expected: &str| {
        assert!(REVIEW.contains(change.0), "{change:?}");
        let built =
            GraphSpec::parse(&REVIEW.replace(change.0, change.1)).and_then(|spec| spec.build(&kinds()));
        let error = built.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    };
    check(("max_steps", "max_step"), SpecErrorKind::Syntax, "max_step");
    check(
        ("kind: human", "kind: humann"),
        SpecErrorKind::UnknownKind,
        "node `approve` is of kind `humann`, which nobody provides; known are: human, graph, say",
    );
    check((", with: 2", ""), SpecErrorKind::InvalidNode, "node `add` of kind `say`: there is nothing to say");
    check(("kind: graph", "kind: say"), SpecErrorKind::InvalidNode, "node `inner` has a `graph`");
    check(("writes: ok", "writes: okay"), SpecErrorKind::UnknownKey, "node `approve` writes key `okay`");
    check(("exists: ok", "exists: k"), SpecErrorKind::UnknownKey, "a condition looks at key `k`");
    check(
        ("items: items,", ""),
        SpecErrorKind::InvalidEdge,
        "the edge to `inner` needs `map` and `items`, or neither",
    );
    check(
        ("otherwise: true", "otherwise: true, when: { exists: ok }"),
        SpecErrorKind::InvalidEdge,
        "more than one of",
    );
    check(
        ("to: inner }", "to: iner }"),
        SpecErrorKind::InvalidGraph,
        "there is no node `iner`; did you mean `inner`?",
    );
    check(("from: done, to: end", "from: done, to: plan"), SpecErrorKind::InvalidGraph, "no way leads from");
}
