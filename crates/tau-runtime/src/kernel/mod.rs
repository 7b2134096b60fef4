//! The loop as a pure state machine.
//!
//! ```text
//!            Prompt                 ModelReply without calls
//!  Idle ───────────────▶ Asking ─────────────────────────────▶ Idle (run finished)
//!                         ▲  │ ModelReply with calls
//!        all results in   │  ▼
//!                        Acting ◀─┐ ToolFinished, SubagentFinished, an answer of a person
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
mod fork;
mod inject;
mod permission;
mod plan;
mod prompt;
mod question;
mod resume;
mod rewind;
mod run;
mod step;
mod subagent;
mod tools;
mod turn;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tau_core::event::{
    CancelScope, EventBody, ModelFailure, PermissionAnswer, PlanAnswer, QuestionAnswer, Seq, SessionConfig,
    ToolOutcome,
};
use tau_core::{
    ChatResponse, ContentBlock, HumanDuration, RunId, SessionId, ToolCall, ToolCallId, ToolResult,
};
use tau_session::History;
use tau_session::compaction::Compaction;

use control::Control;
use run::WaitsFor;
use step::Step;

pub use subagent::SubagentReport;

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
    /// The state that a journal makes. Events that a rewind took back are left out, but keep their places.
    pub fn fold<'a>(events: impl IntoIterator<Item = &'a EventBody>) -> Self {
        let mut counted: Vec<(Seq, &EventBody)> = Vec::new();
        let (mut seq, mut runs) = (Seq::default(), BTreeSet::new());
        for event in events {
            seq = seq.next();
            match event {
                EventBody::Rewound { to } => counted.retain(|(place, _)| place <= to),
                EventBody::PromptSubmitted { run, .. } => {
                    runs.insert(*run);
                    counted.push((seq, event));
                }
                _ => counted.push((seq, event)),
            }
        }
        let mut state = Self::default();
        for (place, event) in counted {
            state.seq = place;
            state.take(event);
        }
        Self { seq, runs, ..state }
    }

    /// Takes the next event in. Total: an event that cannot have happened changes nothing but the count.
    ///
    /// A rewind needs the events before it: after [`EventBody::Rewound`] the state is made anew by [`State::fold`].
    pub fn apply(&mut self, event: &EventBody) {
        self.seq = self.seq.next();
        self.take(event);
        if let EventBody::PromptSubmitted { run, .. } = event {
            self.runs.insert(*run);
        }
    }

    fn take(&mut self, event: &EventBody) {
        self.control.apply(event);
        self.history.apply(self.seq, event);
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
        self.calls_waiting_for(WaitsFor::Permission)
    }

    /// Calls whose question waits for an answer, in order.
    pub fn questions(&self) -> impl Iterator<Item = &ToolCallId> {
        self.calls_waiting_for(WaitsFor::Answer)
    }

    /// Calls whose plan waits for a decision, in order.
    pub fn proposed_plans(&self) -> impl Iterator<Item = &ToolCallId> {
        self.calls_waiting_for(WaitsFor::Decision)
    }

    fn calls_waiting_for(&self, what: WaitsFor) -> impl Iterator<Item = &ToolCallId> {
        self.control.run().into_iter().flat_map(move |run| run.calls_waiting_for(what))
    }

    /// The plan that a person approved, until the next one.
    #[must_use]
    pub fn plan(&self) -> Option<&str> {
        self.control.plan()
    }

    /// Subagents that have not reported their end.
    pub fn subagents(&self) -> impl Iterator<Item = SessionId> {
        self.control.children().keys().copied()
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
    /// Someone answered a question.
    QuestionAnswer {
        /// The call that asked.
        call_id: ToolCallId,
        /// The answer.
        answer: QuestionAnswer,
    },
    /// Someone decided about a plan.
    PlanAnswer {
        /// The call that proposed it.
        call_id: ToolCallId,
        /// The decision.
        answer: PlanAnswer,
    },
    /// A subagent ended.
    SubagentFinished(Box<SubagentReport>),
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
    /// The events so far were copied from another session.
    Fork {
        /// The other session.
        from: SessionId,
        /// The last of its events that was copied.
        at: Seq,
    },
    /// Someone takes the session back to an earlier place.
    Rewind {
        /// The last event that counts.
        to: Seq,
        /// The [fold](State::fold) up to that event.
        past: Box<State>,
    },
}

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

/// Decides what an input leads to. Pure: the same state and input give the same decision.
///
/// # Errors
/// When the input does not fit the state; nothing happens then.
pub fn decide(state: &State, input: Input) -> Result<Decision, Rejection> {
    let mut step = Step::new(state);
    match input {
        Input::Create(config) => prompt::create(&mut step, config)?,
        Input::Prompt { run, content } => prompt::submit(&mut step, run, content)?,
        Input::Inject { content } => inject::inject(&mut step, content)?,
        Input::ModelReply { run, turn, response } => turn::replied(&mut step, run, turn, *response)?,
        Input::ModelFailure { run, turn, failure } => turn::failed(&mut step, run, turn, failure)?,
        Input::ToolFinished { outcome, result, elapsed } => {
            tools::finished(&mut step, outcome, result, elapsed)?
        }
        Input::PermissionAnswer { call_id, answer } => permission::answered(&mut step, &call_id, answer)?,
        Input::QuestionAnswer { call_id, answer } => question::answered(&mut step, &call_id, answer)?,
        Input::PlanAnswer { call_id, answer } => plan::answered(&mut step, &call_id, answer)?,
        Input::SubagentFinished(report) => subagent::finished(&mut step, *report)?,
        Input::Cancel { scope } => cancel::cancel(&mut step, scope)?,
        Input::Compacted { run, turn, compaction } => compaction::finished(&mut step, run, turn, compaction)?,
        Input::TimeUp { run } => budget::time_up(&mut step, run)?,
        Input::Resume => resume::resume(&mut step)?,
        Input::Fork { from, at } => fork::fork(&mut step, from, at)?,
        Input::Rewind { to, past } => return rewind::rewind(state, to, &past),
    }
    Ok(step.into_decision())
}
