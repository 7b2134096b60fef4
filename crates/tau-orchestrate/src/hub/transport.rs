//! The port that hubs reach each other through.

mod memory;
#[cfg(feature = "nats")]
mod nats;

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use tokio::sync::watch;

use super::subject::{Pattern, Subject};

pub use memory::InProcess;
#[cfg(feature = "nats")]
pub use nats::NatsTransport;

/// Whether a transport reaches anybody now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportStatus {
    /// It does.
    Connected,
    /// It does not, and tries to.
    Disconnected,
}

/// Frames that come over a subscription, until it is dropped.
pub type Frames = BoxStream<'static, Bytes>;

/// What brings frames from one hub to all that subscribed to their subject.
///
/// An implementer must keep true:
///
/// - a frame that is published after [`subscribe`](Transport::subscribe) returned, anywhere, reaches the subscription
///   unless it is lost, byte for byte;
/// - a frame is brought to each subscription whose pattern wants its subject, and to no other. The publisher's own
///   subscriptions may be among them: a hub leaves out what it sent itself;
/// - a subscription survives a lost connection, and the status says when it is lost and when it is back.
///
/// It need *not* keep frames, their order, or their number: a frame may be lost without notice, come late, or come twice.
/// [Messages that must arrive](super::MessageBuilder::must_arrive) do so over any transport that brings a frame at last.
pub trait Transport: Send + Sync + 'static {
    /// Publishes one frame. It may return before anybody has it.
    fn publish(&self, subject: Subject, frame: Bytes) -> BoxFuture<'_, Result<(), TransportError>>;

    /// Subscribes to a pattern.
    fn subscribe(&self, pattern: Pattern) -> BoxFuture<'_, Result<Frames, TransportError>>;

    /// Whether it reaches anybody, and when that changes.
    fn status(&self) -> watch::Receiver<TransportStatus>;
}

impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn publish(&self, subject: Subject, frame: Bytes) -> BoxFuture<'_, Result<(), TransportError>> {
        (**self).publish(subject, frame)
    }

    fn subscribe(&self, pattern: Pattern) -> BoxFuture<'_, Result<Frames, TransportError>> {
        (**self).subscribe(pattern)
    }

    fn status(&self) -> watch::Receiver<TransportStatus> {
        (**self).status()
    }
}

/// What kind of thing a transport could not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// There was no way to connect.
    Connect,
    /// There is no connection now. It is being made anew.
    Disconnected,
    /// The frame is larger than the transport takes.
    TooLarge,
    /// The transport failed in another way; the source says how.
    Failed,
}

/// A transport that could not do what it was asked.
#[derive(Debug)]
pub struct TransportError {
    kind: TransportErrorKind,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl TransportError {
    /// An error of this kind.
    #[must_use]
    pub fn new(kind: TransportErrorKind) -> Self {
        Self { kind, source: None }
    }

    /// Says what it comes from.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What kind of thing it could not do.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.kind
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            TransportErrorKind::Connect => "could not connect; check the address and the credentials",
            TransportErrorKind::Disconnected => "not connected at present",
            TransportErrorKind::TooLarge => "the message is larger than the transport takes",
            TransportErrorKind::Failed => "the transport failed",
        })?;
        match &self.source {
            Some(source) => write!(f, " ({source})"),
            None => Ok(()),
        }
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| &**source as _)
    }
}
