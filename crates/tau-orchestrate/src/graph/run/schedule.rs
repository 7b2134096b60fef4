//! Which tasks come next. Pure: the same run and the same state give the same tasks in the same order.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::error::{RunError, RunErrorKind};
use super::machine::{Machine, Task};
use crate::graph::compiled::Compiled;
use crate::graph::edge::{Outgoing, START, Target};
use crate::panics;
use crate::state::State;

/// Whether the superstep may begin: no node runs more often than its policy says, and no run is longer than its graph says. What
/// came before is finished all the same, so a run goes on once the limit is raised.
pub(super) fn check_limits(machine: &Machine) -> Result<(), RunError> {
    let graph = &machine.graph.inner;
    for task in &machine.tasks {
        let entry = &graph.nodes[task.node];
        if let Some(visits) = entry.policy.visits.filter(|visits| machine.visits[task.node] > visits.get()) {
            let detail = format!(
                "`{}` has run {visits} times, its limit; raise it, or leave the cycle before",
                entry.name
            );
            let error = RunError::new(RunErrorKind::LimitReached, &graph.name, detail);
            return Err(error.with_node(&entry.name));
        }
    }
    match graph.max_steps {
        Some(most) if machine.finished >= u64::from(most.get()) => {
            let detail =
                format!("{most} supersteps have run, the limit of the graph; raise it with `max_steps`");
            Err(RunError::new(RunErrorKind::LimitReached, &graph.name, detail))
        }
        _ => Ok(()),
    }
}

/// The tasks of the first superstep.
pub(super) fn first(machine: &Machine) -> Result<Vec<Task>, RunError> {
    let graph = &machine.graph.inner;
    let mut next = Next::new(graph);
    next.follow(START, &graph.start, machine.state())?;
    Ok(next.into_tasks())
}

/// The tasks after the superstep that is done, on the state after it.
pub(super) fn after(machine: &Machine, state: &State) -> Result<Vec<Task>, RunError> {
    let graph = &machine.graph.inner;
    let mut next = Next::new(graph);
    let mut ran: Vec<usize> = machine.tasks.iter().map(|task| task.node).collect();
    ran.sort_unstable();
    ran.dedup();
    for node in ran {
        let entry = &graph.nodes[node];
        next.follow(&entry.name, &entry.outgoing, state)?;
    }
    for join in 0..graph.joins.len() {
        if machine.completes(join) {
            next.add(machine.join_target(join));
        }
    }
    Ok(next.into_tasks())
}

/// Tasks as they are collected: nodes that edges lead to, each once and in the order of the nodes, and behind them the routes
/// with inputs in the order they were chosen.
struct Next<'a> {
    graph: &'a Compiled,
    nodes: Vec<usize>,
    with_input: Vec<Task>,
}

impl<'a> Next<'a> {
    fn new(graph: &'a Compiled) -> Self {
        Self { graph, nodes: Vec::new(), with_input: Vec::new() }
    }

    fn add(&mut self, target: Target) {
        if let Target::Node(node) = target {
            self.nodes.push(node);
        }
    }

    /// Follows what leads away from a node. Predicates and functions are not ours and may panic.
    fn follow(&mut self, from: &str, outgoing: &Outgoing, state: &State) -> Result<(), RunError> {
        let followed = catch_unwind(AssertUnwindSafe(|| self.follow_unguarded(from, outgoing, state)));
        followed.unwrap_or_else(|payload| {
            let said = panics::text(&*payload).unwrap_or(panics::NO_TEXT);
            let detail = format!("what chooses the edges of `{from}` panicked: {}", state.redact(said));
            Err(self.invalid(from, detail))
        })
    }

    fn follow_unguarded(&mut self, from: &str, outgoing: &Outgoing, state: &State) -> Result<(), RunError> {
        match outgoing {
            Outgoing::All { edges, otherwise } => {
                let mut taken = false;
                for (_, target) in edges.iter().filter(|(predicate, _)| predicate.holds(state)) {
                    taken = true;
                    self.add(*target);
                }
                if !taken {
                    otherwise.iter().for_each(|target| self.add(*target));
                }
            }
            Outgoing::First { cases, otherwise } => {
                let case = cases.iter().find(|(predicate, _)| predicate.holds(state));
                self.add(case.map_or(*otherwise, |(_, target)| *target));
            }
            Outgoing::Routed { targets, choose } => {
                for route in choose(state) {
                    let named = |target: &&Target| self.graph.target_name(**target) == route.node;
                    let Some(target) = targets.iter().find(named) else {
                        let detail = format!(
                            "the route of `{from}` led to `{}`, which is not among its targets; declare it there",
                            route.node
                        );
                        return Err(self.invalid(from, detail));
                    };
                    match (*target, route.input) {
                        (Target::Node(node), input @ Some(_)) => self.with_input.push(Task::new(node, input)),
                        (target, _) => self.add(target),
                    }
                }
            }
        }
        Ok(())
    }

    fn invalid(&self, from: &str, detail: String) -> RunError {
        RunError::new(RunErrorKind::InvalidRoute, &self.graph.name, detail).with_node(&from.into())
    }

    fn into_tasks(mut self) -> Vec<Task> {
        self.nodes.sort_unstable();
        self.nodes.dedup();
        let mut tasks: Vec<Task> = self.nodes.iter().map(|node| Task::new(*node, None)).collect();
        tasks.append(&mut self.with_input);
        tasks
    }
}
