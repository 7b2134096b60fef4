//! What carries calls, whichever way they go.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use connectrpc::ConnectError;
use connectrpc::client::{ClientBody, ClientTransport};
use futures::future::{BoxFuture, FutureExt as _};
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;

/// What carries calls: a connection, or a service in this process. Cloning shares it.
#[derive(Clone)]
pub struct Transport(Arc<dyn Carry>);

/// The body of an answer.
pub type AnswerBody = UnsyncBoxBody<Bytes, ConnectError>;

type Answer = Result<Response<AnswerBody>, TransportError>;

/// [`ClientTransport`] without its types, so that a client has one type wherever its server is.
trait Carry: Send + Sync {
    fn carry(&self, request: Request<ClientBody>) -> BoxFuture<'static, Answer>;
}

impl<T> Carry for T
where
    T: ClientTransport,
    <T::ResponseBody as Body>::Error: Error + Send + Sync + 'static,
{
    fn carry(&self, request: Request<ClientBody>) -> BoxFuture<'static, Answer> {
        let sent = self.send(request);
        async move {
            let answer = sent.await.map_err(|error| TransportError(Box::new(error)))?;
            let broken = |error| ConnectError::unavailable_from_transport("the connection broke off", error);
            Ok(answer.map(|body| body.map_err(broken).boxed_unsync()))
        }
        .boxed()
    }
}

impl Transport {
    /// A transport of any kind.
    pub fn new<T>(transport: T) -> Self
    where
        T: ClientTransport,
        <T::ResponseBody as Body>::Error: Error + Send + Sync + 'static,
    {
        Self(Arc::new(transport))
    }
}

impl ClientTransport for Transport {
    type ResponseBody = AnswerBody;
    type Error = TransportError;

    fn send(&self, request: Request<ClientBody>) -> BoxFuture<'static, Answer> {
        self.0.carry(request)
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transport")
    }
}

/// A request could not be sent, or was not answered.
#[derive(Debug)]
pub struct TransportError(Box<dyn Error + Send + Sync>);

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request could not be sent")
    }
}

impl Error for TransportError {
    // What went wrong stays whole below: callers look for a `ConnectError` there.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
