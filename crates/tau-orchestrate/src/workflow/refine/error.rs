//! Why a refinement returned no draft.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// What kind of thing ended a refinement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefineErrorKind {
    /// A step returned an error, which is the source of this one.
    StepFailed,
    /// The cancellation token fired.
    Cancelled,
}

/// A refinement that ended early. Neither `Debug` nor `Display` shows the draft: it may hold what must not be logged.
pub struct RefineError<S, E> {
    kind: RefineErrorKind,
    workflow: Arc<str>,
    round: usize,
    draft: Box<S>,
    source: Option<E>,
}

impl<S, E> RefineError<S, E> {
    pub(super) fn cancelled(workflow: &Arc<str>, round: usize, draft: S) -> Self {
        let (kind, workflow) = (RefineErrorKind::Cancelled, Arc::clone(workflow));
        Self { kind, workflow, round, draft: Box::new(draft), source: None }
    }

    pub(super) fn failed(workflow: &Arc<str>, round: usize, draft: S, source: E) -> Self {
        let (kind, workflow) = (RefineErrorKind::StepFailed, Arc::clone(workflow));
        Self { kind, workflow, round, draft: Box::new(draft), source: Some(source) }
    }

    /// What kind of thing ended it.
    #[must_use]
    pub fn kind(&self) -> RefineErrorKind {
        self.kind
    }

    /// The round it ended in, from 0.
    #[must_use]
    pub fn round(&self) -> usize {
        self.round
    }

    /// The error of the step, if one failed.
    #[must_use]
    pub fn step_error(&self) -> Option<&E> {
        self.source.as_ref()
    }

    /// The last draft that was judged; the initial one if none was.
    #[must_use]
    pub fn into_draft(self) -> S {
        *self.draft
    }
}

impl<S, E> fmt::Display for RefineError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            RefineErrorKind::StepFailed => "failed",
            RefineErrorKind::Cancelled => "was cancelled",
        };
        write!(f, "refine `{}`: round {} {what}", self.workflow, self.round)
    }
}

impl<S, E: fmt::Debug> fmt::Debug for RefineError<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefineError")
            .field("kind", &self.kind)
            .field("workflow", &self.workflow)
            .field("round", &self.round)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl<S, E: Error + 'static> Error for RefineError<S, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source as _)
    }
}
