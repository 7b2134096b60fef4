//! What a run returns.

use std::sync::Arc;

use crate::checkpoint::{RunId, RunStatus};
use crate::graph::node::OpenQuestion;
use crate::state::State;

/// How far a run came.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// [`Completed`](RunStatus::Completed), [`Waiting`](RunStatus::Waiting) or [`Paused`](RunStatus::Paused).
    pub status: RunStatus,
    /// The state after the last superstep that was finished.
    pub state: State,
    /// What waits for an answer, in the order of the tasks.
    pub questions: Vec<OpenQuestion>,
    /// The nodes that are next; none if the run is complete.
    pub next: Vec<Arc<str>>,
    /// How many supersteps are finished, those before a resume included.
    pub steps: u64,
    /// The stored run; none if nothing is stored.
    pub run: Option<RunId>,
}

impl Outcome {
    /// Whether the run reached the end.
    #[must_use]
    pub fn is_completed(&self) -> bool {
        self.status == RunStatus::Completed
    }
}
