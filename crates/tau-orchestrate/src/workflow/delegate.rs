//! An orchestrator and its workers.

use std::error::Error;
use std::fmt;

use super::parallel::{Parallel, ParallelError};

/// Orchestrator and workers: one step splits the work, workers do the parts side by side, one step makes a whole of the results.
///
/// Unlike the items of a [`Parallel`], which are known beforehand, the parts are what the first step returns, which may be a model
/// that plans. The workers are those of the [`Parallel`] it is made of: bounded, in order, cancelled with its token, dropped when
/// one fails; its events are the events.
#[derive(Debug, Clone)]
pub struct Delegate {
    workers: Parallel,
}

impl Delegate {
    /// Hands parts to `workers`.
    #[must_use]
    pub fn new(workers: Parallel) -> Self {
        Self { workers }
    }

    /// Splits `input`, has each part worked on, and makes a whole of the results, which are in the order of the parts.
    ///
    /// # Errors
    ///
    /// Which of the three failed, with its error.
    pub async fn run<S, I, T, R, E, Plan, PlanFut, Work, WorkFut, Gather, GatherFut>(
        &self,
        input: S,
        plan: Plan,
        work: Work,
        gather: Gather,
    ) -> Result<R, DelegateError<T, E>>
    where
        Plan: FnOnce(S) -> PlanFut,
        PlanFut: Future<Output = Result<Vec<I>, E>>,
        Work: FnMut(I) -> WorkFut,
        WorkFut: Future<Output = Result<T, E>> + Send + 'static,
        Gather: FnOnce(Vec<T>) -> GatherFut,
        GatherFut: Future<Output = Result<R, E>>,
        T: Send + 'static,
        E: fmt::Display + Send + 'static,
    {
        let parts = plan(input).await.map_err(DelegateError::Plan)?;
        let results = self.workers.fail_fast(parts, work).await.map_err(DelegateError::Work)?;
        gather(results).await.map_err(DelegateError::Gather)
    }
}

/// Which part of a delegation failed. `Debug` and `Display` show no result of a worker.
#[non_exhaustive]
pub enum DelegateError<T, E> {
    /// The step that splits the work.
    Plan(E),
    /// A worker, or the workers were cancelled. What others returned is in it.
    Work(ParallelError<T, E>),
    /// The step that makes a whole of the results.
    Gather(E),
}

impl<T, E> fmt::Display for DelegateError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(_) => f.write_str("the work could not be split"),
            Self::Work(error) => error.fmt(f),
            Self::Gather(_) => f.write_str("the results could not be put together"),
        }
    }
}

impl<T, E: fmt::Debug> fmt::Debug for DelegateError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(error) => f.debug_tuple("Plan").field(error).finish(),
            Self::Work(error) => f.debug_tuple("Work").field(error).finish(),
            Self::Gather(error) => f.debug_tuple("Gather").field(error).finish(),
        }
    }
}

impl<T: 'static, E: Error + 'static> Error for DelegateError<T, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Plan(error) | Self::Gather(error) => Some(error),
            Self::Work(error) => error.source(),
        }
    }
}
