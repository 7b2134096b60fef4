//! What a node is handed.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::node::BoxError;
use super::run::{Part, Scope};
use crate::checkpoint::RunId;
use crate::state::State;

/// One task of a run: its superstep, from 1, and its place in it, from 0. The same task after every resume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct TaskId {
    /// The superstep, from 1.
    pub step: u64,
    /// The place in the superstep, from 0.
    pub index: usize,
}

/// The superstep and the place: `3.0`.
impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.step, self.index)
    }
}

/// What a node is handed: the state of its superstep, and who it is. Cloning copies pointers.
#[derive(Clone)]
pub struct Context {
    pub(super) state: State,
    pub(super) input: Option<Arc<Value>>,
    pub(super) node: Arc<str>,
    pub(super) task: TaskId,
    pub(super) attempt: u32,
    pub(super) scope: Arc<Scope>,
}

impl Context {
    /// The state at the beginning of the superstep.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The input of this task alone, where a [`Route`](super::Route) or a [`map`](super::GraphBuilder::map) gave it one.
    ///
    /// # Errors
    ///
    /// If there is none, or none of that type.
    pub fn input<T: DeserializeOwned>(&self) -> Result<T, BoxError> {
        let input = self
            .input
            .as_deref()
            .ok_or_else(|| format!("task of `{}` has no input of its own", self.node))?;
        Ok(T::deserialize(input)?)
    }

    /// The name of the node.
    #[must_use]
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The task.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The attempt, from 1, as its [retry policy](super::Policy::with_retry) counts.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// The stored run; none if nothing is stored.
    #[must_use]
    pub fn run(&self) -> Option<&RunId> {
        self.scope.stored.as_ref().map(|stored| &stored.run)
    }

    /// A text that is the same whenever this task runs again, and that no other task has: what a service that takes
    /// idempotency keys should be given. None if nothing is stored, where a task never runs again.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<String> {
        self.run().map(|run| format!("{run}/{}", self.task))
    }

    /// Fires when the run is cancelled. A node is dropped where it waits then, so only one that computes has to look.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.scope.events.cancellation
    }

    /// Hands a message to whoever [streams](super::Run::stream) the run: words of a model, progress. It is not stored.
    ///
    /// # Errors
    ///
    /// If the message cannot be written as JSON. Nobody listening is no error.
    pub fn emit(&self, message: impl Serialize) -> Result<(), serde_json::Error> {
        if let Some(stream) = self.scope.stream.as_ref().filter(|stream| stream.wants(super::Modes::MESSAGES))
        {
            let message = serde_json::to_value(message)?;
            stream.send(Part::Message { node: Arc::clone(&self.node), task: self.task, message });
        }
        Ok(())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("node", &self.node)
            .field("task", &self.task)
            .field("attempt", &self.attempt)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
