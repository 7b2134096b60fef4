//! Questions: asked once, answered once, several at a time, in graphs inside graphs.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tau_orchestrate::checkpoint::{MemoryStore, RunId, RunStatus, Runs, Store};
use tau_orchestrate::graph::{
    Context, END, GraphBuilder, Outcome, Question, Reply, RunError, RunErrorKind, StateGraph,
};
use tau_orchestrate::state::{Key, List, Update};

use crate::support::{Recorder, block_on};

const LOG: Key<List<String>> = Key::append("log");

/// What was called, in order.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    fn add(&self, call: String) {
        self.0.lock().unwrap().push(call);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A node that asks for a name and writes it.
fn asking(builder: GraphBuilder, name: &str, calls: &Calls) -> GraphBuilder {
    let (asked, answered) = (calls.clone(), calls.clone());
    builder.ask(
        name,
        move |context: Context| {
            asked.add(format!("{} asks", context.node()));
            async move { Ok(Question::new(json!({"who": context.node()}))) }
        },
        move |context: Context, answer| {
            answered.add(format!("{} hears {}", context.node(), answer.value));
            async move { Ok(LOG.set([format!("{} {}", answer.question["who"], answer.value)].into())) }
        },
    )
}

fn log(outcome: &Outcome) -> Vec<&str> {
    outcome.state.get(LOG).into_iter().flat_map(List::iter).map(String::as_str).collect()
}

fn ids(outcome: &Outcome) -> Vec<&str> {
    outcome.questions.iter().map(|question| &*question.id).collect()
}

fn id() -> RunId {
    RunId::new("r").unwrap()
}

/// Two that ask beside one that does not.
fn parallel(calls: &Calls) -> StateGraph {
    let plain = calls.clone();
    let builder = StateGraph::builder("parallel").keys([LOG.spec()]).node("plain", move |_| {
        plain.add("plain runs".to_owned());
        async { Ok(LOG.set(["plain".to_owned()].into())) }
    });
    asking(asking(builder, "left", calls), "right", calls)
        .entry("plain")
        .entry("left")
        .entry("right")
        .edge("plain", END)
        .edge("left", END)
        .edge("right", END)
        .build()
        .unwrap()
}

async fn answer(runs: &Runs, given: &[(&str, Value)]) -> Result<Outcome, RunError> {
    let given: Vec<_> = given.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect();
    runs.answer(&id(), given).await
}

#[tokio::test]
async fn questions_beside_each_other_are_answered_in_any_order() {
    let (calls, store): (_, Arc<dyn Store>) = (Calls::default(), Arc::new(MemoryStore::new()));
    let recorder = Recorder::default();
    let run = parallel(&calls).run(Update::new()).with_store(Arc::clone(&store), id());
    let outcome = run.with_observer(recorder.clone()).await.unwrap();
    assert_eq!((outcome.status, ids(&outcome)), (RunStatus::Waiting, vec!["1.1.0", "1.2.0"]));
    assert_eq!(outcome.questions[1].payload, json!({"who": "right"}));
    assert_eq!(outcome.next.iter().map(|node| &**node).collect::<Vec<_>>(), ["left", "right"]);
    assert_eq!(log(&outcome), [""; 0], "the superstep is not finished");
    let mut made = calls.take();
    made.sort();
    assert_eq!(made, ["left asks", "plain runs", "right asks"]);
    let lines = recorder.lines();
    assert_eq!(lines.last().unwrap(), "graph `parallel`: workflow.waiting");

    // Each time as after a restart: another graph over the same store.
    let runs = parallel(&calls).runs(Arc::clone(&store));
    let outcome = answer(&runs, &[("1.2.0", json!("Ada"))]).await.unwrap();
    assert_eq!((outcome.status, ids(&outcome)), (RunStatus::Waiting, vec!["1.1.0"]));
    assert_eq!(calls.take(), ["right hears \"Ada\""]);
    let outcome = runs.resume(&id()).await.unwrap();
    assert_eq!((outcome.status, calls.take()), (RunStatus::Waiting, vec![]));

    let again = answer(&runs, &[("1.2.0", json!("Eve"))]).await.unwrap_err();
    assert_eq!(again.kind(), RunErrorKind::UnknownQuestion);
    assert_eq!(
        again.to_string(),
        "graph `parallel`, run `r`: no open question has the id `1.2.0`; open are: 1.1.0"
    );
    let outcome = answer(&runs, &[("1.1.0", json!("Bob"))]).await.unwrap();
    assert!(outcome.is_completed());
    // In the order of the nodes, not of the answers.
    assert_eq!(log(&outcome), ["plain", "\"left\" \"Bob\"", "\"right\" \"Ada\""]);
    assert_eq!(calls.take(), ["left hears \"Bob\""]);
    assert_eq!(runs.resume(&id()).await.unwrap_err().kind(), RunErrorKind::AlreadyCompleted);
}

