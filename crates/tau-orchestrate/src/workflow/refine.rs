//! A draft that is improved until it is good enough.

mod error;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::scope::Scope;
use crate::observe::{EventKind, Observer, Pattern, Progress};

pub use error::{RefineError, RefineErrorKind};

/// What an evaluator says of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a draft is good enough or it is not")]
pub enum Verdict<V> {
    /// It is good enough.
    Accepted,
    /// It is not, and this is what the next draft is to be made with.
    Rejected(V),
}

/// What a refinement returns.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RefineOutput<S, V> {
    /// The last draft.
    pub draft: S,
    /// What was said of it. It is rejected where the rounds were used up.
    pub verdict: Verdict<V>,
    /// How many drafts were made.
    pub rounds: usize,
}

/// Evaluator and optimizer: one step makes a draft, the other judges it, and what it says goes into the next draft, until a
/// draft is accepted or the rounds are used up.
///
/// - There is no loop without a limit: the number of rounds is part of the definition.
/// - A step that fails ends it, and the error hands back the last draft that was judged.
/// - Each round is a step for the observer. Cancelling drops the running step where it waits.
#[derive(Debug, Clone)]
pub struct Refine {
    scope: Scope,
    rounds: NonZeroUsize,
}

impl Refine {
    /// A refinement of at most so many drafts, observed by nobody.
    pub fn new(name: impl Into<Arc<str>>, rounds: NonZeroUsize) -> Self {
        Self { scope: Scope::new(Pattern::Refine, name.into()), rounds }
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

    /// Makes drafts with `optimize`, out of the last draft and what was said of it, and has each judged by `evaluate`.
    ///
    /// # Errors
    ///
    /// [`RefineErrorKind::StepFailed`] with the error of the step, [`RefineErrorKind::Cancelled`] if the token fired while a
    /// step was running or had still to begin. Rounds that are used up are no error.
    pub async fn run<S, V, E, O, OFut, J, JFut>(
        &self,
        initial: S,
        mut optimize: O,
        mut evaluate: J,
    ) -> Result<RefineOutput<S, V>, RefineError<S, E>>
    where
        S: Clone,
        V: Clone,
        E: fmt::Display,
        O: FnMut(S, Option<V>) -> OFut,
        OFut: Future<Output = Result<S, E>>,
        J: FnMut(S) -> JFut,
        JFut: Future<Output = Result<Verdict<V>, E>>,
    {
        let mut progress = Progress::of(self.rounds.get());
        let (mut draft, mut said) = (initial, None);
        self.scope.emit_run(EventKind::WorkflowStarted, progress);
        for round in 0..self.rounds.get() {
            tokio::task::coop::consume_budget().await;
            if self.scope.cancellation.is_cancelled() {
                self.scope.emit_run(EventKind::WorkflowCancelled, progress);
                return Err(RefineError::cancelled(&self.scope.workflow, round, draft));
            }
            self.scope.emit_step(EventKind::StepStarted, round, progress);
            let last = draft.clone();
            let judged = async {
                let next = optimize(last, said.clone()).await?;
                let verdict = evaluate(next.clone()).await?;
                Ok((next, verdict))
            };
            match self.scope.cancellation.run_until_cancelled(judged).await {
                Some(Ok((next, verdict))) => {
                    progress.completed += 1;
                    self.scope.emit_step(EventKind::StepCompleted, round, progress);
                    draft = next;
                    match verdict {
                        Verdict::Rejected(why) => said = Some(why),
                        Verdict::Accepted => {
                            self.scope.emit_run(EventKind::WorkflowCompleted, progress);
                            return Ok(RefineOutput { draft, verdict: Verdict::Accepted, rounds: round + 1 });
                        }
                    }
                }
                Some(Err(source)) => {
                    progress.failed += 1;
                    self.scope.emit_failure(EventKind::StepFailed, round, progress, &source);
                    self.scope.emit_failure(EventKind::WorkflowFailed, round, progress, &source);
                    return Err(RefineError::failed(&self.scope.workflow, round, draft, source));
                }
                None => {
                    self.scope.emit_step(EventKind::StepCancelled, round, progress);
                    self.scope.emit_run(EventKind::WorkflowCancelled, progress);
                    return Err(RefineError::cancelled(&self.scope.workflow, round, draft));
                }
            }
        }
        self.scope.emit_run(EventKind::WorkflowCompleted, progress);
        // At least one round was, so something was said.
        let verdict = said.map_or(Verdict::Accepted, Verdict::Rejected);
        Ok(RefineOutput { draft, verdict, rounds: self.rounds.get() })
    }
}
