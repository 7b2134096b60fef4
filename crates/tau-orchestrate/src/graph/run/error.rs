//! Why a run did not reach its end.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::checkpoint::{RunId, StoreError, StoreErrorKind};
use crate::graph::node::BoxError;

/// What kind of thing stopped a run, or kept it from going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RunErrorKind {
    /// A node returned an error, after all attempts it has. The source is that error, unless it quotes a secret.
    NodeFailed,
    /// A node panicked, or what stands around it: its [retry](crate::graph::Retry::only_if), a type that is decoded.
    NodePanicked,
    /// A node took longer than its policy allows.
    NodeTimedOut,
    /// A node ran as often as its policy allows, or the run has as many supersteps as the graph allows.
    LimitReached,
    /// Two tasks of one superstep wrote a key that can hold only one of the values.
    ConflictingWrites,
    /// What was to be written does not fit the keys of the graph; the source is a [`StateError`](crate::state::StateError). Or a
    /// reducer panicked over it.
    InvalidUpdate,
    /// A route led to a node that is not among its targets, or a predicate or route panicked.
    InvalidRoute,
    /// The cancellation token fired.
    Cancelled,
    /// A node asked, and nothing keeps the question.
    NoStore,
    /// There is no such run.
    UnknownRun,
    /// There is a run of that name already.
    RunExists,
    /// The run is complete, so there is nothing to go on with.
    AlreadyCompleted,
    /// The id is of no open question: it was never asked, or is answered.
    UnknownQuestion,
    /// There is no such checkpoint.
    UnknownCheckpoint,
    /// The run began with another graph, or another version of this one.
    GraphChanged,
    /// What is stored cannot be read. The source says where.
    Corrupt,
    /// Somebody else goes on with the run.
    Conflict,
    /// The store failed. The source is its error. What was stored can be resumed.
    Store,
}

/// A run that did not reach its end. No text in it shows a secret of the state.
#[derive(Debug)]
pub struct RunError {
    inner: Box<Inner>,
}

#[derive(Debug)]
struct Inner {
    kind: RunErrorKind,
    graph: Arc<str>,
    run: Option<RunId>,
    node: Option<Arc<str>>,
    detail: String,
    source: Option<BoxError>,
}

impl RunError {
    pub(crate) fn new(kind: RunErrorKind, graph: &str, detail: impl Into<String>) -> Self {
        let inner =
            Inner { kind, graph: graph.into(), run: None, node: None, detail: detail.into(), source: None };
        Self { inner: Box::new(inner) }
    }

    pub(crate) fn with_node(mut self, node: &Arc<str>) -> Self {
        self.inner.node = Some(Arc::clone(node));
        self
    }

    pub(crate) fn with_run(mut self, run: Option<&RunId>) -> Self {
        self.inner.run = run.cloned();
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// A store that did not do what the run needs.
    pub(crate) fn store(error: StoreError, graph: &str) -> Self {
        let kind = match error.kind() {
            StoreErrorKind::Conflict => RunErrorKind::Conflict,
            _ => RunErrorKind::Store,
        };
        Self::new(kind, graph, error.to_string()).with_source(error)
    }

    /// What kind of thing it was.
    #[must_use]
    pub fn kind(&self) -> RunErrorKind {
        self.inner.kind
    }

    /// The name of the graph.
    #[must_use]
    pub fn graph(&self) -> &str {
        &self.inner.graph
    }

    /// The stored run, if there is one.
    #[must_use]
    pub fn run(&self) -> Option<&RunId> {
        self.inner.run.as_ref()
    }

    /// The name of the node, if it is about one.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.inner.node.as_deref()
    }

    /// The error of the node, by value, if it failed.
    #[must_use]
    pub fn into_source(self) -> Option<BoxError> {
        self.inner.source
    }

    /// What `Display` says after the names of graph and run.
    pub(crate) fn reason(&self) -> &str {
        &self.inner.detail
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { graph, run, detail, .. } = &*self.inner;
        match run {
            Some(run) => write!(f, "graph `{graph}`, run `{run}`: {detail}"),
            None => write!(f, "graph `{graph}`: {detail}"),
        }
    }
}

impl Error for RunError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
