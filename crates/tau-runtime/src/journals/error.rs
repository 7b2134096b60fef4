//! What ends an attachment in a bad way, and what is wrong with a message that is no record.

use std::fmt;

use tau_core::event::Seq;

/// What kind of thing went wrong. A network layer maps it: `Protocol` is INVALID_ARGUMENT, `Replaced` is ABORTED,
/// `Lost` is DEADLINE_EXCEEDED and `Transport` is UNAVAILABLE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachErrorKind {
    /// The extension said something that the interface does not allow.
    Protocol(Violation),
    /// The same extension attached again.
    Replaced,
    /// The extension was silent for too long.
    Lost,
    /// Messages could not be sent.
    Transport,
}

/// What the extension said that the interface does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// Something came before `Hello`, or instead of it.
    NoHello,
    /// `Hello` came twice.
    HelloTwice,
    /// The protocol version in `Hello` is 0.
    Version,
    /// A name, a version or the id in `Hello` is missing or too long.
    Client,
    /// `Hello` takes no role, one twice, or one that this version does not have.
    Roles,
    /// A message of a kind that this version does not have.
    UnknownMessage,
    /// A list of positions names a session twice.
    RepeatedPosition,
    /// An `Ack` without positions.
    EmptyAck,
    /// An `Ack` of something that was not sent.
    AckBeyondSent,
    /// A `Nack` of something that was not sent.
    NackBeyondSent,
}

/// An attachment ended in a bad way. Sessions that need the journal wait until it attaches again.
#[derive(Debug)]
pub struct AttachError {
    kind: AttachErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl AttachError {
    pub(super) const fn new(kind: AttachErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(super) fn transport(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { kind: AttachErrorKind::Transport, source: Some(Box::new(source)) }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> AttachErrorKind {
        self.kind
    }
}

impl From<Violation> for AttachError {
    fn from(violation: Violation) -> Self {
        Self::new(AttachErrorKind::Protocol(violation))
    }
}

impl std::error::Error for AttachError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl fmt::Display for AttachError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            AttachErrorKind::Replaced => "the extension attached again, and the newer attachment goes on",
            AttachErrorKind::Lost => "the extension has fallen silent",
            AttachErrorKind::Transport => "messages to the extension could not be sent",
            AttachErrorKind::Protocol(violation) => match violation {
                Violation::NoHello => "the extension did not say hello first",
                Violation::HelloTwice => "the extension said hello twice",
                Violation::Version => "the extension names no version of the protocol",
                Violation::Client => "the extension's id, name or version is missing or too long",
                Violation::Roles => "the extension takes no role that this version has, or one twice",
                Violation::UnknownMessage => "the extension sent a message that this version does not have",
                Violation::RepeatedPosition => "the extension named a session twice in one message",
                Violation::EmptyAck => "the extension acknowledged nothing",
                Violation::AckBeyondSent => "the extension acknowledged an event that was not sent to it",
                Violation::NackBeyondSent => "the extension refused an event that was not sent to it",
            },
        })
    }
}

/// The field of a message that a record cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FromWireErrorKind {
    /// The session's id is no UUID.
    Session,
    /// The event's id is no UUID.
    Id,
    /// The cause's id is no UUID.
    Cause,
    /// The body is not UTF-8.
    Body,
    /// The hash of the event before is not 32 bytes long.
    PrevHash,
}

/// A message is not of a runtime's making, so no [`Record`](tau_core::event::Record) stands for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} was not written by tau: {}", match .kind {
    FromWireErrorKind::Session => "its session's id is no UUID",
    FromWireErrorKind::Id => "its id is no UUID",
    FromWireErrorKind::Cause => "its cause's id is no UUID",
    FromWireErrorKind::Body => "its body is not UTF-8",
    FromWireErrorKind::PrevHash => "what it names as the hash before is none",
})]
pub struct FromWireError {
    pub(super) kind: FromWireErrorKind,
    pub(super) seq: Seq,
}

impl FromWireError {
    /// Which field.
    #[must_use]
    pub const fn kind(&self) -> FromWireErrorKind {
        self.kind
    }
}
