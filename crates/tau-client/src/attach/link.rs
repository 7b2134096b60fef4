//! One stream of `Attach`, as a stream and a sink of messages.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use connectrpc::client::{BidiSendHalf, BidiStream};
use futures::sink::{self, Sink, SinkExt as _};
use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use tau_proto::runtime::v1::__buffa::view::AttachResponseView;
use tau_proto::runtime::v1::{AttachRequest, AttachResponse};

use crate::error::Error;
use crate::transport::AnswerBody;

/// One stream of `Attach`. Dropping both halves is what losing a connection is.
///
/// [`incoming`](Self::incoming) must be read to its end also while something is sent: what lies unread counts against
/// everything else on the connection.
#[derive(Debug)]
#[non_exhaustive]
pub struct Link {
    /// What the server says. An error is the last.
    pub incoming: Incoming,
    /// What is said to the server. Closing it says that no more comes.
    pub outgoing: Outgoing,
}

/// What the server says.
pub struct Incoming(BoxStream<'static, Result<AttachResponse, Error>>);

/// What is said to the server.
pub struct Outgoing(Pin<Box<dyn Sink<AttachRequest, Error = Error> + Send>>);

impl Link {
    pub(crate) fn new(stream: BidiStream<AnswerBody, AttachRequest, AttachResponseView<'static>>) -> Self {
        let (sender, receiver) = stream.into_split();
        let incoming = stream::unfold(Some(receiver), async |receiver| {
            let mut receiver = receiver?;
            match receiver.message::<AttachResponse>().await {
                Ok(message) => Some((Ok(message?.to_owned_message()), Some(receiver))),
                Err(error) => Some((Err(Error::of_stream(error)), None)),
            }
        });
        let send = async |mut sender: BidiSendHalf<AttachRequest>, message| {
            sender.send(message).await.map_err(Error::of_stream)?;
            Ok(sender)
        };
        let outgoing = sink::unfold(sender, send);
        Self { incoming: Incoming(incoming.boxed()), outgoing: Outgoing(Box::pin(outgoing)) }
    }
}

#[cfg(test)]
impl Link {
    /// Of streams that a test has in its hands.
    pub(super) fn of(
        incoming: BoxStream<'static, Result<AttachResponse, Error>>,
        outgoing: impl Sink<AttachRequest, Error = Error> + Send + 'static,
    ) -> Self {
        Self { incoming: Incoming(incoming), outgoing: Outgoing(Box::pin(outgoing)) }
    }
}

impl Stream for Incoming {
    type Item = Result<AttachResponse, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl Sink<AttachRequest> for Outgoing {
    type Error = Error;

    fn poll_ready(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready_unpin(context)
    }

    fn start_send(mut self: Pin<&mut Self>, message: AttachRequest) -> Result<(), Error> {
        self.0.start_send_unpin(message)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_flush_unpin(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_close_unpin(context)
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incoming")
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outgoing")
    }
}
