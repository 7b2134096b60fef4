//! One step over many items at once.

mod error;
mod pool;

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::scope::Scope;
use crate::observe::{Observer, Pattern};
use pool::{OnFailure, Pool};

pub use error::{ItemError, ItemErrorKind, ParallelError, ParallelErrorKind};

/// The most items [`Concurrency::Auto`] runs at once, whatever the machine.
const AUTO_MAX: usize = 16;

/// How many items of a [`Parallel`] run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Concurrency {
    /// The least of: the number of items, twice the cores this process may use
    /// ([`available_parallelism`](std::thread::available_parallelism)), and 16.
    ///
    /// Meant for steps that mostly wait, as calls of models and tools do: twice the cores keeps them busy while some
    /// steps wait, and 16 keeps a large machine below the rate limits that model providers set.
    #[default]
    Auto,
    /// At most this many. For steps that mostly compute, the number of cores is a good choice.
    Limit(NonZeroUsize),
}

impl Concurrency {
    /// The number of items out of `items` that may run at once: 0 without items, else at least 1.
    #[must_use]
    pub fn workers(self, items: usize) -> usize {
        match self {
            Self::Auto => {
                let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
                automatic(items, cores)
            }
            Self::Limit(limit) => items.min(limit.get()),
        }
    }
}

fn automatic(items: usize, cores: usize) -> usize {
    items.min(cores.saturating_mul(2)).min(AUTO_MAX)
}

impl From<NonZeroUsize> for Concurrency {
    fn from(limit: NonZeroUsize) -> Self {
        Self::Limit(limit)
    }
}

/// A bounded pool that applies one step to many items, and returns the results in the order of the items whatever the
/// order in which they end.
///
/// - Items begin in their order, each as soon as a place in the pool is free. Each runs as a task of its own, so on a
///   multi-threaded runtime they run on several cores.
/// - A step that panics fails its own item alone, with the text of the panic (unless the program is built to abort on
///   panic).
/// - When a run ends, all its tasks have ended: those that are not wanted any more are cancelled where they wait, and
///   waited for. A step that computes without ever waiting cannot be cancelled and holds up the end. An item that ended
///   well in spite of the cancelling still counts as completed.
/// - Dropping the future of a run cancels its tasks too, but does not wait for them.
#[derive(Debug, Clone)]
pub struct Parallel {
    scope: Scope,
    concurrency: Concurrency,
}

impl Parallel {
    /// A parallel of automatic concurrency, observed by nobody.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self { scope: Scope::new(Pattern::Parallel, name.into()), concurrency: Concurrency::default() }
    }

    /// Sets how many items run at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: impl Into<Concurrency>) -> Self {
        self.concurrency = concurrency.into();
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

    /// Applies `step` to every item, and gives up at the first failure: no further item begins, and those running are
    /// cancelled.
    ///
    /// The first failure is the first one *seen*: when several items fail at about the same time, it need not be the
    /// one of the lowest index.
    ///
    /// # Errors
    ///
    /// [`ParallelErrorKind::ItemFailed`] if an item returned an error, panicked, or lost its runtime, and
    /// [`ParallelErrorKind::Cancelled`] if the token fired before all items were done. The error keeps the results of
    /// the items that did complete.
    ///
    /// # Panics
    ///
    /// When polled outside a tokio runtime, if there are items.
    pub async fn fail_fast<I, T, E, F, Fut>(
        &self,
        items: impl IntoIterator<Item = I>,
        step: F,
    ) -> Result<Vec<T>, ParallelError<T, E>>
    where
        T: Send + 'static,
        E: fmt::Display + Send + 'static,
        F: FnMut(I) -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let items: Vec<I> = items.into_iter().collect();
        let total = items.len();
        let workers = self.concurrency.workers(total);
        let settled = Pool::new(&self.scope, total, workers, OnFailure::Stop).run(items, step).await;
        let mut completed = Vec::with_capacity(total);
        let mut failure = None;
        for (index, result) in settled.results.into_iter().enumerate() {
            match result {
                Ok(value) => completed.push((index, value)),
                Err(error) if settled.stopped_by == Some(index) => failure = Some(error),
                Err(_) => {}
            }
        }
        if completed.len() == total {
            return Ok(completed.into_iter().map(|(_, value)| value).collect());
        }
        Err(ParallelError::new(&self.scope.workflow, total, completed, failure))
    }

    /// Applies `step` to every item, whatever becomes of the others, and returns one result per item.
    ///
    /// Result `i` belongs to item `i`. When the token fires, the items that had not ended are
    /// [`ItemErrorKind::Cancelled`].
    ///
    /// # Panics
    ///
    /// When polled outside a tokio runtime, if there are items.
    pub async fn collect_all<I, T, E, F, Fut>(
        &self,
        items: impl IntoIterator<Item = I>,
        step: F,
    ) -> Vec<Result<T, ItemError<E>>>
    where
        T: Send + 'static,
        E: fmt::Display + Send + 'static,
        F: FnMut(I) -> Fut,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        let items: Vec<I> = items.into_iter().collect();
        let total = items.len();
        let workers = self.concurrency.workers(total);
        Pool::new(&self.scope, total, workers, OnFailure::Continue).run(items, step).await.results
    }
}

#[cfg(test)]
mod tests {
    use super::{Concurrency, automatic};

    #[test]
    fn automatic_concurrency_is_the_least_of_items_twice_the_cores_and_sixteen() {
        assert_eq!(automatic(0, 4), 0);
        assert_eq!(automatic(3, 4), 3);
        assert_eq!(automatic(100, 1), 2);
        assert_eq!(automatic(100, 4), 8);
        assert_eq!(automatic(100, 64), 16);
        assert_eq!(automatic(usize::MAX, usize::MAX), 16);
    }

    #[test]
    fn automatic_concurrency_reads_this_machine() {
        let cores = std::thread::available_parallelism().unwrap().get();
        assert_eq!(Concurrency::Auto.workers(1_000), (2 * cores).min(16));
        assert_eq!(Concurrency::Auto.workers(1), 1);
    }
}
