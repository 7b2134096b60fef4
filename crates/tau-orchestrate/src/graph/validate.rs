//! Checks a graph before anything runs.

mod shape;

use std::collections::BTreeMap;

use super::builder::GraphBuilder;
use super::cache::Memory;
use super::compiled::{Compiled, Entry, StateGraph};
use super::edge::{END, Join, Outgoing, START, Target, When};
use super::error::{GraphBuildError, Problem, ProblemKind};
use crate::state::Schema;

/// Turns names into positions, finding every mistake on the way. What the edges amount to is only looked at where all names
/// are known.
pub(super) fn check(builder: GraphBuilder) -> Result<StateGraph, GraphBuildError> {
    let name = builder.name.clone();
    let mut problems = Vec::new();
    let schema = Schema::new(builder.keys.iter().cloned());
    if let Err(error) = &schema {
        problems.push(Problem::new(ProblemKind::DuplicateKey, [error.key()]));
    }
    let mut resolver = Resolver::of(&builder, &mut problems);
    let start = resolver.outgoing(&builder, START);
    let outgoing: Vec<Outgoing> =
        builder.nodes.iter().map(|node| resolver.outgoing(&builder, &node.name)).collect();
    let joins: Vec<Join> = resolver.joins(&builder);
    resolver.sources(&builder);
    let (Ok(schema), true) = (schema, problems.is_empty()) else {
        return Err(GraphBuildError::new(&name, problems));
    };
    let nodes = builder.nodes.into_iter().zip(outgoing);
    let nodes = nodes
        .map(|(raw, outgoing)| Entry { name: raw.name.into(), node: raw.node, policy: raw.policy, outgoing })
        .collect();
    let (version, max_steps) = (builder.version, builder.max_steps);
    let compiled =
        Compiled { name, version, schema, nodes, start, joins, max_steps, cache: Memory::default() };
    let problems = shape::problems(&compiled);
    if problems.is_empty() {
        Ok(StateGraph { inner: std::sync::Arc::new(compiled) })
    } else {
        Err(GraphBuildError::new(&compiled.name, problems))
    }
}

struct Resolver<'a> {
    positions: BTreeMap<String, usize>,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Resolver<'a> {
    fn of(builder: &GraphBuilder, problems: &'a mut Vec<Problem>) -> Self {
        let mut positions = BTreeMap::new();
        if builder.nodes.is_empty() {
            problems.push(Problem::new(ProblemKind::Empty, [""; 0]));
        }
        for (position, node) in builder.nodes.iter().enumerate() {
            let name = &node.name;
            let reserved = name.is_empty() || name == START || name == END || name.contains('/');
            let taken = positions.insert(name.clone(), position).is_some();
            if reserved || taken {
                problems.push(Problem::new(ProblemKind::DuplicateNode, [name]));
            }
        }
        Self { positions, problems }
    }

    fn target(&mut self, name: &str) -> Target {
        if name == END {
            return Target::End;
        }
        self.position(name).map_or(Target::End, Target::Node)
    }

    fn position(&mut self, name: &str) -> Option<usize> {
        let found = self.positions.get(name).copied();
        if found.is_none() {
            let closest = self.positions.keys().map(|known| (strsim::osa_distance(known, name), known)).min();
            let close = closest.filter(|(distance, known)| *distance <= known.chars().count() / 3);
            let names = [name.to_owned()].into_iter().chain(close.map(|(_, known)| known.clone()));
            let problem = Problem::new(ProblemKind::UnknownNode, names);
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        found
    }

    /// Everything that begins at a node begins at one that there is.
    fn sources(&mut self, builder: &GraphBuilder) {
        let edges = builder.edges.iter().map(|edge| &edge.from);
        let branches = builder.branches.iter().map(|branch| &branch.from);
        let routings = builder.routings.iter().map(|routing| &routing.from);
        for from in edges.chain(branches).chain(routings).filter(|from| *from != START) {
            self.position(from);
        }
    }

    fn outgoing(&mut self, builder: &GraphBuilder, from: &str) -> Outgoing {
        let branches: Vec<_> = builder.branches.iter().filter(|branch| branch.from == from).collect();
        let routings: Vec<_> = builder.routings.iter().filter(|routing| routing.from == from).collect();
        let edges: Vec<_> = builder.edges.iter().filter(|edge| edge.from == from).collect();
        if branches.len() + routings.len() + usize::from(!edges.is_empty()) > 1 {
            self.ambiguous(from, ["edges of several kinds"]);
        }
        if let Some(routing) = routings.first() {
            let targets = routing.targets.iter().map(|to| self.target(to)).collect();
            return Outgoing::Routed { targets, choose: routing.choose.clone() };
        }
        if let Some(branch) = branches.first() {
            if let Some((_, to)) = branch.cases.iter().find(|(predicate, _)| predicate.is_always()) {
                self.ambiguous(from, [format!("the case for `{to}` always holds; make it the `otherwise`")]);
            }
            let cases =
                branch.cases.iter().map(|(predicate, to)| (predicate.clone(), self.target(to))).collect();
            return Outgoing::First { cases, otherwise: self.target(&branch.otherwise) };
        }
        let (mut taken, mut otherwise, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for edge in edges {
            if seen.contains(&&edge.to) {
                self.ambiguous(from, [format!("two edges to `{}`", edge.to)]);
            }
            seen.push(&edge.to);
            let target = self.target(&edge.to);
            match &edge.when {
                When::Holds(predicate) => taken.push((predicate.clone(), target)),
                When::Otherwise => otherwise.push(target),
            }
        }
        if !otherwise.is_empty() && taken.iter().any(|(predicate, _)| predicate.is_always()) {
            self.ambiguous(from, ["an `otherwise` beside an edge that is always taken"]);
        }
        Outgoing::All { edges: taken, otherwise }
    }

    fn ambiguous<const N: usize>(&mut self, from: &str, why: [impl Into<String>; N]) {
        let names = [from.to_owned()].into_iter().chain(why.into_iter().map(Into::into));
        self.problems.push(Problem::new(ProblemKind::AmbiguousEdges, names));
    }

    fn joins(&mut self, builder: &GraphBuilder) -> Vec<Join> {
        let mut joins = Vec::new();
        for barrier in &builder.barriers {
            let mut sources: Vec<usize> =
                barrier.from.iter().filter_map(|from| self.position(from)).collect();
            sources.sort_unstable();
            sources.dedup();
            joins.push(Join { sources, target: self.target(&barrier.to) });
        }
        joins
    }
}
