//! What the edges of a graph amount to: what is reached, what ends, what goes round.

use std::collections::BTreeSet;

use crate::graph::compiled::Compiled;
use crate::graph::edge::{Outgoing, Target};
use crate::graph::error::{Problem, ProblemKind};

pub(super) fn problems(graph: &Compiled) -> Vec<Problem> {
    let entries: Vec<usize> = graph.start.targets().filter_map(node_of).collect();
    if entries.is_empty() {
        return vec![Problem::new(ProblemKind::NoEntry, [""; 0])];
    }
    let following: Vec<BTreeSet<Target>> =
        (0..graph.nodes.len()).map(|node| following(graph, node)).collect();
    let reached = reach(entries, |node| following[node].iter().copied().filter_map(node_of).collect());
    let mut problems = Vec::new();
    let name = |node: usize| graph.nodes[node].name.to_string();
    if graph.start.may_lead_nowhere() {
        problems.push(Problem::new(ProblemKind::DeadEnd, [super::START]));
    }
    for node in 0..graph.nodes.len() {
        if !reached.contains(&node) {
            problems.push(Problem::new(ProblemKind::Unreachable, [name(node)]));
            continue;
        }
        let joins = graph.joins.iter().any(|join| join.sources.contains(&node));
        if following[node].is_empty() || (!joins && graph.nodes[node].outgoing.may_lead_nowhere()) {
            problems.push(Problem::new(ProblemKind::DeadEnd, [name(node)]));
        } else if !can_end(node, &following) {
            problems.push(Problem::new(ProblemKind::NoExit, [name(node)]));
        }
    }
    if graph.max_steps.is_none() {
        let limited = |node: usize| graph.nodes[node].policy.visits.is_some();
        if let Some(cycle) = unlimited_cycle(&reached, &following, limited) {
            problems.push(Problem::new(ProblemKind::UnlimitedCycle, cycle.into_iter().map(name)));
        }
    }
    problems
}

impl Outgoing {
    /// Everything that it may lead to.
    pub(in crate::graph) fn targets(&self) -> impl Iterator<Item = Target> {
        let targets: Vec<Target> = match self {
            Self::All { edges, otherwise } => {
                edges.iter().map(|(_, target)| *target).chain(otherwise.iter().copied()).collect()
            }
            Self::First { cases, otherwise } => {
                cases.iter().map(|(_, target)| *target).chain([*otherwise]).collect()
            }
            Self::Routed { targets, .. } => targets.clone(),
        };
        targets.into_iter()
    }

    /// Whether no edge may be taken. A function that chooses says so on purpose.
    fn may_lead_nowhere(&self) -> bool {
        match self {
            Self::All { edges, otherwise } => {
                otherwise.is_empty() && !edges.iter().any(|(predicate, _)| predicate.is_always())
            }
            Self::First { .. } => false,
            Self::Routed { targets, .. } => targets.is_empty(),
        }
    }
}

fn node_of(target: Target) -> Option<usize> {
    match target {
        Target::Node(node) => Some(node),
        Target::End => None,
    }
}

fn following(graph: &Compiled, node: usize) -> BTreeSet<Target> {
    let joins = graph.joins.iter().filter(|join| join.sources.contains(&node)).map(|join| join.target);
    graph.nodes[node].outgoing.targets().chain(joins).collect()
}

fn reach(from: Vec<usize>, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let (mut reached, mut waiting) = (BTreeSet::new(), from);
    while let Some(node) = waiting.pop() {
        if reached.insert(node) {
            waiting.extend(next(node));
        }
    }
    reached
}

fn can_end(node: usize, following: &[BTreeSet<Target>]) -> bool {
    let ways = reach(vec![node], |node| following[node].iter().copied().filter_map(node_of).collect());
    ways.into_iter().any(|node| following[node].contains(&Target::End))
}

/// A cycle of nodes none of which is limited, in its order.
fn unlimited_cycle(
    reached: &BTreeSet<usize>,
    following: &[BTreeSet<Target>],
    limited: impl Fn(usize) -> bool,
) -> Option<Vec<usize>> {
    let next = |node: usize| -> Vec<usize> {
        following[node].iter().copied().filter_map(node_of).filter(|next| !limited(*next)).collect()
    };
    let mut done = BTreeSet::new();
    for begin in reached.iter().copied().filter(|node| !limited(*node)) {
        // A walk in depth without calls: a graph may be long.
        let mut path = vec![(begin, next(begin))];
        while let Some((node, waiting)) = path.last_mut() {
            let node = *node;
            let Some(step) = waiting.pop() else {
                done.insert(node);
                path.pop();
                continue;
            };
            if let Some(at) = path.iter().position(|(on_path, _)| *on_path == step) {
                return Some(path[at..].iter().map(|(node, _)| *node).collect());
            }
            if !done.contains(&step) {
                path.push((step, next(step)));
            }
        }
    }
    None
}
