//! What is wrong with a graph is said before it runs, with the names of the nodes.

use std::num::NonZeroU32;

use tau_orchestrate::graph::{END, GraphBuilder, Policy, Predicate, ProblemKind, Route, START, StateGraph};
use tau_orchestrate::state::{Key, Update};

const FLAG: Key<bool> = Key::new("flag");

/// A graph with nodes of these names that do nothing.
fn nodes(names: &[&str]) -> GraphBuilder {
    let builder = StateGraph::builder("test").keys([FLAG.spec()]);
    names.iter().fold(builder, |builder, name| builder.node(*name, async |_| Ok(Update::new())))
}

fn check(builder: GraphBuilder, expected: &[(ProblemKind, &[&str])]) {
    let error = builder.build().unwrap_err();
    let found: Vec<(ProblemKind, Vec<&str>)> = error
        .problems()
        .iter()
        .map(|problem| (problem.kind, problem.names.iter().map(String::as_str).collect()))
        .collect();
    let expected: Vec<(ProblemKind, Vec<&str>)> =
        expected.iter().map(|(kind, names)| (*kind, names.to_vec())).collect();
    assert_eq!(found, expected, "{error}");
}

fn flag() -> Predicate {
    Predicate::exists(FLAG)
}

#[test]
fn a_graph_needs_nodes_and_an_entry() {
    check(nodes(&[]), &[(ProblemKind::Empty, &[])]);
    check(nodes(&["a"]).edge("a", END), &[(ProblemKind::NoEntry, &[])]);
}

#[test]
fn names_are_known_and_used_once() {
    check(nodes(&["a", "a"]).entry("a").edge("a", END), &[(ProblemKind::DuplicateNode, &["a"])]);
    check(nodes(&["end"]).entry("end"), &[(ProblemKind::DuplicateNode, &["end"])]);
    check(nodes(&["a/b"]).entry("a/b").edge("a/b", END), &[(ProblemKind::DuplicateNode, &["a/b"])]);
    let misspelt = nodes(&["review", "write"]).entry("write").edge("write", "reviw").edge("review", END);
    check(misspelt, &[(ProblemKind::UnknownNode, &["reviw", "review"])]);
    check(nodes(&["a"]).entry("a").edge("a", END).edge("zzz", "a"), &[(ProblemKind::UnknownNode, &["zzz"])]);
    check(
        nodes(&["a"]).entry("a").edge("a", END).join(["a", "q"], "a"),
        &[(ProblemKind::UnknownNode, &["q"])],
    );
}

#[test]
fn every_node_is_reached() {
    let island = nodes(&["a", "b", "c"]).entry("a").edge("a", END).edge("b", "c").edge("c", END);
    check(island, &[(ProblemKind::Unreachable, &["b"]), (ProblemKind::Unreachable, &["c"])]);
}

#[test]
fn every_node_leads_somewhere() {
    check(
        nodes(&["a", "b"]).entry("a").edge("a", "b"),
        &[(ProblemKind::NoExit, &["a"]), (ProblemKind::DeadEnd, &["b"])],
    );
    check(nodes(&["a"]).entry("a").edge_when("a", END, flag()), &[(ProblemKind::DeadEnd, &["a"])]);
    nodes(&["a"]).entry("a").edge_when("a", END, flag()).edge_otherwise("a", END).build().unwrap_err();
    nodes(&["a", "b"])
        .entry("a")
        .edge_when("a", "b", flag())
        .edge_otherwise("a", END)
        .edge("b", END)
        .build()
        .unwrap();
}

#[test]
fn every_node_has_a_way_to_the_end() {
    let round =
        nodes(&["a", "b", "c"]).entry("a").branch("a", [(flag(), "b")], END).edge("b", "c").edge("c", "b");
    check(round.max_steps(NonZeroU32::MIN), &[(ProblemKind::NoExit, &["b"]), (ProblemKind::NoExit, &["c"])]);
}

#[test]
fn a_cycle_has_a_limit() {
    let cycle = || nodes(&["a", "b"]).entry("a").edge("a", "b").branch("b", [(flag(), END)], "a");
    check(cycle(), &[(ProblemKind::UnlimitedCycle, &["a", "b"])]);
    let error = cycle().build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "graph `test`: the cycle `a` -> `b` -> `a` has no limit; give one of its nodes a policy with `visits`, or the \
         graph `max_steps`"
    );
    cycle().policy(Policy::new().with_visits(NonZeroU32::MIN)).build().unwrap();
    cycle().max_steps(NonZeroU32::MIN).build().unwrap();
    let itself = nodes(&["a"]).entry("a").branch("a", [(flag(), END)], "a");
    check(itself, &[(ProblemKind::UnlimitedCycle, &["a"])]);
}

#[test]
fn it_is_clear_which_edges_are_taken() {
    let check = |builder: GraphBuilder, why: &str| {
        check(builder, &[(ProblemKind::AmbiguousEdges, &["a", why])]);
    };
    let a = || nodes(&["a"]).entry("a");
    check(a().edge("a", END).edge_when("a", END, flag()), "two edges to `end`");
    check(a().edge("a", END).branch("a", [(flag(), END)], END), "edges of several kinds");
    check(a().edge("a", END).route("a", [END], |_| vec![Route::to(END)]), "edges of several kinds");
    let b = || nodes(&["a", "b"]).entry("a").edge("b", END);
    check(b().edge("a", "b").edge_otherwise("a", END), "an `otherwise` beside an edge that is always taken");
    check(
        b().branch("a", [(Predicate::always(), "b")], END),
        "the case for `b` always holds; make it the `otherwise`",
    );
}

#[test]
fn all_mistakes_are_named_at_once() {
    const FLAG_TOO: Key<u32> = Key::new("flag");
    let builder = nodes(&["a", "a"]).keys([FLAG_TOO.spec()]).entry("b").edge("a", "c");
    check(
        builder,
        &[
            (ProblemKind::DuplicateKey, &["flag"]),
            (ProblemKind::DuplicateNode, &["a"]),
            (ProblemKind::UnknownNode, &["b"]),
            (ProblemKind::UnknownNode, &["c"]),
        ],
    );
}

#[test]
fn a_start_that_may_lead_nowhere_is_a_dead_end() {
    check(nodes(&["a"]).edge_when(START, "a", flag()).edge("a", END), &[(ProblemKind::DeadEnd, &["start"])]);
}

#[test]
fn a_graph_is_drawn() {
    let graph = nodes(&["plan", "work", "check"])
        .entry("plan")
        .map("plan", "work", |_| Vec::new(), "check")
        .branch("check", [(flag() & !Predicate::equals(FLAG, false), END)], "plan")
        .max_steps(NonZeroU32::MIN)
        .build()
        .unwrap();
    assert_eq!(
        graph.to_mermaid(),
        "flowchart TD\n    start([start])\n    end_([end])\n    n0[\"plan\"]\n    n1[\"work\"]\n    n2[\"check\"]\n    \
         start --> n0\n    n0 -. \"chosen\" .-> n1\n    n0 -. \"chosen\" .-> n2\n    n1 --> n2\n    \
         n2 -. \"1. (flag exists and not (flag = false))\" .-> end_\n    n2 -. \"otherwise\" .-> n0\n"
    );
}
