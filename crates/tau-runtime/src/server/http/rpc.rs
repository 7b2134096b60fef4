//! The calls themselves, of callers whose names were found good.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use connectrpc::dispatcher::Dispatcher;
use connectrpc::router::MethodKind;
use connectrpc::{
    ConnectError, ConnectRpcBody, ConnectRpcService, DeadlinePolicy, Interceptor, Limits, Protocol,
};
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body::Body;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

use super::access::Access;
use super::body::{BodyFault, Rest, RpcBody, WatchedBody};
use super::guarded::Guarded;
use super::leftover;
use super::options::{HttpOptions, LoadOptions};
use super::panic;
use super::peer::Peer;
use super::refuse::refuse;
use super::service::{finished, shape_headers};
use super::stream::deadline_exceeded;
use crate::server::failure::Failure;
use crate::server::reason::Reason;

/// The head of an envelope, which is not of the message.
const ENVELOPE: usize = 5;

/// Checks the token and the size, and calls.
pub(super) struct Rpc<D> {
    access: Arc<Access>,
    /// A default deadline is of the whole service in `connectrpc`, and would cut streams: so there are two.
    unary: ConnectRpcService<Guarded<D>>,
    streams: ConnectRpcService<Guarded<D>>,
    places: Places,
    max_bytes: usize,
    request_time: Duration,
}

impl<D> Clone for Rpc<D> {
    fn clone(&self) -> Self {
        let access = Arc::clone(&self.access);
        let (unary, streams, places) = (self.unary.clone(), self.streams.clone(), self.places.clone());
        Self { access, unary, streams, places, ..*self }
    }
}

/// Places for calls and for streams, of all connections.
#[derive(Clone)]
struct Places {
    calls: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

impl Places {
    fn new(options: &LoadOptions) -> Self {
        let places = |max: usize| Arc::new(Semaphore::new(max.min(Semaphore::MAX_PERMITS)));
        Self { calls: places(options.max_calls), streams: places(options.max_streams) }
    }

    fn take(&self, route: &Route) -> Result<OwnedSemaphorePermit, Failure> {
        let (places, what) = match route {
            Route::Unary => (&self.calls, "calls"),
            Route::ServerStream | Route::Stream => (&self.streams, "streams"),
        };
        let overloaded =
            |_| Failure::new(Reason::Overloaded, format!("the server has as many {what} as it takes"));
        Arc::clone(places).try_acquire_owned().map_err(overloaded)
    }
}

/// How the body of a request is read.
enum Route {
    Unary,
    /// One message, then a stream of answers.
    ServerStream,
    Stream,
}

impl<D: Dispatcher> Rpc<D> {
    pub(super) fn new(
        dispatcher: Guarded<D>,
        interceptors: &[Arc<dyn Interceptor>],
        access: Arc<Access>,
        options: &HttpOptions,
    ) -> Self {
        let max_bytes = options.messages.max_bytes;
        let limits = Limits::default()
            .with_max_message_size(max_bytes)
            .with_max_request_body_size(max_bytes.saturating_add(ENVELOPE));
        let times = &options.deadlines;
        let policy =
            DeadlinePolicy::new().with_default_timeout(times.default_unary).with_max(times.max_unary);
        let streams = ConnectRpcService::new(dispatcher).with_limits(limits);
        let streams = interceptors
            .iter()
            .fold(streams, |service, interceptor| service.with_interceptor_arc(Arc::clone(interceptor)));
        let unary = streams.clone().with_deadline_policy(policy);
        let places = Places::new(&options.load);
        Self { access, unary, streams, places, max_bytes, request_time: times.request }
    }

    fn route<B: Body>(&self, request: &Request<B>) -> Result<Route, Failure> {
        self.access.check_token(request.headers(), request.extensions().get::<Peer>())?;
        let path = request.uri().path();
        let Some(method) = self.unary.dispatcher().lookup(path.strip_prefix('/').unwrap_or(path)) else {
            return Err(Failure::new(Reason::NotImplemented, "this server does not offer the call"));
        };
        let is_stream = request.method() == Method::POST
            && Protocol::detect(request.headers()).is_some_and(|protocol| protocol.is_streaming);
        let route = match method.kind {
            MethodKind::ServerStreaming if is_stream => Route::ServerStream,
            MethodKind::ClientStreaming | MethodKind::BidiStreaming if is_stream => return Ok(Route::Stream),
            _ => Route::Unary,
        };
        let max = method.limits.map_or(self.max_bytes, |limits| limits.max_request_body_size());
        let size = request.body().size_hint().lower();
        if size > max.saturating_add(ENVELOPE) as u64 {
            let failure =
                Failure::new(Reason::MessageTooLarge, "the message is larger than this server takes");
            return Err(failure.fact("limit", max).fact("actual", size));
        }
        Ok(route)
    }
}

impl<D, B> Service<Request<B>> for Rpc<D>
where
    D: Dispatcher,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<RpcBody>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let headers = shape_headers(request.headers());
        let fault = Arc::new(OnceLock::new());
        let watched = |request: Request<B>, time| {
            let (head, body) = request.into_parts();
            let is_network = head.extensions.get::<Peer>().is_some_and(|peer| *peer != Peer::InProcess);
            let rest = match head.version {
                _ if !is_network => Rest::Left,
                Version::HTTP_2 => Rest::Arriving,
                _ if leftover::is_wanted(&head, &body) => Rest::Discarded,
                _ => Rest::Left,
            };
            Request::from_parts(head, WatchedBody::new(body, rest, time, Arc::clone(&fault)))
        };
        let routed = self.route(&request).and_then(|route| Ok((self.places.take(&route)?, route)));
        let (place, call) = match routed {
            Ok((place, Route::Unary)) => (place, self.unary.call(watched(request, None))),
            Ok((place, Route::Stream)) => (place, self.streams.call(watched(request, None))),
            Ok((place, Route::ServerStream)) => {
                (place, self.streams.call(watched(request, Some(self.request_time))))
            }
            Err(failure) => {
                let (head, body) = request.into_parts();
                return Box::pin(refuse(failure, head, body));
            }
        };
        Box::pin(async move { Ok(caught(call, headers, fault).await?.map(|body| body.holding(place))) })
    }
}

/// Interceptors and handlers may panic. Streams catch their own: see [`Guarded`].
async fn caught(
    call: impl Future<Output = Result<Response<ConnectRpcBody>, Infallible>>,
    headers: HeaderMap,
    fault: Arc<OnceLock<BodyFault>>,
) -> Result<Response<RpcBody>, Infallible> {
    let response = match (AssertUnwindSafe(call).catch_unwind().await, fault.get()) {
        (Err(payload), _) => panic::failure(&*payload).into_http_response(&headers),
        (Ok(_), Some(BodyFault::Late)) => deadline_exceeded().into_http_response(&headers),
        // To `connectrpc` it is an error of the server's.
        (Ok(_), Some(BodyFault::Broken)) => broken_off().into_http_response(&headers),
        (Ok(response), None) => response?,
    };
    Ok(finished(response, headers))
}

fn broken_off() -> ConnectError {
    Failure::new(Reason::Malformed, "the request broke off before its end").into()
}
