//! A graph that was checked.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::builder::GraphBuilder;
use super::cache::Memory;
use super::edge::{Join, Outgoing, Target};
use super::node::Node;
use super::policy::Policy;
use super::run::Run;
use crate::checkpoint::{Runs, Shape, Store};
use crate::state::{Schema, Update};

/// A directed graph of nodes over one [`State`](crate::state::State), checked and ready to run any number of times.
///
/// A run is a sequence of supersteps. All tasks of a superstep run at once on the same state; what they write is joined in
/// a fixed order when the last of them is done; then the edges of their nodes are looked at, and say which tasks make up the
/// next superstep. So the outcome does not depend on which task was faster, and no write is lost unseen. Cloning copies one
/// pointer.
#[derive(Clone)]
pub struct StateGraph {
    pub(super) inner: Arc<Compiled>,
}

pub(super) struct Compiled {
    pub(super) name: Arc<str>,
    pub(super) version: u32,
    pub(super) schema: Schema,
    pub(super) nodes: Vec<Entry>,
    pub(super) start: Outgoing,
    pub(super) joins: Vec<Join>,
    pub(super) max_steps: Option<NonZeroU32>,
    pub(super) cache: Memory,
}

/// A node and all that leads away from it.
pub(super) struct Entry {
    pub(super) name: Arc<str>,
    pub(super) node: Arc<dyn Node>,
    pub(super) policy: Policy,
    pub(super) outgoing: Outgoing,
}

impl StateGraph {
    /// Begins a graph without nodes.
    pub fn builder(name: impl Into<Arc<str>>) -> GraphBuilder {
        GraphBuilder::new(name.into())
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The keys of the state.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.inner.schema
    }

    /// The names of the nodes in the order they were added, which is also the order in which their writes are joined.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.inner.nodes.iter().map(|entry| &*entry.name)
    }

    /// A run from the start, on a state with what `input` sets. Awaiting it runs it.
    pub fn run(&self, input: Update) -> Run {
        Run::new(self.clone(), input)
    }

    /// The stored runs of this graph: to resume, list, look into, fork, edit and delete them.
    pub fn runs(&self, store: Arc<dyn Store>) -> Runs {
        Runs::new(self.clone(), store)
    }

    /// What a stored run remembers of its graph.
    pub(crate) fn shape(&self) -> Shape {
        let reducer =
            |key: &crate::state::KeySpec| key.reducer().map_or("secret", crate::state::ReducerKind::as_str);
        Shape {
            name: self.inner.name.to_string(),
            version: self.inner.version,
            nodes: self.nodes().map(str::to_owned).collect(),
            keys: self
                .schema()
                .keys()
                .iter()
                .map(|key| (key.name().to_owned(), reducer(key).to_owned()))
                .collect(),
        }
    }
}

impl Compiled {
    pub(super) fn target_name(&self, target: Target) -> &str {
        match target {
            Target::Node(node) => &self.nodes[node].name,
            Target::End => super::edge::END,
        }
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|entry| &*entry.name == name)
    }
}

impl fmt::Debug for StateGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StateGraph")
            .field("name", &self.inner.name)
            .field("version", &self.inner.version)
            .field("nodes", &self.nodes().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
