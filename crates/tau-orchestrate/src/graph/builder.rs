//! Puts a graph together.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;

use super::compiled::StateGraph;
use super::context::Context;
use super::edge::{Barrier, Branch, Edge, Route, Routing, START, When};
use super::error::GraphBuildError;
use super::node::{Answer, BoxError, FunctionNode, Node, Reply};
use super::policy::Policy;
use super::predicate::Predicate;
use super::subgraph::Subgraph;
use super::validate;
use crate::state::{KeySpec, State, StateError, Update};

/// A graph in the making. Nothing is checked before [`build`](Self::build), which then names every mistake at once.
pub struct GraphBuilder {
    pub(super) name: Arc<str>,
    pub(super) version: u32,
    pub(super) keys: Vec<KeySpec>,
    pub(super) nodes: Vec<RawNode>,
    pub(super) edges: Vec<Edge>,
    pub(super) branches: Vec<Branch>,
    pub(super) routings: Vec<Routing>,
    pub(super) barriers: Vec<Barrier>,
    pub(super) max_steps: Option<NonZeroU32>,
}

pub(super) struct RawNode {
    pub(super) name: String,
    pub(super) node: Arc<dyn Node>,
    pub(super) policy: Policy,
}

impl GraphBuilder {
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            version: 1,
            keys: Vec::new(),
            nodes: Vec::new(),
            edges: Vec::new(),
            branches: Vec::new(),
            routings: Vec::new(),
            barriers: Vec::new(),
            max_steps: None,
        }
    }

    /// The version, 1 by default. Count it up when nodes of the same names mean something else: a stored run goes on only
    /// with the version that it began with.
    #[must_use]
    pub fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Adds keys to the state.
    #[must_use]
    pub fn keys(mut self, keys: impl IntoIterator<Item = KeySpec>) -> Self {
        self.keys.extend(keys);
        self
    }

    /// The most supersteps of a run.
    #[must_use]
    pub fn max_steps(mut self, steps: NonZeroU32) -> Self {
        self.max_steps = Some(steps);
        self
    }

    /// Adds a node that is an asynchronous function.
    #[must_use]
    pub fn node<F, Fut, R>(self, name: impl Into<String>, run: F) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: Into<Reply>,
    {
        self.node_of(name, FunctionNode::new(run))
    }

    /// Adds a node that asks: `ask` returns a [`Question`](super::Question), and once it is answered `answer` returns what
    /// changes, or the next question. Neither runs twice because of the other.
    #[must_use]
    pub fn ask<F, Fut, R, G, GFut, S>(self, name: impl Into<String>, ask: F, answer: G) -> Self
    where
        F: Fn(Context) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: Into<Reply>,
        G: Fn(Context, Answer) -> GFut + Send + Sync + 'static,
        GFut: Future<Output = Result<S, BoxError>> + Send + 'static,
        S: Into<Reply>,
    {
        self.node_of(name, FunctionNode::new(ask).with_answer(answer))
    }

    /// Adds a whole graph as a node. `enter` makes the state it begins with, `leave` what changes here when it ends.
    ///
    /// Its run is stored beside the run around it: what it has done is not done again, and what it asks is asked by the run
    /// around it.
    #[must_use]
    pub fn subgraph(
        self,
        name: impl Into<String>,
        graph: &StateGraph,
        enter: impl Fn(&State) -> Result<Update, StateError> + Send + Sync + 'static,
        leave: impl Fn(&State) -> Result<Update, StateError> + Send + Sync + 'static,
    ) -> Self {
        self.node_of(name, Subgraph::new(graph.clone(), enter, leave))
    }

    /// Adds any node.
    #[must_use]
    pub fn node_of(mut self, name: impl Into<String>, node: impl Node + 'static) -> Self {
        self.nodes.push(RawNode { name: name.into(), node: Arc::new(node), policy: Policy::default() });
        self
    }

    /// Gives the node that was added last a policy.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        if let Some(node) = self.nodes.last_mut() {
            node.policy = policy;
        }
        self
    }

    /// Begins at that node. Several entries begin side by side.
    #[must_use]
    pub fn entry(self, node: impl Into<String>) -> Self {
        self.edge(START, node)
    }

    /// Adds an edge that is always taken. Several edges of a node are taken side by side. [`END`](super::END) is the exit.
    #[must_use]
    pub fn edge(self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.edge_when(from, to, Predicate::always())
    }

    /// Adds an edge that is taken if the predicate holds, whatever other edges do.
    #[must_use]
    pub fn edge_when(mut self, from: impl Into<String>, to: impl Into<String>, predicate: Predicate) -> Self {
        self.edges.push(Edge { from: from.into(), to: to.into(), when: When::Holds(predicate) });
        self
    }

    /// Adds an edge that is taken if no predicate of the node's other edges holds.
    #[must_use]
    pub fn edge_otherwise(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.edges.push(Edge { from: from.into(), to: to.into(), when: When::Otherwise });
        self
    }

    /// Leaves a node on exactly one edge: the first whose predicate holds, or the one to `otherwise`.
    #[must_use]
    pub fn branch<T: Into<String>>(
        mut self,
        from: impl Into<String>,
        cases: impl IntoIterator<Item = (Predicate, T)>,
        otherwise: impl Into<String>,
    ) -> Self {
        let cases = cases.into_iter().map(|(predicate, to)| (predicate, to.into())).collect();
        self.branches.push(Branch { from: from.into(), cases, otherwise: otherwise.into() });
        self
    }

    /// Leaves a node on the routes that a function chooses, out of `targets`. None of them ends this path.
    #[must_use]
    pub fn route<T: Into<String>>(
        mut self,
        from: impl Into<String>,
        targets: impl IntoIterator<Item = T>,
        choose: impl Fn(&State) -> Vec<Route> + Send + Sync + 'static,
    ) -> Self {
        let targets = targets.into_iter().map(Into::into).collect();
        self.routings.push(Routing { from: from.into(), targets, choose: Arc::new(choose) });
        self
    }

    /// After `from` runs `worker` once for each item, side by side, each with its item as [input](Context::input), and then
    /// `collect` once. Without items `collect` follows at once, so that a map of nothing does not end the run.
    #[must_use]
    pub fn map<I>(
        self,
        from: impl Into<String>,
        worker: impl Into<String>,
        items: impl Fn(&State) -> I + Send + Sync + 'static,
        collect: impl Into<String>,
    ) -> Self
    where
        I: IntoIterator<Item = serde_json::Value>,
    {
        let (worker, collect) = (worker.into(), collect.into());
        let (to_worker, to_collect) = (worker.clone(), collect.clone());
        let choose = move |state: &State| {
            let routes: Vec<Route> =
                items(state).into_iter().map(|item| Route::with_input(to_worker.clone(), item)).collect();
            if routes.is_empty() { vec![Route::to(to_collect.clone())] } else { routes }
        };
        self.route(from, [worker.clone(), collect.clone()], choose).edge(worker, collect)
    }

    /// Goes to `to` once all of `from` have run since it ran last, in whatever supersteps.
    #[must_use]
    pub fn join<T: Into<String>>(mut self, from: impl IntoIterator<Item = T>, to: impl Into<String>) -> Self {
        self.barriers.push(Barrier { from: from.into_iter().map(Into::into).collect(), to: to.into() });
        self
    }

    /// Checks the graph.
    ///
    /// # Errors
    ///
    /// All of its [problems](GraphBuildError::problems), each with the names of the nodes it is about.
    pub fn build(self) -> Result<StateGraph, GraphBuildError> {
        validate::check(self)
    }
}

impl fmt::Debug for GraphBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphBuilder")
            .field("name", &self.name)
            .field("nodes", &self.nodes.iter().map(|node| &node.name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
