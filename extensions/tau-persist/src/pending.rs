//! The answer of a store that has not come yet.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::channel::oneshot;

use crate::error::{StoreError, StoreErrorKind};

/// The answer of a store to one request: a future bound to no runtime.
///
/// The request is under way when this exists; it is not polling that starts it. Dropping it loses the answer
/// and does not undo the request.
#[must_use = "the answer says whether the request was carried out"]
pub struct Pending<T>(State<T>);

enum State<T> {
    /// Known at once. Empty after it was taken.
    Ready(Option<Result<T, StoreError>>),
    /// Comes from another thread.
    Waiting(oneshot::Receiver<Result<T, StoreError>>),
}

impl<T> Pending<T> {
    /// An answer that is known already.
    pub fn ready(answer: Result<T, StoreError>) -> Self {
        Self(State::Ready(Some(answer)))
    }

    /// An answer to come, and the end it is sent from. If that end is dropped, the answer is
    /// [`StoreErrorKind::Closed`].
    pub fn channel() -> (oneshot::Sender<Result<T, StoreError>>, Self) {
        let (sender, receiver) = oneshot::channel();
        (sender, Self(State::Waiting(receiver)))
    }

    /// Blocks the thread until the answer is there. For programs without an asynchronous runtime; inside one it
    /// holds a worker up.
    ///
    /// # Errors
    /// Those of the request.
    pub fn wait(self) -> Result<T, StoreError> {
        match self.0 {
            State::Ready(answer) => answer.unwrap_or_else(|| Err(closed())),
            State::Waiting(receiver) => {
                futures::executor::block_on(receiver).unwrap_or_else(|_| Err(closed()))
            }
        }
    }
}

fn closed() -> StoreError {
    StoreErrorKind::Closed.into()
}

// Nothing in it is pinned: a oneshot receiver can be moved freely.
impl<T> Unpin for Pending<T> {}

impl<T> Future for Pending<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            State::Ready(answer) => Poll::Ready(answer.take().unwrap_or_else(|| Err(closed()))),
            State::Waiting(receiver) => {
                Pin::new(receiver).poll(context).map(|answer| answer.unwrap_or_else(|_| Err(closed())))
            }
        }
    }
}

impl<T> fmt::Debug for Pending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &self.0 {
            State::Ready(_) => "Ready",
            State::Waiting(_) => "Waiting",
        };
        f.debug_tuple("Pending").field(&state).finish()
    }
}
