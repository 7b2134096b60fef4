//! Who takes part in a hub, and what it answers.

use std::error::Error;
use std::num::NonZeroUsize;

use bytes::Bytes;
use serde::Serialize;

use super::mailbox::Overflow;
use super::message::{Headers, Message};

/// Why a handler failed. Its text is what whoever asked gets to see.
pub type HandlerError = Box<dyn Error + Send + Sync>;

/// An asynchronous function from a message to a reply: an agent, a session, a tool, a counter.
///
/// Closures are participants: `|message: Message| async move { "pong" }`, where the result is anything that is
/// [`IntoReply`].
///
/// A participant is handed its messages one after the other, unless it asks for more at a time
/// ([`ParticipantOptions::concurrency`]). It may panic: that costs the message it was handed and nothing else. When it is
/// unregistered or the hub drains, it finishes the message it has; when the hub stops, its future is dropped at the next
/// point where it waits. The reply to a message that nobody waits on goes nowhere.
///
/// A participant that asks itself waits for its deadline: it has one message at a time.
pub trait Participant: Send + Sync + 'static {
    /// Deals with `message`.
    fn handle(&self, message: Message) -> impl Future<Output = Result<Reply, HandlerError>> + Send;
}

impl<F, Answer> Participant for F
where
    F: Fn(Message) -> Answer + Send + Sync + 'static,
    Answer: Future<Output: IntoReply> + Send,
{
    async fn handle(&self, message: Message) -> Result<Reply, HandlerError> {
        self(message).await.into_reply()
    }
}

/// What a handler answers: a body, and headers beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    pub(super) headers: Headers,
    pub(super) body: Bytes,
}

impl Reply {
    /// A reply with this body.
    #[must_use]
    pub fn new(body: impl Into<Bytes>) -> Self {
        Self { headers: Headers::new(), body: body.into() }
    }

    /// A reply with `value` as JSON in its body.
    ///
    /// # Errors
    ///
    /// When the value has no JSON: a map with keys that are no text, or a `Serialize` that fails.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_vec(value).map(Self::new)
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<Box<str>>, value: impl Into<Box<str>>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// The reply that says the same as the reply to another request.
    pub(super) fn of(message: &Message) -> Self {
        let headers = message.headers.as_deref().cloned().unwrap_or_default();
        Self { headers, body: message.body.clone() }
    }
}

/// What a closure may return to be a participant.
pub trait IntoReply {
    /// The reply, or why there is none.
    ///
    /// # Errors
    ///
    /// When the handler failed.
    fn into_reply(self) -> Result<Reply, HandlerError>;
}

impl IntoReply for Reply {
    fn into_reply(self) -> Result<Reply, HandlerError> {
        Ok(self)
    }
}

/// The empty reply.
impl IntoReply for () {
    fn into_reply(self) -> Result<Reply, HandlerError> {
        Ok(Reply::default())
    }
}

impl<T: IntoReply, E: Into<HandlerError>> IntoReply for Result<T, E> {
    fn into_reply(self) -> Result<Reply, HandlerError> {
        self.map_err(Into::into)?.into_reply()
    }
}

macro_rules! body_is_reply {
    ($($body:ty),*) => {$(
        impl IntoReply for $body {
            fn into_reply(self) -> Result<Reply, HandlerError> {
                Ok(Reply::new(self))
            }
        }
    )*};
}

body_is_reply!(Bytes, Vec<u8>, String, &'static str, &'static [u8]);

/// How a participant takes its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParticipantOptions {
    pub(super) capacity: NonZeroUsize,
    pub(super) overflow: Overflow,
    pub(super) concurrency: NonZeroUsize,
}

impl Default for ParticipantOptions {
    /// Room for 1,024 messages, senders wait for room, one message at a time.
    fn default() -> Self {
        let capacity = NonZeroUsize::new(1024).unwrap_or(NonZeroUsize::MIN);
        Self { capacity, overflow: Overflow::Wait, concurrency: NonZeroUsize::MIN }
    }
}

impl ParticipantOptions {
    /// How many messages may wait in the mailbox, those that are being handled not counted.
    #[must_use]
    pub fn capacity(mut self, capacity: NonZeroUsize) -> Self {
        self.capacity = capacity;
        self
    }

    /// What happens to a message that finds the mailbox full.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }

    /// How many messages it is handed at the same time. With more than one they no longer end in their order.
    #[must_use]
    pub fn concurrency(mut self, concurrency: NonZeroUsize) -> Self {
        self.concurrency = concurrency;
        self
    }
}
