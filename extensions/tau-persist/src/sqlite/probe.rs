//! How far a write has come.

use std::fmt;

/// A point on the way of a write to the disk. What comes after [`Committed`](Self::Committed) is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Step {
    /// The schema was brought to the next version; that is not committed.
    Migrating,
    /// The schema is up to date.
    Migrated,
    /// Some requests are about to be carried out in one transaction.
    Begin,
    /// A row for a new session was written.
    Session,
    /// A large body was written.
    Blob,
    /// An event was written.
    Event,
    /// The text of an event was written.
    Text,
    /// A message to be sent on was written.
    Message,
    /// A session's row was brought up to date: all of an append is written.
    Head,
    /// All requests were carried out, and nothing is durable.
    Commit,
    /// Everything is durable, and nobody was told.
    Committed,
    /// The log is about to be copied into the database.
    Checkpoint,
    /// The log was copied into the database.
    Checkpointed,
}

/// Is told by the thread that writes how far it has come, and holds it up for as long as it takes.
///
/// It is there for tests that stop a process at each point, and for measurements.
pub trait Probe: fmt::Debug + Send + Sync {
    /// A point was reached.
    fn reached(&self, step: Step);
}

/// Looks at nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct NoProbe;

impl Probe for NoProbe {
    fn reached(&self, _step: Step) {}
}
