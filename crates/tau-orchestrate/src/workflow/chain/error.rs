//! Why a chain ended early.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What kind of thing ended a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ChainErrorKind {
    /// A step returned an error, which is the source of this one.
    StepFailed,
    /// The cancellation token fired. There is a source only if the running step returned an error by then.
    Cancelled,
}

/// A chain that did not reach its end, with the state it did reach.
///
/// Neither `Debug` nor `Display` shows a state: it may hold what must not be logged.
pub struct ChainError<S, E> {
    inner: Box<Inner<S, E>>,
}

// Boxed, so that a large state does not make every `Result` of a chain large.
struct Inner<S, E> {
    kind: ChainErrorKind,
    workflow: Arc<str>,
    step: usize,
    state: S,
    states: Vec<S>,
    source: Option<E>,
}

impl<S, E> ChainError<S, E> {
    pub(super) fn cancelled(workflow: &Arc<str>, step: usize, state: S, states: Vec<S>) -> Self {
        let kind = ChainErrorKind::Cancelled;
        let workflow = Arc::clone(workflow);
        Self { inner: Box::new(Inner { kind, workflow, step, state, states, source: None }) }
    }

    pub(super) fn with_source(mut self, source: E, kind: ChainErrorKind) -> Self {
        self.inner.source = Some(source);
        self.inner.kind = kind;
        self
    }

    /// What kind of thing ended the chain.
    #[must_use]
    pub fn kind(&self) -> ChainErrorKind {
        self.inner.kind
    }

    /// Index, from 0, of the step that failed, or that was running or about to begin when the chain was cancelled. It
    /// is also the number of steps that completed: to go on later, skip as many items.
    #[must_use]
    pub fn step(&self) -> usize {
        self.inner.step
    }

    /// The state after the last step that completed; the initial state if none did.
    #[must_use]
    pub fn state(&self) -> &S {
        &self.inner.state
    }

    /// With [`Capture::Every`](super::Capture::Every) the initial state and the state after each completed step, the
    /// last of them equal to [`state`](Self::state); else empty.
    #[must_use]
    pub fn states(&self) -> &[S] {
        &self.inner.states
    }

    /// The error of the step, if one failed.
    #[must_use]
    pub fn step_error(&self) -> Option<&E> {
        self.inner.source.as_ref()
    }

    /// The state reached, by value.
    #[must_use]
    pub fn into_state(self) -> S {
        self.inner.state
    }

    /// The error of the step, by value, if one failed.
    #[must_use]
    pub fn into_step_error(self) -> Option<E> {
        self.inner.source
    }
}

impl<S, E> fmt::Display for ChainError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { workflow, step, .. } = &*self.inner;
        match self.kind() {
            ChainErrorKind::StepFailed => write!(f, "chain `{workflow}`: step {step} failed"),
            ChainErrorKind::Cancelled => write!(f, "chain `{workflow}`: cancelled at step {step}"),
        }
    }
}

impl<S, E: fmt::Debug> fmt::Debug for ChainError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChainError")
            .field("kind", &self.kind())
            .field("workflow", &self.inner.workflow)
            .field("step", &self.inner.step)
            .field("source", &self.inner.source)
            .finish_non_exhaustive()
    }
}

impl<S, E: Error + 'static> Error for ChainError<S, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.source.as_ref().map(|source| source as _)
    }
}
