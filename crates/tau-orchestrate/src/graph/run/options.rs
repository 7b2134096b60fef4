//! How a run is to be run.

use std::collections::BTreeSet;
use std::fmt;
use std::future::IntoFuture;
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::Secret;
use tokio_util::sync::CancellationToken;

use super::driver;
use super::error::RunError;
use super::outcome::Outcome;
use super::scope::{Scope, Stored};
use super::stream::{Modes, RunStream, Sender};
use crate::checkpoint::{RunId, Store};
use crate::graph::compiled::StateGraph;
use crate::observe::{Observer, Pattern};
use crate::state::{SecretKey, Update};
use crate::workflow;

/// When what happens in a run is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// Every task's update when it is there, and no superstep begins before the one in front of it is stored. Nothing that is
    /// stored runs again.
    #[default]
    EveryStep,
    /// After every so many supersteps, and at the end. After a crash up to that many run again.
    Every(NonZeroU32),
    /// At the end, or when the run waits or stops. After a crash all of it runs again.
    AtEnd,
}

/// What becomes of the records of a run that reached its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnCompletion {
    /// They stay.
    #[default]
    Keep,
    /// They are deleted, with those of subgraphs.
    Delete,
}

/// How a run begins.
pub(in crate::graph) enum Start {
    /// From the start, under a name that is new.
    Begin(Update),
    /// Where the stored run stands, with these answers.
    Resume(Vec<(String, Value)>),
    /// Where the stored run stands, or from the start if there is none. Answers that were given already are left out.
    Continue(Update, Vec<(String, Value)>),
}

/// A run that has not begun. Awaiting it runs it; [`stream`](Self::stream) runs it and tells what happens.
///
/// Dropping the future stops the run where it is. If it is stored, it can be resumed.
#[must_use = "a run does nothing unless it is awaited or streamed"]
pub struct Run {
    pub(super) graph: StateGraph,
    pub(super) start: Start,
    pub(super) secrets: Update,
    pub(super) stored: Option<(Arc<dyn Store>, RunId)>,
    pub(super) durability: Durability,
    pub(super) on_completion: OnCompletion,
    pub(super) concurrency: Option<NonZeroUsize>,
    pub(super) pause_before: BTreeSet<String>,
    pub(super) events: workflow::Scope,
    pub(super) stream: Option<Sender>,
}

impl Run {
    pub(in crate::graph) fn new(graph: StateGraph, input: Update) -> Self {
        Self::starting(graph, Start::Begin(input))
    }

    pub(in crate::graph) fn starting(graph: StateGraph, start: Start) -> Self {
        let events = workflow::Scope::new(Pattern::Graph, Arc::clone(&graph.inner.name));
        Self {
            graph,
            start,
            secrets: Update::new(),
            stored: None,
            durability: Durability::default(),
            on_completion: OnCompletion::default(),
            concurrency: None,
            pause_before: BTreeSet::new(),
            events,
            stream: None,
        }
    }

    /// Goes on with a stored run.
    pub(crate) fn resume(
        graph: StateGraph,
        store: Arc<dyn Store>,
        run: RunId,
        answers: Vec<(String, Value)>,
    ) -> Self {
        Self::starting(graph, Start::Resume(answers)).with_store(store, run)
    }

    /// The run of a subgraph, which shares all that can be shared with the run around it.
    pub(in crate::graph) fn below(
        graph: StateGraph,
        start: Start,
        around: &Scope,
        stored: Option<Stored>,
    ) -> Self {
        let mut run = Self::starting(graph, start);
        run.events.observer = Arc::clone(&around.events.observer);
        run.events.cancellation = around.events.cancellation.clone();
        run.stream = around.stream.as_ref().map(Sender::below);
        if let Some(Stored { store, run: id, durability }) = stored {
            run.durability = durability;
            run.stored = Some((store, id));
        }
        run
    }

    /// Stores the run under that name.
    pub fn with_store(mut self, store: Arc<dyn Store>, run: RunId) -> Self {
        self.stored = Some((store, run));
        self
    }

    /// Chooses when it is stored. Without a store it says nothing.
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Chooses what becomes of its records when it reaches its end.
    pub fn with_on_completion(mut self, on_completion: OnCompletion) -> Self {
        self.on_completion = on_completion;
        self
    }

    /// Gives it a secret. Secrets are not stored, so a run that goes on in another process is given them again.
    pub fn with_secret(mut self, key: SecretKey, secret: Secret) -> Self {
        self.secrets = self.secrets.and_secret(key, secret);
        self
    }

    /// Runs at most this many tasks of a superstep at once; without a limit all of them.
    pub fn with_concurrency(mut self, limit: NonZeroUsize) -> Self {
        self.concurrency = Some(limit);
        self
    }

    /// Stops in front of any superstep with one of these nodes, with the status `paused`. A run that is resumed there goes
    /// past it.
    pub fn with_pause_before<T: Into<String>>(mut self, nodes: impl IntoIterator<Item = T>) -> Self {
        self.pause_before.extend(nodes.into_iter().map(Into::into));
        self
    }

    /// Reports to `observer`, in place of the one before.
    pub fn with_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.events.observer = Arc::new(observer);
        self
    }

    /// Stops the run when `token` is cancelled, in place of the token before. Tasks are dropped where they wait; what is stored
    /// can be resumed.
    pub fn with_cancellation(mut self, token: CancellationToken) -> Self {
        self.events.cancellation = token;
        self
    }

    /// Runs it as a stream of parts, the last of which is how it ended.
    pub fn stream(mut self, modes: Modes) -> RunStream {
        RunStream::new(modes, |sender| {
            self.stream = Some(sender);
            driver::drive(self).boxed()
        })
    }
}

impl IntoFuture for Run {
    type Output = Result<Outcome, RunError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        driver::drive(self).boxed()
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("graph", &self.graph.name())
            .field("run", &self.stored.as_ref().map(|(_, run)| run))
            .finish_non_exhaustive()
    }
}
