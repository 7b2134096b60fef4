//! Why a graph could not be built.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::edge::END;

/// What kind of mistake a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProblemKind {
    /// There is no node.
    Empty,
    /// Nothing leads from the start to a node.
    NoEntry,
    /// Two nodes have one name, or one has a name that is taken: `start`, `end`, the empty one, or one with a `/`.
    DuplicateNode,
    /// An edge begins or ends at a node that there is not.
    UnknownNode,
    /// Two keys of one name differ.
    DuplicateKey,
    /// It is not clear which edges of a node are taken.
    AmbiguousEdges,
    /// Nothing leads to a node.
    Unreachable,
    /// A run can end up at a node and have nowhere to go.
    DeadEnd,
    /// From a node no way leads to the end.
    NoExit,
    /// A cycle could go on for ever.
    UnlimitedCycle,
}

/// One mistake in a graph.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// What kind of mistake it is.
    pub kind: ProblemKind,
    /// The names it is about: nodes, of [`ProblemKind::DuplicateKey`] the key. A cycle's nodes are in its order.
    pub names: Vec<String>,
}

impl Problem {
    pub(super) fn new(kind: ProblemKind, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { kind, names: names.into_iter().map(Into::into).collect() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.names.first().map(String::as_str).unwrap_or_default();
        match self.kind {
            ProblemKind::Empty => f.write_str("there is no node; add one with `node`"),
            ProblemKind::NoEntry => f.write_str("nothing leads from the start to a node; add an `entry`"),
            ProblemKind::DuplicateNode => {
                write!(f, "the name `{first}` is taken or not allowed; choose another")
            }
            ProblemKind::UnknownNode => {
                write!(f, "there is no node `{first}`")?;
                match self.names.get(1) {
                    Some(close) => write!(f, "; did you mean `{close}`?"),
                    None => f.write_str("; add it, or remove the edge"),
                }
            }
            ProblemKind::DuplicateKey => write!(f, "two keys `{first}` differ; use one constant for both"),
            ProblemKind::AmbiguousEdges => write!(
                f,
                "which edges of `{first}` are taken is ambiguous ({}); a node has edges of its own, or one branch, or one \
                 route, each target once, and an `otherwise` only beside conditions",
                self.names[1..].join(", ")
            ),
            ProblemKind::Unreachable => {
                write!(f, "nothing leads to `{first}`; add an edge to it or remove it")
            }
            ProblemKind::DeadEnd => write!(
                f,
                "a run may have nowhere to go after `{first}`; add an edge, an `otherwise`, or an edge to `{END}`"
            ),
            ProblemKind::NoExit => {
                write!(f, "no way leads from `{first}` to `{END}`; add an edge to `{END}`")
            }
            ProblemKind::UnlimitedCycle => write!(
                f,
                "the cycle {} has no limit; give one of its nodes a policy with `visits`, or the graph `max_steps`",
                self.names
                    .iter()
                    .chain(self.names.first())
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(" -> ")
            ),
        }
    }
}

/// A graph with mistakes. Names all of them, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphBuildError {
    graph: Arc<str>,
    problems: Vec<Problem>,
}

impl GraphBuildError {
    pub(super) fn new(graph: &Arc<str>, problems: Vec<Problem>) -> Self {
        Self { graph: Arc::clone(graph), problems }
    }

    /// The name of the graph.
    #[must_use]
    pub fn graph(&self) -> &str {
        &self.graph
    }

    /// The mistakes, at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for GraphBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "graph `{}`: ", self.graph)?;
        for (position, problem) in self.problems.iter().enumerate() {
            if position > 0 {
                f.write_str("; ")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl Error for GraphBuildError {}
