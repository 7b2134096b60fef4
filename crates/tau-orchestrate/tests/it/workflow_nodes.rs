//! Every shape of a workflow is a node of a graph.

use std::num::NonZeroUsize;

use tau_orchestrate::graph::{Context, END, RunErrorKind, StateGraph};
use tau_orchestrate::state::{Key, List, Update};
use tau_orchestrate::workflow::{Chain, Conditional, Delegate, Parallel, Refine, Verdict};

use crate::support::{Oops, block_on};

const TEXTS: Key<List<String>> = Key::append("texts");
const LENGTHS: Key<Vec<usize>> = Key::new("lengths");
const SUM: Key<usize> = Key::new("sum");
const SIZE: Key<String> = Key::new("size");
const DRAFT: Key<String> = Key::new("draft");
const WORDS: Key<usize> = Key::new("words");

fn graph() -> StateGraph {
    StateGraph::builder("all")
        .keys([TEXTS.spec(), LENGTHS.spec(), SUM.spec(), SIZE.spec(), DRAFT.spec(), WORDS.spec()])
        .node("parallel", async |context: Context| {
            let texts: Vec<String> = context.state().require(TEXTS)?.iter().cloned().collect();
            let measure =
                async |text: String| if text.is_empty() { Err(Oops("empty")) } else { Ok(text.len()) };
            Ok(LENGTHS.set(Parallel::new("measure").fail_fast(texts, measure).await?))
        })
        .node("chain", async |context: Context| {
            let lengths = context.state().require(LENGTHS)?.clone();
            let sum =
                Chain::new("sum").run(0, lengths, async |sum, length| Ok::<_, Oops>(sum + length)).await?;
            Ok(SUM.set(sum.state))
        })
        .node("conditional", async |context: Context| {
            let size = Conditional::builder("size")
                .route_when("big", |sum| *sum > 5, async |_| Ok::<_, Oops>("big".to_owned()))
                .default_route(async |_| Ok("small".to_owned()))
                .build()?;
            Ok(SIZE.set(size.run(*context.state().require(SUM)?).await?))
        })
        .node("refine", async |_| {
            let refine = Refine::new("draft", NonZeroUsize::new(9).unwrap());
            let longer = async |draft: String, _: Option<()>| Ok::<_, Oops>(draft + "x");
            let judge = async |draft: String| {
                Ok(if draft.len() > 2 { Verdict::Accepted } else { Verdict::Rejected(()) })
            };
            Ok(DRAFT.set(refine.run(String::new(), longer, judge).await?.draft))
        })
        .node("delegate", async |context: Context| {
            let draft = context.state().require(DRAFT)?.clone();
            let split = async |draft: String| Ok::<_, Oops>(draft.chars().collect());
            let work = async |_: char| Ok(1);
            let gather = async |ones: Vec<usize>| Ok(ones.len());
            Ok(WORDS.set(Delegate::new(Parallel::new("count")).run(draft, split, work, gather).await?))
        })
        .entry("parallel")
        .entry("refine")
        .edge("parallel", "chain")
        .edge("chain", "conditional")
        .edge("conditional", END)
        .edge("refine", "delegate")
        .edge("delegate", END)
        .build()
        .unwrap()
}

fn run(texts: &[&str]) -> Result<serde_json::Value, tau_orchestrate::graph::RunError> {
    let texts: List<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    let update: Update = TEXTS.set(texts);
    block_on(async { graph().run(update).await }).map(|outcome| serde_json::to_value(outcome.state).unwrap())
}

#[test]
fn shapes_of_workflows_are_nodes() {
    let expected = serde_json::json!({
        "texts": ["one", "three"], "lengths": [3, 5], "sum": 8, "size": "big", "draft": "xxx", "words": 3,
    });
    assert_eq!(run(&["one", "three"]).unwrap(), expected);
    let error = run(&["one", ""]).unwrap_err();
    assert_eq!((error.kind(), error.node()), (RunErrorKind::NodeFailed, Some("parallel")));
}
