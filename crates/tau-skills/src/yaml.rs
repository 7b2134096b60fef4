//! YAML mappings as values that keep what was written.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

/// Entries in the order they were written; a key may occur twice.
pub(crate) type Entries = Vec<(String, Value)>;

/// The top level was something other than a mapping, or did not parse.
#[derive(Debug)]
pub(crate) enum Failure {
    NotAMapping,
    Syntax(Box<serde_saphyr::Error>),
}

/// Parses one mapping. Blank input is an empty mapping.
///
/// A number that would not print as it was written (`1.10`, `0x1F`) becomes a string of what was written: versions are
/// the most frequent numbers in front matter, and 1.10 is not 1.1. `yes` and `no` stay strings.
pub(crate) fn parse(source: &str) -> Result<Entries, Failure> {
    let root: Spanned<Node> = serde_saphyr::from_str_with_options(source, options())
        .map_err(|error| Failure::Syntax(Box::new(error)))?;
    match root.value {
        Node::Mapping(entries) => Ok(entries
            .into_iter()
            .map(|(key, node)| (key, node.value.into_value(&node.defined, source)))
            .collect()),
        Node::Null => Ok(Entries::new()),
        _ => Err(Failure::NotAMapping),
    }
}

/// Front matter is small, so the budgets are too: no input of 64 KiB may grow beyond some MiB through aliases.
fn options() -> serde_saphyr::Options {
    let mut options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    options.alias_limits.max_total_replayed_events = 256;
    if let Some(budget) = &mut options.budget {
        budget.max_depth = 32;
        budget.max_nodes = 20_000;
        budget.max_events = 50_000;
    }
    options
}

enum Node {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Spanned<Node>>),
    Mapping(Vec<(String, Spanned<Node>)>),
}

impl Node {
    fn into_value(self, at: &serde_saphyr::Location, source: &str) -> Value {
        let convert = |node: Spanned<Self>| node.value.into_value(&node.defined, source);
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Number => number(written(at, source)),
            Self::Text(text) => Value::String(text),
            Self::List(nodes) => nodes.into_iter().map(convert).collect(),
            Self::Mapping(entries) => Value::Object(
                entries.into_iter().map(|(key, node)| (key, convert(node))).collect::<Map<_, _>>(),
            ),
        }
    }
}

fn written<'a>(at: &serde_saphyr::Location, source: &'a str) -> &'a str {
    let span = at.span();
    let bytes = || {
        let start = usize::try_from(span.byte_offset()?).ok()?;
        let length = usize::try_from(span.byte_len()?).ok()?;
        source.get(start..start.checked_add(length)?)
    };
    bytes().unwrap_or_default()
}

fn number(written: &str) -> Value {
    match serde_json::from_str::<serde_json::Number>(written) {
        Ok(number) if number.to_string() == written => Value::Number(number),
        _ => Value::String(written.to_owned()),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = access.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(Node::Mapping(entries))
    }
}
