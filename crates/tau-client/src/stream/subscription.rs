//! Sessions, as they happen.

use std::collections::BTreeSet;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::stream::{BoxStream, Stream, StreamExt as _};
use tau_proto::runtime::v1 as pb;
use tau_proto::runtime::v1::{SubscribeEnd, SubscribeRequest, SubscribeResponse, subscribe_response};

use super::positions::Positions;
use super::resuming::{End, Feed, Messages, Step, messages, resuming};
use crate::client::Client;
use crate::error::{Error, ErrorKind};

/// Something that happens in sessions that are followed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SubscriptionItem {
    /// Something happened, for good. Events of one session come in order, each once.
    Event(Box<pb::SessionEvent>),
    /// Something streams; the event that follows says the whole.
    Delta(pb::Delta),
    /// Deltas were left out.
    Lagged(pb::Lagged),
    /// A session changed; it replaces what was told of it before. Only where it was asked for.
    Session(Box<pb::Session>),
    /// From here on what is told of a session is news.
    CaughtUp(pb::CaughtUp),
    /// A session is followed no further.
    Stopped(Box<pb::SessionStopped>),
    /// The connection was lost and is there again. What streamed meanwhile is missing; no event is.
    Reconnected,
}

/// Sessions, as they happen: a stream of [`SubscriptionItem`]s.
///
/// A lost connection is made again, and every session followed from where it was heard of last.
pub struct Subscription(BoxStream<'static, Result<SubscriptionItem, Error>>);

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription")
    }
}

impl Subscription {
    pub(crate) async fn start(client: Client, request: SubscribeRequest) -> Result<Self, Error> {
        let patience = client.options().reconnect_for;
        let mut positions = Positions::default();
        for cursor in &request.sessions {
            positions.begin(&cursor.session_id, cursor.after_seq);
        }
        let feed = Follow { client, request, caught_up: BTreeSet::new(), is_over: false };
        let messages = feed.open(&positions).await?;
        Ok(Self(resuming(feed, positions, messages, patience)))
    }

    /// What happens next; `None` after the end that was asked for.
    ///
    /// # Errors
    /// What the server says of the request, with the first item; and what kept the connection from coming back.
    pub async fn next(&mut self) -> Option<Result<SubscriptionItem, Error>> {
        self.0.next().await
    }
}

impl Stream for Subscription {
    type Item = Result<SubscriptionItem, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

struct Follow {
    client: Client,
    request: SubscribeRequest,
    /// Sessions of which this was told: after a loss it is not news.
    caught_up: BTreeSet<String>,
    /// Whether no session is left to be followed.
    is_over: bool,
}

impl Feed for Follow {
    type Message = SubscribeResponse;
    type Item = SubscriptionItem;

    fn open(&self, positions: &Positions) -> BoxFuture<'static, Result<Messages<SubscribeResponse>, Error>> {
        let (client, mut request) = (self.client.clone(), self.request.clone());
        let cursor = |session: &str| pb::SessionCursor {
            session_id: session.to_owned(),
            after_seq: positions.again(session),
            ..Default::default()
        };
        request.sessions = positions.sessions().map(cursor).collect();
        let is_over = self.is_over;
        async move {
            if is_over {
                return Ok(futures::stream::empty().boxed());
            }
            let stream = client.runtime().subscribe(request).await.map_err(Error::of_stream)?;
            Ok(messages!(stream, SubscribeResponse))
        }
        .boxed()
    }

    fn take(&mut self, message: SubscribeResponse, positions: &mut Positions) -> Step<SubscriptionItem> {
        use subscribe_response::Message;
        match message.message {
            Some(Message::Event(event)) if positions.take(&event) => {
                Step::Tell(SubscriptionItem::Event(event.into()))
            }
            Some(Message::Delta(delta)) => Step::Tell(SubscriptionItem::Delta(delta)),
            Some(Message::Lagged(lagged)) => Step::Tell(SubscriptionItem::Lagged(lagged)),
            Some(Message::Session(session)) => Step::Tell(SubscriptionItem::Session(session.into())),
            Some(Message::CaughtUp(caught_up)) if self.caught_up.insert(caught_up.session_id.clone()) => {
                Step::Tell(SubscriptionItem::CaughtUp(caught_up))
            }
            Some(Message::Stopped(stopped)) => {
                positions.forget(&stopped.session_id);
                self.caught_up.remove(&stopped.session_id);
                let is_empty = positions.sessions().next().is_none();
                self.is_over = is_empty && !self.request.selector.is_set();
                Step::Tell(SubscriptionItem::Stopped(stopped.into()))
            }
            Some(Message::Heartbeat(heartbeat)) => {
                positions.pass(&heartbeat.positions);
                Step::Skip
            }
            Some(Message::Event(_) | Message::CaughtUp(_)) | None => Step::Skip,
        }
    }

    fn ended(&self) -> End {
        match self.request.end.as_known() {
            _ if self.is_over => End::Final,
            Some(SubscribeEnd::AtHead | SubscribeEnd::WhenStopped) => End::Final,
            _ => End::Interrupted(Error::new(ErrorKind::Ended, "the server ended the subscription")),
        }
    }

    fn reconnected() -> SubscriptionItem {
        SubscriptionItem::Reconnected
    }
}
