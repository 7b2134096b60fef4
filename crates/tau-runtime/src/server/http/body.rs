//! Bodies of requests and responses.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use connectrpc::ConnectRpcBody;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Sleep;

use super::{leftover, repair};

/// The body of a response.
///
/// `connectrpc`'s own has no empty form, which answers to browsers need, and does not tell its size, so that unary
/// responses would go without `content-length`.
#[derive(Default)]
pub struct RpcBody {
    body: Option<ConnectRpcBody>,
    /// What decides the shape of an error, until the first frame has passed.
    first: Option<HeaderMap>,
    /// The place of the call, free again when its answer has left.
    place: Option<OwnedSemaphorePermit>,
}

impl std::fmt::Debug for RpcBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RpcBody").field("size", &self.size_hint()).finish()
    }
}

impl RpcBody {
    /// The body of a response to a request of which these headers decide the shape of errors.
    pub(super) fn new(body: ConnectRpcBody, headers: HeaderMap) -> Self {
        let first = (!matches!(body, ConnectRpcBody::Full(_))).then_some(headers);
        Self { body: Some(body), first, place: None }
    }

    /// The same, holding the place of its call.
    pub(super) fn holding(mut self, place: OwnedSemaphorePermit) -> Self {
        self.place = Some(place);
        self
    }
}

impl Body for RpcBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = std::task::ready!(Pin::new(body).poll_frame(context));
        Poll::Ready(match (frame, self.first.take()) {
            (Some(Ok(frame)), Some(headers)) => Some(Ok(repair::frame(frame, &headers))),
            (frame, _) => frame,
        })
    }

    fn is_end_stream(&self) -> bool {
        match &self.body {
            None => true,
            Some(ConnectRpcBody::Full(body)) => body.is_end_stream(),
            Some(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.body {
            None => SizeHint::with_exact(0),
            Some(ConnectRpcBody::Full(body)) => body.size_hint(),
            Some(_) => SizeHint::default(),
        }
    }
}

/// What went wrong with the body of a request. To its reader any error is the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyFault {
    /// It did not arrive in time.
    Late,
    /// The caller broke off.
    Broken,
}

/// The body of a request, watched for what goes wrong with it, and for its time where it has one.
pub(super) struct WatchedBody<B: Body<Data = Bytes> + Send + 'static> {
    /// `None` once it is dropped.
    body: Option<Pin<Box<B>>>,
    time: Option<Pin<Box<Sleep>>>,
    fault: Arc<OnceLock<BodyFault>>,
    rest: Rest,
}

/// What becomes of what nobody has read of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is read, so that its caller sees the answer: see [`leftover`].
    Discarded,
    /// What is on its way over HTTP/2 is read.
    Arriving,
    /// Nothing: its caller is in this process, or closing is what is due.
    Left,
}

impl<B: Body<Data = Bytes> + Send + 'static> WatchedBody<B> {
    pub(super) fn new(body: B, rest: Rest, time: Option<Duration>, fault: Arc<OnceLock<BodyFault>>) -> Self {
        let time = time.map(|time| Box::pin(tokio::time::sleep(time)));
        Self { body: Some(Box::pin(body)), time, fault, rest }
    }
}

impl<B: Body<Data = Bytes> + Send + 'static> Drop for WatchedBody<B> {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|_| self.fault.get().is_none()) else { return };
        match self.rest {
            Rest::Discarded => leftover::discard_behind(body),
            Rest::Arriving => leftover::let_arrive(body),
            Rest::Left => {}
        }
    }
}

/// Why the body of a request broke off.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatchedBodyError<E> {
    #[error("the request took too long to arrive")]
    TooSlow,
    #[error(transparent)]
    Body(E),
}

impl<B: Body<Data = Bytes> + Send + 'static> Body for WatchedBody<B> {
    type Data = Bytes;
    type Error = WatchedBodyError<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        if let Poll::Ready(frame) = body.as_mut().poll_frame(context) {
            if matches!(frame, Some(Err(_))) {
                // The first fault counts.
                let _ = self.fault.set(BodyFault::Broken);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(WatchedBodyError::Body)));
        }
        let Some(time) = &mut self.time else { return Poll::Pending };
        std::task::ready!(time.as_mut().poll(context));
        let _ = self.fault.set(BodyFault::Late);
        Poll::Ready(Some(Err(WatchedBodyError::TooSlow)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(|body| body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(SizeHint::default, |body| body.size_hint())
    }
}
