//! The durable session event: what a journal holds.
//!
//! A session *is* its journal: its state is a fold of its events from the first to the last, so a prefix of a
//! journal is a valid session, and resuming, forking, rewinding and auditing are the same fold over a prefix.
//! Streamed tokens and progress are not events; they can be lost without loss of meaning.
//!
//! - [`EventBody`] is the vocabulary: what can happen.
//! - [`Event`] is a body at its place in a session.
//! - [`Record`] is an event as it is stored: the body as JSON text, opaque to whoever stores it, and the hash
//!   that chains it to the record before. Bodies are versioned; a reader meets a newer version with
//!   [`RecordErrorKind::NewerVersion`] and never guesses.

mod body;
mod envelope;
mod hook;
mod outcome;
mod profile;
mod record;
mod session;
mod spending;
mod tagged;

pub use body::{EventBody, ModelFailure, ModelFailureKind, PermissionAnswer, PlanAnswer, QuestionAnswer};
pub use envelope::{Event, EventHeader, Seq, Timestamp};
pub use hook::{HookChange, HookDecision, HookPoint, HookSubject, HookVerdict};
pub use outcome::{BudgetLimit, CancelScope, CompactionStrategy, DenialReason, RunOutcome, ToolOutcome};
pub use profile::{AgentProfile, ModelChoice, SkillProfile};
pub use record::{
    EventHash, ParseHashError, Record, RecordError, RecordErrorKind, RecordRef, SCHEMA_VERSION,
};
pub use session::{CompactionPolicy, SessionConfig, ToolKind, ToolSpec};
pub use spending::Spending;
