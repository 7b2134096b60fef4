//! What stands between the protocols and the handlers.

use std::sync::Arc;
use std::time::Instant;

use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, ConnectError, Dispatcher, EncodedBody, ErrorCode, MethodDescriptor, Payload, RequestContext,
    ServiceStream,
};
use futures::StreamExt;
use tau_proto::buffa::MessageName;
use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::ErrorDetail;

use super::json::JsonShapes;
use super::stream::{Timed, catch_stream, deadline_exceeded};
use crate::server::failure::Failure;
use crate::server::reason::Reason;

/// A dispatcher that
///
/// - refuses JSON that its decoder would take in silence: fields that do not exist, arrays for messages;
/// - ends streams whose deadline passed, and the panics in them;
/// - gives every error an `ErrorDetail`.
///
/// It is a dispatcher, and not a layer around the requests, because here messages are whole and decompressed, in all
/// protocols and transports alike; encoded protobuf passes it untouched.
#[derive(Debug)]
pub(super) struct Guarded<D> {
    inner: D,
    shapes: Arc<JsonShapes>,
    max_json_depth: usize,
}

impl<D> Guarded<D> {
    pub(super) fn new(inner: D, shapes: JsonShapes, max_json_depth: usize) -> Self {
        Self { inner, shapes: Arc::new(shapes), max_json_depth }
    }

    fn check(&self, path: &str, message: &Bytes, format: CodecFormat) -> Result<(), ConnectError> {
        if format != CodecFormat::Json {
            return Ok(());
        }
        self.shapes.check(path, message, self.max_json_depth).map_err(malformed)
    }

    /// The messages of a call, each checked as it passes.
    fn checked(&self, path: &str, requests: RequestStream, format: CodecFormat) -> RequestStream {
        if format != CodecFormat::Json {
            return requests;
        }
        let (shapes, max_depth, path) = (Arc::clone(&self.shapes), self.max_json_depth, path.to_owned());
        let checked = requests.map(move |message| {
            let message = message?;
            shapes.check(&path, &message, max_depth).map_err(malformed)?;
            Ok(message)
        });
        Box::pin(checked)
    }
}

impl<D: Dispatcher> Dispatcher for Guarded<D> {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        self.inner.lookup(path)
    }

    fn call_unary(
        &self,
        path: &str,
        ctx: RequestContext,
        request: Payload,
        format: CodecFormat,
    ) -> UnaryResult {
        let checked = request.encoded().and_then(|message| self.check(path, &message, format));
        match checked {
            Ok(()) => unary(ctx.deadline(), self.inner.call_unary(path, ctx, request, format)),
            Err(error) => refused(error),
        }
    }

    fn call_server_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        request: Bytes,
        format: CodecFormat,
    ) -> StreamingResult {
        match self.check(path, &request, format) {
            Ok(()) => streaming(ctx.deadline(), self.inner.call_server_streaming(path, ctx, request, format)),
            Err(error) => refused(error),
        }
    }

    fn call_client_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> UnaryResult {
        let requests = self.checked(path, requests, format);
        unary(ctx.deadline(), self.inner.call_client_streaming(path, ctx, requests, format))
    }

    fn call_bidi_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> StreamingResult {
        let requests = self.checked(path, requests, format);
        streaming(ctx.deadline(), self.inner.call_bidi_streaming(path, ctx, requests, format))
    }
}

fn refused<T: Send + 'static>(
    error: ConnectError,
) -> connectrpc::handler::BoxFuture<'static, Result<T, ConnectError>> {
    Box::pin(std::future::ready(Err(error)))
}

fn unary(deadline: Option<Instant>, call: UnaryResult) -> UnaryResult {
    Box::pin(async move { timed(deadline, call).await.map_err(detailed) })
}

fn streaming(deadline: Option<Instant>, call: StreamingResult) -> StreamingResult {
    Box::pin(async move {
        let response = timed(deadline, call).await.map_err(detailed)?;
        Ok(response.map_body(|stream| guarded(stream, deadline)))
    })
}

/// `connectrpc` enforces the same deadline around this one, which comes first because it is polled first.
async fn timed<T>(
    deadline: Option<Instant>,
    call: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    let Some(deadline) = deadline else { return call.await };
    tokio::time::timeout_at(deadline.into(), call).await.unwrap_or_else(|_| Err(deadline_exceeded()))
}

fn guarded(stream: ServiceStream<EncodedBody>, deadline: Option<Instant>) -> ServiceStream<EncodedBody> {
    let stream = Box::pin(catch_stream(stream).map(|item| item.map_err(detailed)));
    match deadline {
        Some(deadline) => Box::pin(Timed::new(stream, deadline)),
        None => stream,
    }
}

fn malformed(message: String) -> ConnectError {
    Failure::new(Reason::Malformed, message).into()
}

/// An error with the detail that every error has. One that came without is of `connectrpc`'s decoders.
pub(super) fn detailed(error: ConnectError) -> ConnectError {
    let is_ours = |detail: &connectrpc::ErrorDetail| detail.type_url.ends_with(ErrorDetail::FULL_NAME);
    if error.details.iter().any(is_ours) {
        return error;
    }
    let reason = match error.code {
        ErrorCode::InvalidArgument => Reason::Malformed,
        ErrorCode::ResourceExhausted => Reason::MessageTooLarge,
        ErrorCode::DeadlineExceeded => Reason::DeadlineExceeded,
        ErrorCode::Unimplemented => Reason::NotImplemented,
        ErrorCode::Unauthenticated => Reason::Unauthenticated,
        ErrorCode::PermissionDenied => Reason::NotPermitted,
        ErrorCode::Internal => Reason::Internal,
        // These codes stand for several reasons, and no decoder gives them.
        _ => return error,
    };
    let detail = Failure::new(reason, "").to_detail();
    error.with_detail(connectrpc::ErrorDetail::from_message(ErrorDetail::FULL_NAME, &detail))
}
