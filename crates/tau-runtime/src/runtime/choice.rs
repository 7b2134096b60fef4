//! What callers choose of sessions that become live.

use std::time::Duration;

use tau_core::Message;

use super::factory::EnvironmentChoice;

/// What a new session begins with.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Beginning {
    /// Nothing.
    #[default]
    Nothing,
    /// A conversation that was held elsewhere.
    Messages(Vec<Message>),
}

/// What of a session's durability its caller may choose. What is not set is as the runtime has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DurabilityChoice {
    /// How many journals must hold an event.
    pub required_acks: Option<usize>,
    /// How long the session waits for journals that it misses.
    pub grace: Option<Duration>,
    /// The epoch to write under, for callers who fence sessions themselves.
    pub epoch: Option<u64>,
}

/// How a session is made live that exists already.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Revival {
    /// Another model than its own.
    pub model: Option<String>,
    /// What its tools act through.
    pub environment: EnvironmentChoice,
    /// What waits for journals.
    pub durability: DurabilityChoice,
}

/// Whether a session is taken from another writer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Only if nobody has it.
    #[default]
    IfFree,
    /// In any case; the other writer is fenced off.
    TakeOver,
}
