//! Messages, and the builder that makes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::error::{HubError, HubErrorKind};
use super::name::{HubId, MessageId, NameError, ParticipantId};
use super::subject::Subject;

/// What is said about a message beside its body. Ordered, so that it is the same bytes on every way.
pub(super) type Headers = BTreeMap<Box<str>, Box<str>>;

/// Who a message is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Destination {
    /// One participant.
    Participant(ParticipantId),
    /// Whoever subscribed to a pattern that this subject matches.
    Subject(Subject),
    /// Every participant but the sender.
    Everyone,
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Participant(id) => f.write_str(id.as_str()),
            Self::Subject(subject) => f.write_str(subject.as_str()),
            Self::Everyone => f.write_str("everyone"),
        }
    }
}

/// What comes first in a mailbox: all messages of a higher priority before any of a lower one, in their order within one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub enum Priority {
    /// Behind everything else.
    Low,
    /// Where nothing else is said.
    #[default]
    Normal,
    /// Before everything else.
    High,
}

/// What a message is sent for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// At most once.
    Tell,
    /// At most once, and somebody waits for the answer.
    Ask,
    /// At least once, through the outbox.
    MustArrive,
}

/// A message as its handler gets it. Cheap to clone.
///
/// Made by a [`MessageBuilder`], which [`Message::to`], [`Message::on`] and [`Message::to_everyone`] begin.
#[derive(Debug, Clone)]
pub struct Message {
    pub(super) id: MessageId,
    pub(super) destination: Destination,
    pub(super) from: Option<ParticipantId>,
    pub(super) purpose: Purpose,
    pub(super) priority: Priority,
    pub(super) deadline: Option<Instant>,
    pub(super) correlation: Option<MessageId>,
    pub(super) headers: Option<Arc<Headers>>,
    /// The hubs it went through, but for the one of its id.
    pub(super) path: Option<Arc<[HubId]>>,
    pub(super) body: Bytes,
}

impl Message {
    /// Begins a message for the participant with this id.
    pub fn to<T: TryInto<ParticipantId, Error: Into<NameError>>>(id: T) -> MessageBuilder {
        MessageBuilder::new(id.try_into().map(Destination::Participant).map_err(Into::into))
    }

    /// Begins a message for whoever subscribed to this subject.
    pub fn on<T: TryInto<Subject, Error: Into<NameError>>>(subject: T) -> MessageBuilder {
        MessageBuilder::new(subject.try_into().map(Destination::Subject).map_err(Into::into))
    }

    /// Begins a message for every participant but the sender.
    pub fn to_everyone() -> MessageBuilder {
        MessageBuilder::new(Ok(Destination::Everyone))
    }

    /// The id. It stays the same on every way but one: a message that must arrive gets a new one in each hub that a bridge
    /// brings it to, because each of them keeps it by itself.
    #[must_use]
    pub fn id(&self) -> MessageId {
        self.id
    }

    /// Who it is for.
    #[must_use]
    pub fn destination(&self) -> &Destination {
        &self.destination
    }

    /// The subject it was published on, if it was published.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        match &self.destination {
            Destination::Subject(subject) => Some(subject),
            _ => None,
        }
    }

    /// Who says to have sent it. Of a reply, the participant that answered.
    #[must_use]
    pub fn from(&self) -> Option<&ParticipantId> {
        self.from.as_ref()
    }

    /// What comes first.
    #[must_use]
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// When nobody wants it any more.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Of a reply, the id of the request.
    #[must_use]
    pub fn correlation(&self) -> Option<MessageId> {
        self.correlation
    }

    /// Whether somebody waits for the answer.
    #[must_use]
    pub fn is_request(&self) -> bool {
        self.purpose == Purpose::Ask
    }

    /// Whether it must arrive.
    #[must_use]
    pub fn must_arrive(&self) -> bool {
        self.purpose == Purpose::MustArrive
    }

    /// How many bridges it went over.
    #[must_use]
    pub fn hops(&self) -> usize {
        self.path.as_ref().map_or(0, |path| path.len())
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name).map(|value| &**value)
    }

    /// All headers, in the order of their names.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().flat_map(|headers| headers.iter()).map(|(name, value)| (&**name, &**value))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as text.
    ///
    /// # Errors
    ///
    /// When it is not UTF-8.
    pub fn text(&self) -> Result<&str, std::str::Utf8Error> {
        std::str::from_utf8(&self.body)
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    ///
    /// When it is not JSON, or the JSON of something else.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    pub(super) fn has_passed(&self, hub: HubId) -> bool {
        self.id.origin == hub || self.path.as_ref().is_some_and(|path| path.contains(&hub))
    }
}

/// Makes a [`Message`]. What is wrong with a part is told when the message is sent.
#[derive(Debug)]
#[must_use = "a message is sent by a hub"]
pub struct MessageBuilder {
    destination: Result<Destination, HubError>,
    from: Option<ParticipantId>,
    priority: Priority,
    time: Option<Duration>,
    must_arrive: bool,
    headers: Headers,
    body: Bytes,
}

impl MessageBuilder {
    fn new(destination: Result<Destination, NameError>) -> Self {
        Self {
            destination: destination.map_err(HubError::from),
            from: None,
            priority: Priority::Normal,
            time: None,
            must_arrive: false,
            headers: Headers::new(),
            body: Bytes::new(),
        }
    }

    /// Says who sends it. Nobody proves that.
    pub fn from<T: TryInto<ParticipantId, Error: Into<NameError>>>(mut self, id: T) -> Self {
        match id.try_into() {
            Ok(id) => self.from = Some(id),
            Err(error) => self.fail(error.into().into()),
        }
        self
    }

    /// The body. Empty where nothing is said.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The body: `value` as JSON.
    pub fn json<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        match serde_json::to_vec(value) {
            Ok(body) => self.body = body.into(),
            Err(error) => self.fail(HubError::new(HubErrorKind::InvalidMessage).with_source(error)),
        }
        self
    }

    /// Sets a header.
    pub fn header(mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// What comes first in the mailbox.
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// How long after sending somebody still wants it. A request has the time that the hub is built with where nothing is
    /// said; any other message has no end.
    pub fn deadline_in(mut self, time: Duration) -> Self {
        self.time = Some(time);
        self
    }

    /// Sends it through the outbox: it is kept until its participant has dealt with it, and sent again as long as nobody
    /// says so. Only a message to a participant can be sent so.
    pub fn must_arrive(mut self) -> Self {
        self.must_arrive = true;
        self
    }

    fn fail(&mut self, error: HubError) {
        if self.destination.is_ok() {
            self.destination = Err(error);
        }
    }

    pub(super) fn build(self, id: MessageId) -> Result<Message, HubError> {
        let destination = self.destination?;
        let purpose = if self.must_arrive { Purpose::MustArrive } else { Purpose::Tell };
        if self.must_arrive && !matches!(destination, Destination::Participant(_)) {
            let detail = "only a message to one participant can be one that must arrive";
            return Err(HubError::new(HubErrorKind::InvalidMessage).about(destination).with_detail(detail));
        }
        let headers = (!self.headers.is_empty()).then(|| Arc::new(self.headers));
        // A time that no clock can show is no deadline.
        let deadline = self.time.and_then(|time| Instant::now().checked_add(time));
        Ok(Message {
            id,
            destination,
            from: self.from,
            purpose,
            priority: self.priority,
            deadline,
            correlation: None,
            headers,
            path: None,
            body: self.body,
        })
    }
}
