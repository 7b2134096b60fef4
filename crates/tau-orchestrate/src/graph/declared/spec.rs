//! What a declared graph looks like.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::SpecError;

/// A graph as data. An unknown field is an error wherever it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct GraphSpec {
    /// The name of the graph.
    pub name: String,
    /// Counted up when nodes of the same names mean something else.
    #[serde(default = "first")]
    pub version: u32,
    /// The keys of the state, and how a new value joins the one that is there.
    #[serde(default)]
    pub keys: BTreeMap<String, KeyKind>,
    /// The most supersteps of a run. Needed where there is a cycle without `visits`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<NonZeroU32>,
    /// The nodes by name.
    pub nodes: BTreeMap<String, NodeSpec>,
    /// What leads where. `start` and `end` are the way in and out.
    pub edges: Vec<EdgeSpec>,
}

fn first() -> u32 {
    1
}

/// How a new value of a key joins the one that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum KeyKind {
    /// The new one takes its place; two at once are an error.
    Replace,
    /// The new one takes its place; of two at once the last stays.
    Last,
    /// Items of a list follow those that are there; what is no list is one item.
    Append,
    /// Entries of an object are laid over those that are there.
    Merge,
    /// Numbers are added.
    Sum,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct NodeSpec {
    /// `human` asks, `graph` is the graph under `graph`; any other kind is one that the program provides.
    pub kind: String,
    /// What the kind has to know. Of `human` it is the question.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub with: Value,
    /// The key that takes what the node returns. Without one it is dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<String>,
    /// The graph, where the kind is `graph`. Its state begins with the values of keys that both have, and so it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub graph: Option<Box<GraphSpec>>,
    /// How often it is tried at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<NonZeroUsize>,
    /// How long an attempt may take, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<NonZeroU64>,
    /// In how many supersteps of a run it runs at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visits: Option<NonZeroU32>,
}

/// An edge. It is always taken, or `when` a condition holds, or `otherwise`, if no other of the node is; or it leads to `map` for each
/// item of a list, and `to` follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct EdgeSpec {
    /// Where it begins. Several nodes are a join: all of them have to be done.
    pub from: Sources,
    /// Where it leads.
    pub to: String,
    /// Taken only if this holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Taken only if no other edge of the node is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub otherwise: bool,
    /// The node that runs once for each item, before `to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<String>,
    /// The key of the list with the items, where there is a `map`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
}

/// One node or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(clippy::exhaustive_enums, reason = "one or several")]
pub enum Sources {
    /// One.
    One(String),
    /// Several, all of which have to be done.
    All(Vec<String>),
}

/// What has to hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Condition {
    /// There is a value under this key.
    Exists(String),
    /// The value under a key is this one.
    Equals(String, Value),
    /// It does not hold.
    Not(Box<Condition>),
    /// All of them hold.
    And(Vec<Condition>),
    /// One of them holds.
    Or(Vec<Condition>),
}

impl GraphSpec {
    /// Reads JSON or YAML, which JSON is a part of.
    ///
    /// # Errors
    ///
    /// [`SpecErrorKind::Syntax`](super::SpecErrorKind::Syntax), with line and column.
    pub fn parse(text: &str) -> Result<Self, SpecError> {
        serde_saphyr::from_str(text).map_err(SpecError::syntax)
    }

    /// The JSON Schema of a declared graph, for editors.
    #[must_use]
    pub fn schema() -> Value {
        schemars::schema_for!(GraphSpec).to_value()
    }
}
