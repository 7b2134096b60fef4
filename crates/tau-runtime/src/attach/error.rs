//! What ends an attachment in a bad way.

use std::fmt;

use super::role::RoleKind;

/// What kind of thing went wrong. A network layer maps it: `Protocol` is INVALID_ARGUMENT, `RoleNotAllowed` is
/// PERMISSION_DENIED, `Replaced` is ABORTED, `Lost` is DEADLINE_EXCEEDED, `Draining` and `Transport` are UNAVAILABLE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachErrorKind {
    /// The extension said something that the interface does not allow.
    Protocol(Violation),
    /// The extension takes a role that it may not take, or that this runtime does not serve.
    RoleNotAllowed(RoleKind),
    /// The same extension attached again.
    Replaced,
    /// The extension was silent for too long.
    Lost,
    /// Nobody may attach any more.
    Draining,
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
    /// The selector or the priority of a role is none that the interface allows.
    Selector,
    /// An offer of a tool is none that the interface allows.
    Offer,
    /// A message of a kind that this version does not have.
    UnknownMessage,
    /// A message of a role that the extension did not take.
    OtherRole,
    /// A journal offers operations, which are about every session, and chooses sessions.
    SelectiveOperations,
    /// A list of positions names a session twice.
    RepeatedPosition,
    /// An `Ack` without positions.
    EmptyAck,
    /// An `Ack` of something that was not sent.
    AckBeyondSent,
    /// A `Nack` of something that was not sent.
    NackBeyondSent,
    /// `Credit` for nothing.
    Credit,
    /// The result of a call is not of its kind.
    Result,
    /// A hook without a proper name, point, time limit or policy, or one twice.
    Hook,
    /// A piece of a call's progress is missing, or empty.
    Progress,
    /// More of a call's progress than its window lets.
    ProgressWindow,
    /// Input of a call was taken that was not sent.
    Received,
}

/// An attachment ended in a bad way. Sessions that need the extension wait until it attaches again.
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
        match self.kind {
            AttachErrorKind::Replaced => {
                f.write_str("the extension attached again, and the newer attachment goes on")
            }
            AttachErrorKind::RoleNotAllowed(role) => write!(
                f,
                "the extension may not take the role `{role}`, or not for the sessions it names; leave the role out"
            ),
            AttachErrorKind::Lost => f.write_str("the extension has fallen silent"),
            AttachErrorKind::Draining => f.write_str("the runtime is ending; attach elsewhere"),
            AttachErrorKind::Transport => f.write_str("messages to the extension could not be sent"),
            AttachErrorKind::Protocol(violation) => violation.fmt(f),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoHello => "the extension did not say hello first",
            Self::HelloTwice => "the extension said hello twice",
            Self::Version => "the extension names no version of the protocol",
            Self::Client => "the extension's id, name or version is missing or too long",
            Self::Roles => "the extension takes no role that this version has, or one twice",
            Self::Selector => "the extension's choice of sessions for a role cannot be read, or its priority",
            Self::Offer => {
                "the extension offers a tool without a proper name, schema or time limit, or one twice"
            }
            Self::Hook => {
                "the extension has a hook without a proper name, point, time limit or policy, or one twice"
            }
            Self::UnknownMessage => "the extension sent a message that this version does not have",
            Self::OtherRole => "the extension sent a message of a role that it did not take",
            Self::SelectiveOperations => {
                "the extension is a journal for some sessions only, and offers to open, read or list sessions"
            }
            Self::RepeatedPosition => "the extension named a session twice in one message",
            Self::EmptyAck => "the extension acknowledged nothing",
            Self::AckBeyondSent => "the extension acknowledged an event that was not sent to it",
            Self::NackBeyondSent => "the extension refused an event that was not sent to it",
            Self::Credit => "the extension gave credit for no call, or for too many",
            Self::Result => "the extension ended a call with a result that is not of its kind",
            Self::Progress => "the extension left out a piece of a call's progress",
            Self::Received => "the extension took input of a call that was not sent to it",
            Self::ProgressWindow => "the extension sent more of a call's progress than was taken",
        })
    }
}
