//! The pool behind a parallel: one run from the first item to the last task gone.

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::task::{Id, JoinError, JoinSet};

use super::error::ItemError;
use crate::observe::{EventKind, Progress};
use crate::workflow::scope::Scope;

/// What a pool does about an item that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFailure {
    /// Begins no further item and cancels the others.
    Stop,
    /// Goes on.
    Continue,
}

/// What became of a run.
pub(super) struct Settled<T, E> {
    /// One result per item, in the order of the items.
    pub(super) results: Vec<Result<T, ItemError<E>>>,
    /// The item whose failure stopped the run.
    pub(super) stopped_by: Option<usize>,
}

type Joined<T, E> = Result<(Id, Result<T, E>), JoinError>;

pub(super) struct Pool<'a, T, E> {
    scope: &'a Scope,
    workers: usize,
    on_failure: OnFailure,
    tasks: JoinSet<Result<T, E>>,
    // Only looked up, never walked, so its order reaches nobody.
    running: HashMap<Id, usize>,
    results: Vec<Option<Result<T, ItemError<E>>>>,
    progress: Progress,
    stopped_by: Option<usize>,
}

impl<'a, T, E> Pool<'a, T, E>
where
    T: Send + 'static,
    E: fmt::Display + Send + 'static,
{
    pub(super) fn new(scope: &'a Scope, total: usize, workers: usize, on_failure: OnFailure) -> Self {
        Self {
            scope,
            workers,
            on_failure,
            tasks: JoinSet::new(),
            running: HashMap::with_capacity(workers),
            results: std::iter::repeat_with(|| None).take(total).collect(),
            progress: Progress::of(total),
            stopped_by: None,
        }
    }

    pub(super) async fn run<I, F, Fut>(mut self, items: Vec<I>, mut step: F) -> Settled<T, E>
    where
        F: FnMut(I) -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.scope.emit_run(EventKind::WorkflowStarted, self.progress);
        let mut waiting = items.into_iter().enumerate();
        while self.stopped_by.is_none() && !self.scope.cancellation.is_cancelled() {
            if self.tasks.len() < self.workers
                && let Some((index, item)) = waiting.next()
            {
                self.begin(index, || step(item));
                continue;
            }
            match self.scope.cancellation.run_until_cancelled(self.tasks.join_next_with_id()).await {
                Some(Some(joined)) => self.settle(joined),
                Some(None) | None => break,
            }
        }
        self.drain().await;
        self.finish()
    }

    fn begin<Fut>(&mut self, index: usize, make: impl FnOnce() -> Fut)
    where
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.scope.emit_step(EventKind::StepStarted, index, self.progress);
        // A step may also panic before it returns its future. Nothing of a step that panicked is used again, so it
        // cannot be seen half changed.
        match catch_unwind(AssertUnwindSafe(make)) {
            Ok(future) => {
                let task = self.tasks.spawn(future);
                self.running.insert(task.id(), index);
            }
            Err(payload) => self.fail(index, ItemError::panicked(index, &*payload)),
        }
    }

    fn settle(&mut self, joined: Joined<T, E>) {
        let id = match &joined {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(index) = self.running.remove(&id) else {
            debug_assert!(false, "a task of this pool that was never begun");
            return;
        };
        match joined {
            Ok((_, Ok(value))) => {
                self.progress.completed += 1;
                self.results[index] = Some(Ok(value));
                self.scope.emit_step(EventKind::StepCompleted, index, self.progress);
            }
            Ok((_, Err(source))) => self.fail(index, ItemError::failed(index, source)),
            Err(error) => match error.try_into_panic() {
                Ok(payload) => self.fail(index, ItemError::panicked(index, &*payload)),
                Err(_) => self.cancel(index),
            },
        }
    }

    fn fail(&mut self, index: usize, error: ItemError<E>) {
        self.progress.failed += 1;
        self.scope.emit_failure(EventKind::StepFailed, index, self.progress, &error.reason());
        self.stop(index, error);
    }

    /// The task was cancelled: by [`drain`](Self::drain), or by a runtime that is shutting down.
    fn cancel(&mut self, index: usize) {
        self.scope.emit_step(EventKind::StepCancelled, index, self.progress);
        self.stop(index, ItemError::cancelled(index));
    }

    fn stop(&mut self, index: usize, error: ItemError<E>) {
        self.results[index] = Some(Err(error));
        // A step may watch the token itself and fail on it: that is a cancelled run, not a failed item.
        let cancelled = self.scope.cancellation.is_cancelled();
        if self.on_failure == OnFailure::Stop && self.stopped_by.is_none() && !cancelled {
            self.stopped_by = Some(index);
        }
    }

    /// Cancels what still runs and waits for it, keeping the results of items that were faster.
    async fn drain(&mut self) {
        self.tasks.abort_all();
        while let Some(joined) = self.tasks.join_next_with_id().await {
            self.settle(joined);
        }
    }

    fn finish(self) -> Settled<T, E> {
        let Self { scope, progress, results, stopped_by, on_failure, .. } = self;
        let done = match on_failure {
            OnFailure::Stop => progress.completed == progress.total,
            OnFailure::Continue => progress.completed + progress.failed == progress.total,
        };
        let results: Vec<_> = results
            .into_iter()
            .enumerate()
            .map(|(index, result)| result.unwrap_or_else(|| Err(ItemError::cancelled(index))))
            .collect();
        match stopped_by.map(|index| (index, &results[index])) {
            Some((index, Err(error))) => {
                scope.emit_failure(EventKind::WorkflowFailed, index, progress, &error.reason());
            }
            _ if done => scope.emit_run(EventKind::WorkflowCompleted, progress),
            _ => scope.emit_run(EventKind::WorkflowCancelled, progress),
        }
        Settled { results, stopped_by }
    }
}
