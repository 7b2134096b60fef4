//! The way of a request: names, then what browsers are told, then the call.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectrpc::{ConnectError, ConnectRpcBody, Dispatcher, Interceptor};
use futures::future::{BoxFuture, Either};
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response, Version};
use http_body::Body;
use tower::{Layer, Service};
use tower_http::cors::{self, Cors};

use super::access::Access;
use super::body::RpcBody;
use super::guarded::Guarded;
use super::json::JsonShapes;
use super::options::HttpOptions;
use super::rpc::Rpc;
use super::{cors as browsers, repair};
use crate::server::failure::Failure;

/// Calls over HTTP, as a [`tower::Service`]: the same value serves every listener, and callers in the same process
/// through `connectrpc`'s `ServiceTransport`.
///
/// Every request carries a [`Peer`](super::Peer) among its extensions.
pub struct HttpService<D> {
    access: Arc<Access>,
    calls: Cors<Rpc<D>>,
}

impl<D> Clone for HttpService<D> {
    fn clone(&self) -> Self {
        Self { access: Arc::clone(&self.access), calls: self.calls.clone() }
    }
}

impl<D> std::fmt::Debug for HttpService<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpService").field("access", &self.access).finish_non_exhaustive()
    }
}

impl<D: Dispatcher> HttpService<D> {
    /// Serves what `dispatcher` has. The first interceptor is the outermost; `shapes` says what JSON may look like.
    pub fn new(
        dispatcher: D,
        shapes: JsonShapes,
        interceptors: &[Arc<dyn Interceptor>],
        options: &HttpOptions,
    ) -> Self {
        let access = Arc::new(Access::new(&options.access));
        let guarded = Guarded::new(dispatcher, shapes, options.messages.max_json_depth);
        let rpc = Rpc::new(guarded, interceptors, Arc::clone(&access), options);
        let calls = browsers::layer(Arc::clone(&access)).layer(rpc);
        Self { access, calls }
    }
}

type Answer = Result<Response<RpcBody>, Infallible>;

impl<D, B> Service<Request<B>> for HttpService<D>
where
    D: Dispatcher,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = Either<Ready<Answer>, cors::ResponseFuture<BoxFuture<'static, Answer>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        match self.access.check_names(&head) {
            Ok(()) => Either::Right(self.calls.call(Request::from_parts(head, body))),
            Err(failure) => {
                Either::Left(ready(Ok(refusal(failure, head.version, shape_headers(&head.headers)))))
            }
        }
    }
}

/// What of a request's headers decides the shape of an error.
pub(super) fn shape_headers(headers: &HeaderMap) -> HeaderMap {
    let content_type = headers.get(CONTENT_TYPE).map(|value| (CONTENT_TYPE, value.clone()));
    content_type.into_iter().collect()
}

/// An error instead of a call, in the caller's protocol.
///
/// The body of the request stays unread, after which an HTTP/1 connection is of no more use: the caller is told so, or it
/// would send its next request into a connection that closes.
pub(super) fn refusal(failure: Failure, version: Version, headers: HeaderMap) -> Response<RpcBody> {
    let mut response = finished(ConnectError::from(failure).into_http_response(&headers), headers);
    if version < Version::HTTP_2 {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A response as it leaves.
///
/// For an error before the first message `connectrpc` sends `grpc-status` in the head and again in the trailers, but the
/// details in the trailers alone; clients take such a head for the whole answer. Without it they read the trailers.
pub(super) fn finished(mut response: Response<ConnectRpcBody>, headers: HeaderMap) -> Response<RpcBody> {
    if !matches!(response.body(), ConnectRpcBody::Full(_)) {
        response.headers_mut().remove("grpc-status");
        response.headers_mut().remove("grpc-message");
    }
    let status = response.status();
    response.map(|body| RpcBody::new(repair::body(status, body, &headers), headers))
}
