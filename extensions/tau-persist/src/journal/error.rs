//! What ends an attachment in a bad way.

use std::fmt;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JournalErrorKind {
    /// The runtime said something that the interface does not allow.
    Protocol(Violation),
    /// The runtime was silent for too long.
    Lost,
    /// Messages could not be sent.
    Transport,
}

/// What the runtime said that the interface does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// Something came before `Welcome`, or instead of it.
    NotWelcomed,
    /// `Welcome` came twice.
    WelcomedTwice,
    /// The version in `Welcome` is none that this journal speaks.
    Version,
    /// The interval of heartbeats is not greater than zero.
    Heartbeat,
    /// A message of a kind that this version does not have.
    UnknownMessage,
    /// An append without events.
    EmptyAppend,
}

/// An attachment ended in a bad way. Nothing that was acknowledged is lost by it; attach again.
#[derive(Debug)]
pub struct JournalError {
    kind: JournalErrorKind,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl JournalError {
    pub(super) const fn new(kind: JournalErrorKind) -> Self {
        Self { kind, source: None }
    }

    pub(super) const fn violation(violation: Violation) -> Self {
        Self::new(JournalErrorKind::Protocol(violation))
    }

    pub(super) fn transport(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { kind: JournalErrorKind::Transport, source: Some(Box::new(source)) }
    }

    /// What kind of thing went wrong.
    #[must_use]
    pub const fn kind(&self) -> JournalErrorKind {
        self.kind
    }
}

impl std::error::Error for JournalError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            JournalErrorKind::Lost => "the runtime has fallen silent",
            JournalErrorKind::Transport => "messages to the runtime could not be sent",
            JournalErrorKind::Protocol(violation) => match violation {
                Violation::NotWelcomed => "the runtime did not welcome the journal first",
                Violation::WelcomedTwice => "the runtime welcomed the journal twice",
                Violation::Version => "the runtime speaks a version that this journal does not",
                Violation::Heartbeat => "the runtime named no interval for heartbeats",
                Violation::UnknownMessage => "the runtime sent a message that this version does not have",
                Violation::EmptyAppend => "the runtime sent an append without events",
            },
        })
    }
}
