//! Makes a graph of its declaration.

use std::time::Duration;

use super::error::{SpecError, SpecErrorKind};
use super::kinds::Kinds;
use super::spec::{Condition, EdgeSpec, GraphSpec, KeyKind, NodeSpec, Sources};
use crate::graph::builder::GraphBuilder;
use crate::graph::compiled::StateGraph;
use crate::graph::node::Node;
use crate::graph::policy::{Policy, Retry};
use crate::graph::predicate::Predicate;
use crate::graph::subgraph::Subgraph;
use crate::state::{KeySpec, ReducerKind, State, StateError, Update};

impl GraphSpec {
    /// Makes the graph. Everything is checked here: kinds, keys, edges, and the graph that they make up.
    ///
    /// # Errors
    ///
    /// The first mistake of the declaration; of the graph itself, all of them.
    pub fn build(&self, kinds: &Kinds) -> Result<StateGraph, SpecError> {
        let keys = self.keys.iter().map(|(name, kind)| KeySpec::json(name, reducer(*kind)));
        let mut builder = StateGraph::builder(self.name.as_str()).version(self.version).keys(keys);
        if let Some(steps) = self.max_steps {
            builder = builder.max_steps(steps);
        }
        for (name, node) in &self.nodes {
            if let Some(key) = &node.writes {
                self.check_key(key, &format!("node `{name}` writes"))?;
            }
            let made = self.node(name, node, kinds)?;
            builder = builder.node_of(name, made).policy(policy(node));
        }
        for edge in &self.edges {
            builder = self.edge(builder, edge)?;
        }
        builder.build().map_err(SpecError::graph)
    }

    fn node(&self, name: &str, node: &NodeSpec, kinds: &Kinds) -> Result<Box<dyn Node>, SpecError> {
        match (node.kind.as_str(), &node.graph) {
            ("graph", Some(graph)) => Ok(Box::new(self.subgraph(graph, kinds)?)),
            ("graph", None) => {
                let detail = format!("node `{name}` is of kind `graph` and has none; put one under `graph`");
                Err(SpecError::new(SpecErrorKind::InvalidNode, detail))
            }
            (kind, Some(_)) => {
                let detail = format!("node `{name}` has a `graph` and is of kind `{kind}`; make it `graph`");
                Err(SpecError::new(SpecErrorKind::InvalidNode, detail))
            }
            ("human", None) => Ok(node.human()),
            (kind, None) => {
                let make = kinds.get(kind).ok_or_else(|| {
                    let detail = format!(
                        "node `{name}` is of kind `{kind}`, which nobody provides; known are: {}",
                        kinds.names()
                    );
                    SpecError::new(SpecErrorKind::UnknownKind, detail)
                })?;
                make(node).map_err(|error| {
                    let detail = format!("node `{name}` of kind `{kind}`: {error}");
                    SpecError::new(SpecErrorKind::InvalidNode, detail).with_source(error)
                })
            }
        }
    }

    /// Values go in and out under the keys that both graphs have.
    fn subgraph(&self, spec: &GraphSpec, kinds: &Kinds) -> Result<Subgraph, SpecError> {
        let graph = spec.build(kinds)?;
        let shared: Vec<String> =
            spec.keys.keys().filter(|key| self.keys.contains_key(*key)).cloned().collect();
        let pass = move |state: &State| -> Result<Update, StateError> {
            let mut update = Update::new();
            for key in &shared {
                if let Some(value) = state.json(key)? {
                    update = update.and_json(key, value);
                }
            }
            Ok(update)
        };
        Ok(Subgraph::new(graph, pass.clone(), pass))
    }

    fn edge(&self, builder: GraphBuilder, edge: &EdgeSpec) -> Result<GraphBuilder, SpecError> {
        let to = edge.to.as_str();
        let invalid = |why: &str| {
            let detail = format!("the edge to `{to}` {why}");
            Err(SpecError::new(SpecErrorKind::InvalidEdge, detail))
        };
        let from = match &edge.from {
            Sources::One(from) => from,
            Sources::All(_) if edge.when.is_some() || edge.otherwise || edge.map.is_some() => {
                return invalid("begins at several nodes, so it has no `when`, `otherwise` or `map`");
            }
            Sources::All(from) => return Ok(builder.join(from, to)),
        };
        match (&edge.when, edge.otherwise, &edge.map, &edge.items) {
            (None, false, None, None) => Ok(builder.edge(from, to)),
            (Some(when), false, None, None) => Ok(builder.edge_when(from, to, self.predicate(when)?)),
            (None, true, None, None) => Ok(builder.edge_otherwise(from, to)),
            (None, false, Some(worker), Some(items)) => {
                self.check_key(items, "a map takes the items")?;
                let items = items.clone();
                let list = move |state: &State| {
                    let value = state.json(&items).ok().flatten();
                    value.and_then(|value| value.as_array().cloned()).unwrap_or_default()
                };
                Ok(builder.map(from, worker, list, to))
            }
            (None, false, _, _) => invalid("needs `map` and `items`, or neither"),
            _ => invalid("says more than one of `when`, `otherwise` and `map`; make them several edges"),
        }
    }

    fn predicate(&self, condition: &Condition) -> Result<Predicate, SpecError> {
        let all = |conditions: &[Condition], join: fn(Predicate, Predicate) -> Predicate| {
            let mut joined: Option<Predicate> = None;
            for condition in conditions {
                let next = self.predicate(condition)?;
                joined = Some(match joined {
                    Some(joined) => join(joined, next),
                    None => next,
                });
            }
            joined.ok_or_else(|| {
                let detail = "a condition with `and` or `or` of nothing; leave it out".to_owned();
                SpecError::new(SpecErrorKind::InvalidEdge, detail)
            })
        };
        match condition {
            Condition::Exists(key) => {
                self.check_key(key, "a condition looks at")?;
                Ok(Predicate::exists_named(key))
            }
            Condition::Equals(key, value) => {
                self.check_key(key, "a condition looks at")?;
                Ok(Predicate::equals_json(key, value.clone()))
            }
            Condition::Not(condition) => self.predicate(condition).map(|predicate| !predicate),
            Condition::And(conditions) => all(conditions, |one, two| one & two),
            Condition::Or(conditions) => all(conditions, |one, two| one | two),
        }
    }

    fn check_key(&self, key: &str, who: &str) -> Result<(), SpecError> {
        if self.keys.contains_key(key) {
            return Ok(());
        }
        let detail =
            format!("{who} key `{key}`, which is not among the keys of `{}`; add it there", self.name);
        Err(SpecError::new(SpecErrorKind::UnknownKey, detail))
    }
}

fn reducer(kind: KeyKind) -> ReducerKind {
    match kind {
        KeyKind::Replace => ReducerKind::Replace,
        KeyKind::Last => ReducerKind::Last,
        KeyKind::Append => ReducerKind::Append,
        KeyKind::Merge => ReducerKind::Merge,
        KeyKind::Sum => ReducerKind::Custom,
    }
}

fn policy(node: &NodeSpec) -> Policy {
    let mut policy = Policy::new();
    if let Some(attempts) = node.attempts {
        policy = policy.with_retry(Retry::attempts(attempts));
    }
    if let Some(seconds) = node.timeout_seconds {
        policy = policy.with_timeout(Duration::from_secs(seconds.get()));
    }
    if let Some(visits) = node.visits {
        policy = policy.with_visits(visits);
    }
    policy
}
