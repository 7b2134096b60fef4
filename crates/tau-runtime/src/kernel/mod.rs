//! The loop as a pure state machine.
//!
//! ```text
//!            Prompt                 ModelReply without calls
//!  Idle ───────────────▶ Asking ─────────────────────────────▶ Idle (run finished)
//!                         ▲  │ ModelReply with calls
//!        all results in   │  ▼
//!                        Acting ◀─┐ PermissionAnswer, ToolFinished
//!                            └────┘
//!  Cancel, a budget met or a model that cannot be asked lead from any state to Idle,
//!  with a result for every call that was open.
//! ```
//!
//! [`decide`] is one match; each operation has a file of its own. Within a decision the events said so far are
//! applied to a copy of the small `Control` part of the state, never to the history.

mod budget;
mod cancel;
mod compaction;
mod control;
pub mod gate;
mod permission;
mod prompt;
mod resume;
mod step;
mod tools;
mod turn;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tau_core::event::{
    CancelScope, EventBody, ModelFailure, PermissionAnswer, Seq, SessionConfig, ToolOutcome,
};
use tau_core::{ChatResponse, ContentBlock, HumanDuration, RunId, ToolCall, ToolCallId, ToolResult};
use tau_session::History;
use tau_session::compaction::Compaction;

use control::Control;
use step::Step;

/// Everything a session is: the fold of its journal. Serialisable, so that it can be kept as a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    seq: Seq,
    control: Control,
    history: History,
    /// Every run that was ever submitted, so that a repeated prompt can be told.
    runs: BTreeSet<RunId>,
}

impl State {
    /// Takes the next event in. Total: an event that cannot have happened changes nothing but the count.
    pub fn apply(&mut self, event: &EventBody) {
        self.seq = self.seq.next();
        self.control.apply(event);
        self.history.apply(self.seq, event);
        if let EventBody::PromptSubmitted { run, .. } = event {
            self.runs.insert(*run);
        }
    }

    /// The place of the newest event; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.seq
    }

    /// The conversation.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// What the session was created with; `None` before it was.
    #[must_use]
    pub fn config(&self) -> Option<&SessionConfig> {
        self.control.config()
    }

    /// Whether the session was closed, so that nothing more happens.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.control.is_closed()
    }

    /// The run that is on.
    #[must_use]
    pub fn active_run(&self) -> Option<RunId> {
        self.control.run().map(|run| run.id)
    }

    /// Calls that wait for permission, in order.
    pub fn calls_to_ask(&self) -> impl Iterator<Item = &ToolCallId> {
        self.control.run().into_iter().flat_map(|run| run.calls_to_ask())
    }
}

/// What reaches the kernel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// The session begins.
    Create(Box<SessionConfig>),
    /// Someone asks for work. It waits for the runs before it.
    Prompt {
        /// The run that the prompt starts.
        run: RunId,
        /// What is asked.
        content: Vec<ContentBlock>,
    },
    /// Someone adds context, which the model reads with the next request.
    Inject {
        /// What the model shall know.
        content: Vec<ContentBlock>,
    },
    /// The model answered.
    ModelReply {
        /// The run that asked.
        run: RunId,
        /// The turn that asked.
        turn: u32,
        /// The answer.
        response: Box<ChatResponse>,
    },
    /// The model could not be asked, or its answer broke off.
    ModelFailure {
        /// The run that asked.
        run: RunId,
        /// The turn that asked.
        turn: u32,
        /// Why.
        failure: ModelFailure,
    },
    /// A tool call ended.
    ToolFinished {
        /// How.
        outcome: ToolOutcome,
        /// What the model gets to see.
        result: ToolResult,
        /// How long it ran.
        elapsed: HumanDuration,
    },
    /// Someone answered a request for permission.
    PermissionAnswer {
        /// The call.
        call_id: ToolCallId,
        /// The answer.
        answer: PermissionAnswer,
    },
    /// Someone cancels.
    Cancel {
        /// What.
        scope: CancelScope,
    },
    /// The history was made shorter, or could not be.
    Compacted {
        /// The run that asked for it.
        run: RunId,
        /// The turn whose request waits for it.
        turn: u32,
        /// The shorter history; `None` when there is none.
        compaction: Option<Compaction>,
    },
    /// The time of a run is used up.
    TimeUp {
        /// The run.
        run: RunId,
    },
    /// A new writer takes the session up: its journal was folded into the state.
    Resume,
}

/// What the driver is to do, once the events of the decision are committed.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        /// The call.
        call: ToolCall,
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
    /// A run of this id is known already.
    #[error("run {0} was submitted before")]
    DuplicateRun(RunId),
    /// A person says text and images, and something: providers refuse messages of nothing, and would refuse
    /// every later request that holds one.
    #[error("a prompt must be text or images, and not be empty")]
    InvalidContent,
    /// The call does not wait for permission: it was answered, cancelled, or never asked about.
    #[error("call {0} does not wait for permission")]
    NotWaiting(ToolCallId),
    /// There is nothing of that kind to cancel.
    #[error("there is nothing to cancel")]
    NothingToCancel,
    /// It answers a request that nobody waits for any more.
    #[error("nobody waits for this answer any more")]
    Stale,
}

/// Decides what an input leads to. Pure: the same state and input give the same decision.
///
/// # Errors
/// When the input does not fit the state; nothing happens then.
pub fn decide(state: &State, input: Input) -> Result<Decision, Rejection> {
    let mut step = Step::new(state);
    match input {
        Input::Create(config) => prompt::create(&mut step, config)?,
        Input::Prompt { run, content } => prompt::submit(&mut step, run, content)?,
        Input::Inject { content } => prompt::inject(&mut step, content)?,
        Input::ModelReply { run, turn, response } => turn::replied(&mut step, run, turn, *response)?,
        Input::ModelFailure { run, turn, failure } => turn::failed(&mut step, run, turn, failure)?,
        Input::ToolFinished { outcome, result, elapsed } => {
            tools::finished(&mut step, outcome, result, elapsed)?
        }
        Input::PermissionAnswer { call_id, answer } => permission::answered(&mut step, &call_id, answer)?,
        Input::Cancel { scope } => cancel::cancel(&mut step, scope)?,
        Input::Compacted { run, turn, compaction } => compaction::finished(&mut step, run, turn, compaction)?,
        Input::TimeUp { run } => budget::time_up(&mut step, run)?,
        Input::Resume => resume::resume(&mut step)?,
    }
    Ok(step.into_decision())
}
