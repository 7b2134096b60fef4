//! Where a run goes after a node.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::predicate::Predicate;
use crate::state::State;

/// The name that stands for the beginning of a graph where an edge is added.
pub const START: &str = "start";
/// The name that stands for an exit of a graph where an edge is added.
pub const END: &str = "end";

/// Where a [route](super::GraphBuilder::route) leads: to a node, with the state or with an input of its own besides.
#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub(super) node: String,
    pub(super) input: Option<Value>,
}

impl Route {
    /// To that node, once, however many lead there.
    #[must_use]
    pub fn to(node: impl Into<String>) -> Self {
        Self { node: node.into(), input: None }
    }

    /// To that node with an input of its own: one task for each such route.
    #[must_use]
    pub fn with_input(node: impl Into<String>, input: impl Into<Value>) -> Self {
        Self { node: node.into(), input: Some(input.into()) }
    }
}

/// A function that chooses where to go.
pub(super) type Choose = Arc<dyn Fn(&State) -> Vec<Route> + Send + Sync>;

/// An edge as it was added.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) when: When,
}

#[derive(Debug, Clone)]
pub(super) enum When {
    /// Taken whenever the predicate holds, besides others.
    Holds(Predicate),
    /// Taken if no other edge of the node is.
    Otherwise,
}

/// A choice of one edge as it was added.
#[derive(Debug, Clone)]
pub(super) struct Branch {
    pub(super) from: String,
    pub(super) cases: Vec<(Predicate, String)>,
    pub(super) otherwise: String,
}

/// A function that chooses, as it was added.
#[derive(Clone)]
pub(super) struct Routing {
    pub(super) from: String,
    pub(super) targets: Vec<String>,
    pub(super) choose: Choose,
}

impl fmt::Debug for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routing")
            .field("from", &self.from)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

/// A barrier as it was added.
#[derive(Debug, Clone)]
pub(super) struct Barrier {
    pub(super) from: Vec<String>,
    pub(super) to: String,
}

/// The end of an edge of a checked graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Node(usize),
    End,
}

/// All that leads away from a node of a checked graph.
#[derive(Clone)]
pub(super) enum Outgoing {
    /// Every edge whose predicate holds, or those for the case that none does.
    All { edges: Vec<(Predicate, Target)>, otherwise: Vec<Target> },
    /// The first edge whose predicate holds, or the one for the case that none does.
    First { cases: Vec<(Predicate, Target)>, otherwise: Target },
    /// Whatever a function says.
    Routed { targets: Vec<Target>, choose: Choose },
}

/// A barrier of a checked graph: its target runs once all of its sources have.
#[derive(Debug, Clone)]
pub(super) struct Join {
    pub(super) sources: Vec<usize>,
    pub(super) target: Target,
}
