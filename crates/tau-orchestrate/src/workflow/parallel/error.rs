//! Why an item, or a whole run, did not succeed.

use std::any::Any;
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::panics;

/// What became of an item without a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ItemErrorKind {
    /// Its step returned an error, which is the source of this one.
    Failed,
    /// Its step panicked.
    Panicked,
    /// It was dropped while it ran, or never began.
    Cancelled,
}

/// One item of a parallel that has no result.
pub struct ItemError<E> {
    index: usize,
    cause: Cause<E>,
}

enum Cause<E> {
    Failed(E),
    Panicked(Box<str>),
    Cancelled,
}

impl<E> ItemError<E> {
    pub(super) fn failed(index: usize, source: E) -> Self {
        Self { index, cause: Cause::Failed(source) }
    }

    pub(super) fn panicked(index: usize, payload: &(dyn Any + Send)) -> Self {
        let text = panics::text(payload).unwrap_or(panics::NO_TEXT);
        Self { index, cause: Cause::Panicked(text.into()) }
    }

    pub(super) fn cancelled(index: usize) -> Self {
        Self { index, cause: Cause::Cancelled }
    }

    /// What became of the item.
    #[must_use]
    pub fn kind(&self) -> ItemErrorKind {
        match self.cause {
            Cause::Failed(_) => ItemErrorKind::Failed,
            Cause::Panicked(_) => ItemErrorKind::Panicked,
            Cause::Cancelled => ItemErrorKind::Cancelled,
        }
    }

    /// Position of the item, from 0.
    #[must_use]
    pub fn index(&self) -> usize {
        self.index
    }

    /// The error of the step, if it returned one.
    #[must_use]
    pub fn step_error(&self) -> Option<&E> {
        match &self.cause {
            Cause::Failed(source) => Some(source),
            Cause::Panicked(_) | Cause::Cancelled => None,
        }
    }

    /// The error of the step, by value, if it returned one.
    #[must_use]
    pub fn into_step_error(self) -> Option<E> {
        match self.cause {
            Cause::Failed(source) => Some(source),
            Cause::Panicked(_) | Cause::Cancelled => None,
        }
    }

    /// What the panic said, if the step panicked.
    #[must_use]
    pub fn panic_message(&self) -> Option<&str> {
        match &self.cause {
            Cause::Panicked(text) => Some(text),
            Cause::Failed(_) | Cause::Cancelled => None,
        }
    }

    /// The cause alone, as events show it: they carry the index in a field of its own.
    pub(super) fn reason(&self) -> Reason<'_, E> {
        Reason(&self.cause)
    }
}

pub(super) struct Reason<'a, E>(&'a Cause<E>);

impl<E: fmt::Display> fmt::Display for Reason<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Cause::Failed(source) => source.fmt(f),
            Cause::Panicked(text) => write!(f, "panicked: {text}"),
            Cause::Cancelled => f.write_str("cancelled"),
        }
    }
}

impl<E> fmt::Display for ItemError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Failed(_) => write!(f, "item {} failed", self.index),
            Cause::Panicked(text) => write!(f, "item {} panicked: {text}", self.index),
            Cause::Cancelled => write!(f, "item {} was cancelled", self.index),
        }
    }
}

impl<E: fmt::Debug> fmt::Debug for ItemError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ItemError");
        debug.field("kind", &self.kind()).field("index", &self.index);
        match &self.cause {
            Cause::Failed(source) => debug.field("source", source),
            Cause::Panicked(text) => debug.field("panic_message", text),
            Cause::Cancelled => &mut debug,
        };
        debug.finish()
    }
}

impl<E: Error + 'static> Error for ItemError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.step_error().map(|source| source as _)
    }
}

/// What kind of thing ended a fail-fast run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParallelErrorKind {
    /// An item failed or panicked; its [`ItemError`] is the source of this error.
    ItemFailed,
    /// The cancellation token fired.
    Cancelled,
}

/// A fail-fast run that gave up, with the results it had by then.
///
/// Neither `Debug` nor `Display` shows a result: it may hold what must not be logged.
pub struct ParallelError<T, E> {
    inner: Box<Inner<T, E>>,
}

struct Inner<T, E> {
    workflow: Arc<str>,
    total: usize,
    completed: Vec<(usize, T)>,
    failure: Option<ItemError<E>>,
}

impl<T, E> ParallelError<T, E> {
    /// Without a failure, the run was cancelled.
    pub(super) fn new(
        workflow: &Arc<str>,
        total: usize,
        completed: Vec<(usize, T)>,
        failure: Option<ItemError<E>>,
    ) -> Self {
        Self { inner: Box::new(Inner { workflow: Arc::clone(workflow), total, completed, failure }) }
    }

    /// What kind of thing ended the run.
    #[must_use]
    pub fn kind(&self) -> ParallelErrorKind {
        match self.inner.failure {
            Some(_) => ParallelErrorKind::ItemFailed,
            None => ParallelErrorKind::Cancelled,
        }
    }

    /// The item that ended the run, if one did.
    #[must_use]
    pub fn item(&self) -> Option<&ItemError<E>> {
        self.inner.failure.as_ref()
    }

    /// The item that ended the run, by value, if one did.
    #[must_use]
    pub fn into_item(self) -> Option<ItemError<E>> {
        self.inner.failure
    }

    /// The results of the items that completed, with their indices, in the order of the items.
    #[must_use]
    pub fn completed(&self) -> &[(usize, T)] {
        &self.inner.completed
    }

    /// The results of the items that completed, by value.
    #[must_use]
    pub fn into_completed(self) -> Vec<(usize, T)> {
        self.inner.completed
    }
}

impl<T, E> fmt::Display for ParallelError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { workflow, total, completed, failure } = &*self.inner;
        write!(f, "parallel `{workflow}`: ")?;
        match failure {
            Some(item) => write!(f, "gave up at item {}", item.index())?,
            None => f.write_str("cancelled")?,
        }
        write!(f, " with {} of {total} items completed", completed.len())
    }
}

impl<T, E: fmt::Debug> fmt::Debug for ParallelError<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParallelError")
            .field("kind", &self.kind())
            .field("workflow", &self.inner.workflow)
            .field("completed", &self.inner.completed.len())
            .field("total", &self.inner.total)
            .field("item", &self.inner.failure)
            .finish_non_exhaustive()
    }
}

impl<T, E: Error + 'static> Error for ParallelError<T, E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.inner.failure.as_ref().map(|item| item as _)
    }
}
