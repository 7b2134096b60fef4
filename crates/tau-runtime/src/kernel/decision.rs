//! What the kernel decides: events, effects, or that nothing happens.

use tau_core::event::{EventBody, HookPoint, HookSubject, Seq, SessionConfig};
use tau_core::{HumanDuration, RunId, SessionId, ToolCall, ToolCallId};
use tau_session::InvalidConversation;

/// What the driver is to do, once the events of the decision are committed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// Ask the model, with the history as it then is.
    CallModel {
        /// The run.
        run: RunId,
        /// The turn.
        turn: u32,
    },
    /// Give up whatever is asked of the model.
    StopModel,
    /// Make the history shorter, as the session's policy says, before the request of a turn.
    Compact {
        /// The run.
        run: RunId,
        /// The turn.
        turn: u32,
        /// What must not be lost in it, in words; empty for nothing.
        keep: String,
    },
    /// Ask hooks, and say what they decide. There is always an answer.
    AskHooks {
        /// Where.
        point: HookPoint,
        /// What about.
        about: HookSubject,
    },
    /// Nobody waits any more for what hooks say of something, or of what is within it: a session holds
    /// everything, and a run its turns and calls.
    StopHooks {
        /// What.
        about: HookSubject,
    },
    /// Tell hooks of an event. Nobody waits for them.
    TellHooks {
        /// Where.
        point: HookPoint,
        /// The event.
        seq: Seq,
    },
    /// Say so when a run has lasted so long. It replaces the timer of an earlier run.
    SetTimer {
        /// The run.
        run: RunId,
        /// How long from now.
        after: HumanDuration,
    },
    /// Run a tool.
    RunTool {
        /// The run.
        run: RunId,
        /// The call.
        call: ToolCall,
        /// Whether it may begin before the events are acknowledged: it changes nothing, and nobody was asked whether it may
        /// run.
        at_once: bool,
        /// What makes a repetition recognisable.
        idempotency_key: String,
    },
    /// Give work to a subagent: a session of its own. If that session exists, after a crash, it goes on.
    StartSubagent {
        /// The call that asks for it.
        call_id: ToolCallId,
        /// Its session.
        child: SessionId,
        /// What it is created with; its parent is for the driver to fill in.
        config: Box<SessionConfig>,
        /// Its prompt.
        prompt: String,
    },
    /// Cancel a subagent. It still reports its end.
    StopSubagent {
        /// Its session.
        child: SessionId,
    },
    /// Stop a tool.
    StopTool {
        /// The call.
        call_id: ToolCallId,
    },
}

/// What happens next: events to commit, in one append, and effects to start after.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// What happened.
    pub events: Vec<EventBody>,
    /// What is to be done.
    pub effects: Vec<Effect>,
}

/// Why an input changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The session is closed, or was not created.
    #[error("the session is not open")]
    NotOpen,
    /// The session was created before.
    #[error("the session was created before")]
    AlreadyCreated,
    /// A conversation can only be brought to a session that has none.
    #[error("the session has begun, so no conversation can be put before it")]
    AlreadyBegun,
    /// What was brought is no conversation.
    #[error(transparent)]
    InvalidConversation(InvalidConversation),
    /// A run of this id is known already.
    #[error("run {0} was submitted before")]
    DuplicateRun(RunId),
    /// A person says text and images, and something: providers refuse messages of nothing, and would refuse
    /// every later request that holds one.
    #[error("a prompt must be text or images, and not be empty")]
    InvalidContent,
    /// The call does not wait for such an answer: it was answered, cancelled, or never asked about.
    #[error("call {0} does not wait for this answer: it has one, was cancelled, or never asked")]
    NotWaiting(ToolCallId),
    /// The session has no such earlier place to go back to.
    #[error("the session cannot go back to event {0}: that is not a place before its newest event")]
    NoSuchPlace(Seq),
    /// There is nothing of that kind to cancel.
    #[error("there is nothing to cancel")]
    NothingToCancel,
    /// It answers a request that nobody waits for any more.
    #[error("nobody waits for this answer any more")]
    Stale,
}
