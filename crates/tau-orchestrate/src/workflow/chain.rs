//! Steps one after another, each on the state the one before left.

mod error;

use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::scope::Scope;
use crate::observe::{EventKind, Observer, Pattern, Progress};

pub use error::{ChainError, ChainErrorKind};

/// Which states of a run a [`Chain`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Capture {
    /// Only the last one.
    #[default]
    Last,
    /// All of them: the initial state and the state after every step. Costs one more clone of the state per step and
    /// keeps them all in memory.
    Every,
}

/// What a chain that ran to its end returns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChainOutput<S> {
    /// The state after the last step; the initial state if there was no step.
    pub state: S,
    /// With [`Capture::Every`] the initial state at 0 and the state after step `i` at `i + 1`; else empty.
    pub states: Vec<S>,
    /// How many steps ran.
    pub steps: usize,
}

/// An asynchronous fold: a step is applied to the accumulated state and each item in turn.
///
/// The items may be data (one step, many documents) or the steps themselves (many functions, each applied once).
///
/// - The first step that fails ends the chain, and the error hands back the state reached before it.
/// - The state is cloned once per step, to have it still when the step fails. Make a large state cheap to clone (an
///   `Arc`, a persistent structure).
/// - Cancelling drops the running step where it waits; a step that has returned counts, even if the token fired
///   meanwhile. Dropping the future of [`run`](Self::run) does the same, without an event.
/// - The steps run on the task of the caller, which yields to the others from time to time even if no step ever waits.
///   A panic in a step reaches the caller.
#[derive(Debug, Clone)]
pub struct Chain {
    scope: Scope,
    capture: Capture,
}

impl Chain {
    /// A chain that keeps only the last state, observed by nobody.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { scope: Scope::new(Pattern::Chain, name.into()), capture: Capture::default() }
    }

    /// Chooses which states to keep.
    #[must_use]
    pub fn with_capture(mut self, capture: Capture) -> Self {
        self.capture = capture;
        self
    }

    /// Reports progress to `observer`, in place of the one before.
    #[must_use]
    pub fn with_observer(mut self, observer: impl Observer + 'static) -> Self {
        self.scope.observer = Arc::new(observer);
        self
    }

    /// Stops every run when `token` is cancelled, in place of the token before.
    #[must_use]
    pub fn with_cancellation(mut self, token: CancellationToken) -> Self {
        self.scope.cancellation = token;
        self
    }

    /// Applies `step` to `initial` and the first item, then to what it returned and the second item, and so on.
    ///
    /// # Errors
    ///
    /// [`ChainErrorKind::StepFailed`] with the error of the step, [`ChainErrorKind::Cancelled`] if the token fired
    /// while a step was running or had still to begin, also when the step noticed the token itself and failed on it. A
    /// chain without items never fails.
    pub async fn run<S, I, E, F, Fut>(
        &self,
        initial: S,
        items: impl IntoIterator<Item = I>,
        mut step: F,
    ) -> Result<ChainOutput<S>, ChainError<S, E>>
    where
        S: Clone,
        E: fmt::Display,
        F: FnMut(S, I) -> Fut,
        Fut: Future<Output = Result<S, E>>,
    {
        let items: Vec<I> = items.into_iter().collect();
        let mut progress = Progress::of(items.len());
        let mut state = initial;
        let mut states = Vec::new();
        if self.capture == Capture::Every {
            states.reserve(items.len().saturating_add(1));
            states.push(state.clone());
        }
        self.scope.emit_run(EventKind::WorkflowStarted, progress);
        for (index, item) in items.into_iter().enumerate() {
            // Steps that are always ready would otherwise never let another task run.
            tokio::task::coop::consume_budget().await;
            if self.scope.cancellation.is_cancelled() {
                self.scope.emit_run(EventKind::WorkflowCancelled, progress);
                return Err(ChainError::cancelled(&self.scope.workflow, index, state, states));
            }
            self.scope.emit_step(EventKind::StepStarted, index, progress);
            let running = step(state.clone(), item);
            match self.scope.cancellation.run_until_cancelled(running).await {
                Some(Ok(next)) => {
                    progress.completed += 1;
                    state = next;
                    if self.capture == Capture::Every {
                        states.push(state.clone());
                    }
                    self.scope.emit_step(EventKind::StepCompleted, index, progress);
                }
                Some(Err(source)) => {
                    progress.failed += 1;
                    self.scope.emit_failure(EventKind::StepFailed, index, progress, &source);
                    let error = ChainError::cancelled(&self.scope.workflow, index, state, states);
                    // A step may watch the token itself and fail on it: that is a cancelled chain.
                    if self.scope.cancellation.is_cancelled() {
                        self.scope.emit_run(EventKind::WorkflowCancelled, progress);
                        return Err(error.with_source(source, ChainErrorKind::Cancelled));
                    }
                    self.scope.emit_failure(EventKind::WorkflowFailed, index, progress, &source);
                    return Err(error.with_source(source, ChainErrorKind::StepFailed));
                }
                None => {
                    self.scope.emit_step(EventKind::StepCancelled, index, progress);
                    self.scope.emit_run(EventKind::WorkflowCancelled, progress);
                    return Err(ChainError::cancelled(&self.scope.workflow, index, state, states));
                }
            }
        }
        self.scope.emit_run(EventKind::WorkflowCompleted, progress);
        Ok(ChainOutput { state, states, steps: progress.completed })
    }
}
