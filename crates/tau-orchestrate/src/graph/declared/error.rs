//! Why there is no graph for a declaration.

use std::error::Error;
use std::fmt;

use crate::graph::error::GraphBuildError;
use crate::graph::node::BoxError;

/// What kind of mistake a declaration has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SpecErrorKind {
    /// It is no JSON or YAML of a graph. The source says where.
    Syntax,
    /// A node is of a kind that nobody provides.
    UnknownKind,
    /// A node is not what its kind has to have. The source says what.
    InvalidNode,
    /// An edge says two things at once, or half of one.
    InvalidEdge,
    /// An edge or a node names a key that the graph does not have.
    UnknownKey,
    /// The graph has mistakes. The source is a [`GraphBuildError`](crate::graph::GraphBuildError).
    InvalidGraph,
}

/// A declaration of which no graph can be made.
#[derive(Debug)]
pub struct SpecError {
    kind: SpecErrorKind,
    detail: String,
    source: Option<BoxError>,
}

impl SpecError {
    pub(super) fn new(kind: SpecErrorKind, detail: String) -> Self {
        Self { kind, detail, source: None }
    }

    pub(super) fn with_source(mut self, source: BoxError) -> Self {
        self.source = Some(source);
        self
    }

    pub(super) fn syntax(error: serde_saphyr::Error) -> Self {
        Self::new(SpecErrorKind::Syntax, format!("not a graph: {error}")).with_source(error.into())
    }

    pub(super) fn graph(error: GraphBuildError) -> Self {
        Self::new(SpecErrorKind::InvalidGraph, error.to_string()).with_source(error.into())
    }

    /// What kind of mistake it is.
    #[must_use]
    pub fn kind(&self) -> SpecErrorKind {
        self.kind
    }
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for SpecError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
