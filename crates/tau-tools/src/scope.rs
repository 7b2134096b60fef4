//! Which call acts.

use tau_core::{RunId, SessionId, ToolCallId};

/// The call on whose behalf a tool or an environment acts.
///
/// A tool of the class [`Idempotent`](tau_core::EffectClass::Idempotent) passes the key on to what it calls, so
/// that a call repeated after a crash takes effect once. An environment learns from it whom a change belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallScope {
    /// The session.
    pub session: SessionId,
    /// The run within it: a prompt and all the work it started.
    pub run: RunId,
    /// The call, by the id its model gave it: any text.
    pub call_id: ToolCallId,
    /// The same for every attempt at this call, and for no other call of any session.
    pub idempotency_key: String,
}

impl CallScope {
    /// The scope of a call.
    pub fn new(
        session: SessionId,
        run: RunId,
        call_id: ToolCallId,
        idempotency_key: impl Into<String>,
    ) -> Self {
        Self { session, run, call_id, idempotency_key: idempotency_key.into() }
    }
}