#[tokio::test]
async fn a_node_asks_again_until_it_is_satisfied() {
    let graph = StateGraph::builder("age")
        .keys([LOG.spec()])
        .ask(
            "age",
            async |_| Ok(Question::new("how old?")),
            async |_, answer| match answer.value.as_u64() {
                Some(age) => Ok(Reply::from(LOG.set([age.to_string()].into()))),
                None => Ok(Reply::from(Question::new(json!("a number, please")))),
            },
        )
        .entry("age")
        .edge("age", END)
        .build()
        .unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let first = graph.run(Update::new()).with_store(Arc::clone(&store), id()).await.unwrap();
    let runs = graph.runs(store);
    let second = answer(&runs, &[("1.0.0", json!("old"))]).await.unwrap();
    assert_eq!((ids(&first), ids(&second)), (vec!["1.0.0"], vec!["1.0.1"]));
    assert_eq!(second.questions[0].payload, json!("a number, please"));
    let last = answer(&runs, &[("1.0.1", json!(40))]).await.unwrap();
    assert_eq!((last.is_completed(), log(&last)), (true, vec!["40"]));
}

#[tokio::test]
async fn what_a_subgraph_asks_is_asked_by_the_run_around_it() {
    let (calls, store): (_, Arc<dyn Store>) = (Calls::default(), Arc::new(MemoryStore::new()));
    let graph = |calls: &Calls| {
        StateGraph::builder("outer")
            .keys([LOG.spec()])
            .subgraph(
                "inner",
                &parallel(calls),
                |_| Ok(Update::new()),
                |state| Ok(LOG.set(state.require(LOG)?.clone())),
            )
            .entry("inner")
            .edge("inner", END)
            .build()
            .unwrap()
    };
    let outcome = graph(&calls).run(Update::new()).with_store(Arc::clone(&store), id()).await.unwrap();
    assert_eq!(ids(&outcome), ["1.0/1.1.0", "1.0/1.2.0"]);
    assert_eq!(&*outcome.questions[0].node, "inner");
    let runs = graph(&calls).runs(Arc::clone(&store));
    let outcome = answer(&runs, &[("1.0/1.1.0", json!("Bob"))]).await.unwrap();
    assert_eq!(ids(&outcome), ["1.0/1.2.0"]);
    let outcome = answer(&runs, &[("1.0/1.2.0", json!("Ada"))]).await.unwrap();
    assert_eq!(log(&outcome), ["plain", "\"left\" \"Bob\"", "\"right\" \"Ada\""]);
    let mut made = calls.take();
    made.sort();
    assert_eq!(made, ["left asks", "left hears \"Bob\"", "plain runs", "right asks", "right hears \"Ada\""]);
    // The run inside is no run of its own for whoever lists.
    assert_eq!(store.list().await.unwrap().len(), 1);
    runs.delete(&id()).await.unwrap();
    assert_eq!(store.load(&id()).await.unwrap(), []);
}

#[test]
fn without_a_store_nothing_can_be_asked() {
    let graph = parallel(&Calls::default());
    let error = block_on(async { graph.run(Update::new()).await }).unwrap_err();
    assert_eq!(error.kind(), RunErrorKind::NoStore);
    assert_eq!(
        error.to_string(),
        "graph `parallel`: node `left` asks, and nothing keeps the question; give the run a store"
    );
}
