//! The way of a request: names, then what browsers are told, then the call.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use connectrpc::{ConnectRpcBody, Dispatcher, Interceptor, Protocol};
use futures::future::{BoxFuture, Either};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body;
use tower::{Layer, Service};
use tower_http::cors::{self, Cors};

use super::access::Access;
use super::body::RpcBody;
use super::guarded::Guarded;
use super::json::JsonShapes;
use super::options::HttpOptions;
use super::refuse::refuse;
use super::rpc::Rpc;
use super::{cors as browsers, repair};

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

/// What the types of both begin with; the first begins with the second.
const GRPC_WEB: &str = "application/grpc-web";
const GRPC: &str = "application/grpc";

type Answer = Result<Response<RpcBody>, Infallible>;

impl<D, B> Service<Request<B>> for HttpService<D>
where
    D: Dispatcher,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Response = Response<RpcBody>;
    type Error = Infallible;
    type Future = Either<BoxFuture<'static, Answer>, cors::ResponseFuture<BoxFuture<'static, Answer>>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (head, body) = request.into_parts();
        match self.access.check_names(&head) {
            Ok(()) => Either::Right(self.calls.call(Request::from_parts(head, body))),
            Err(failure) => Either::Left(Box::pin(refuse(failure, head, body))),
        }
    }
}

/// What of a request's headers decides the shape of an error.
pub(super) fn shape_headers(headers: &HeaderMap) -> HeaderMap {
    let content_type = headers.get(CONTENT_TYPE).map(|value| (CONTENT_TYPE, value.clone()));
    let mut shape: HeaderMap = content_type.into_iter().collect();
    // Of a codec that does not exist `connectrpc` says so in the protocol that the type begins with.
    let begins =
        |with: &str| shape.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(with.as_bytes()));
    let known = [GRPC_WEB, GRPC].into_iter().find(|kind| begins(kind));
    if let (Some(known), None) = (known, Protocol::detect(&shape)) {
        shape.insert(CONTENT_TYPE, HeaderValue::from_static(known));
    }
    shape
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
