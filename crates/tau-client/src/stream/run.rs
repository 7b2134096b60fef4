//! One run, as it happens.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, Stream, StreamExt as _};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::{RunRequest, RunResponse, run_response};

use super::positions::Positions;
use super::resuming::{End, Feed, Messages, Step, messages, resuming};
use crate::client::{Client, new_key};
use crate::error::{Error, ErrorKind};

/// Something that happens in a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum RunItem {
    /// The prompt was taken. Always the first.
    Accepted(pb::RunAccepted),
    /// Something happened, for good.
    Event(Box<pb::SessionEvent>),
    /// Something streams; the event that follows says the whole.
    Delta(pb::Delta),
    /// Deltas were left out.
    Lagged(pb::Lagged),
    /// The connection was lost and is there again. What streamed meanwhile is missing; no event is.
    Reconnected,
    /// The run ended. Always the last.
    Finished(Box<pb::RunResult>),
}

/// One run, as it happens: a stream of [`RunItem`]s that ends with [`RunItem::Finished`].
///
/// A lost connection is made again, and the run followed from where it was heard of last. After an error nothing follows;
/// the run itself may go on.
pub struct RunStream(BoxStream<'static, Result<RunItem, Error>>);

impl fmt::Debug for RunStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunStream")
    }
}

impl RunStream {
    pub(crate) async fn start(client: Client, mut request: RunRequest) -> Result<Self, Error> {
        // With a key, asking again follows the run instead of starting another.
        if request.idempotency_key.is_empty() {
            request.idempotency_key = new_key();
        }
        let patience = client.options().reconnect_for;
        let mut positions = Positions::default();
        positions.begin(&request.session_id, request.after_seq);
        let feed = Run { client, request, is_accepted: false };
        let messages = feed.open(&positions).await?;
        let mut items = resuming(feed, positions, messages, patience);
        // What is wrong with the request is told instead of the first item.
        let first = loop {
            match items.next().await {
                // Whoever was told nothing yet misses nothing.
                Some(Ok(RunItem::Reconnected)) => {}
                Some(first) => break first?,
                None => return Err(Error::new(ErrorKind::Protocol, "the server said nothing of the run")),
            }
        };
        Ok(Self(stream::iter([Ok(first)]).chain(items).boxed()))
    }

    /// What happens next; `None` after the end.
    ///
    /// # Errors
    /// [`ErrorKind::Ended`] where the session stopped before the run did; what the server says; and what kept the
    /// connection from coming back.
    pub async fn next(&mut self) -> Option<Result<RunItem, Error>> {
        self.0.next().await
    }

    /// How the run ends, whatever happens until then.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn result(mut self) -> Result<pb::RunResult, Error> {
        while let Some(item) = self.next().await {
            if let RunItem::Finished(result) = item? {
                return Ok(*result);
            }
        }
        Err(stopped())
    }
}

impl Stream for RunStream {
    type Item = Result<RunItem, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

fn stopped() -> Error {
    Error::new(ErrorKind::Ended, "the session stopped before the run did; resume it to go on")
}

struct Run {
    client: Client,
    request: RunRequest,
    is_accepted: bool,
}

impl Feed for Run {
    type Message = RunResponse;
    type Item = RunItem;

    fn open(&self, positions: &Positions) -> BoxFuture<'static, Result<Messages<RunResponse>, Error>> {
        let (client, mut request) = (self.client.clone(), self.request.clone());
        request.after_seq = positions.again(&request.session_id);
        async move {
            let stream = client.runtime().run(request).await.map_err(Error::of_stream)?;
            Ok(messages!(stream, RunResponse))
        }
        .boxed()
    }

    fn take(&mut self, message: RunResponse, positions: &mut Positions) -> Step<RunItem> {
        use run_response::Message;
        match message.message {
            Some(Message::Event(event)) if positions.take(&event) => Step::Tell(RunItem::Event(event.into())),
            Some(Message::Delta(delta)) => Step::Tell(RunItem::Delta(delta)),
            Some(Message::Lagged(lagged)) => Step::Tell(RunItem::Lagged(lagged)),
            Some(Message::Accepted(accepted)) if !self.is_accepted => {
                self.is_accepted = true;
                Step::Tell(RunItem::Accepted(accepted))
            }
            Some(Message::Result(result)) => Step::Last(RunItem::Finished(result.into())),
            Some(Message::Heartbeat(heartbeat)) => {
                positions.pass(&heartbeat.positions);
                Step::Skip
            }
            Some(Message::Event(_) | Message::Accepted(_)) | None => Step::Skip,
        }
    }

    fn ended(&self) -> End {
        End::Failed(stopped())
    }

    fn reconnected() -> RunItem {
        RunItem::Reconnected
    }
}
