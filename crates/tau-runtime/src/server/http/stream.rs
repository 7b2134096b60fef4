//! Streams of responses that end in an error of the call, whatever goes wrong in them.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use connectrpc::{ConnectError, ServiceStream};
use futures::{FutureExt, Stream, StreamExt};
use tokio::time::Sleep;

use super::panic;
use crate::server::failure::Failure;
use crate::server::reason::Reason;

/// A stream whose panic becomes its last item, the error `internal`.
///
/// Without it a panic over HTTP/1.1 ends the connection with no answer, and within one process it unwinds into the caller.
/// [`HttpService`](super::HttpService) wraps every stream of responses in it; a handler wraps what it polls in a task of its own.
pub fn catch_stream<S, T>(stream: S) -> impl Stream<Item = Result<T, ConnectError>> + Send
where
    S: Stream<Item = Result<T, ConnectError>> + Send,
    T: Send,
{
    let caught = AssertUnwindSafe(stream).catch_unwind();
    caught.map(|item| item.unwrap_or_else(|payload| Err(panic::failure(&*payload))))
}

/// A stream that ends with `deadline_exceeded` when its time is up.
pub(super) struct Timed<T> {
    stream: Option<ServiceStream<T>>,
    time: Pin<Box<Sleep>>,
}

impl<T> Timed<T> {
    pub(super) fn new(stream: ServiceStream<T>, deadline: Instant) -> Self {
        Self { stream: Some(stream), time: Box::pin(tokio::time::sleep_until(deadline.into())) }
    }
}

impl<T> Stream for Timed<T> {
    type Item = Result<T, ConnectError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
        // Time comes first: a stream that always has an item would never end.
        if this.time.poll_unpin(context).is_ready() {
            this.stream = None;
            return Poll::Ready(Some(Err(deadline_exceeded())));
        }
        stream.poll_next_unpin(context)
    }
}

/// What a caller is told whose time is up.
pub(super) fn deadline_exceeded() -> ConnectError {
    Failure::new(Reason::DeadlineExceeded, "the deadline of the call passed; its work may have been done")
        .into()
}
