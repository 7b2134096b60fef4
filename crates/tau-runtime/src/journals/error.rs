//! What is wrong with a message that is no record.

use tau_core::event::Seq;

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
