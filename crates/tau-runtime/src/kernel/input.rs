//! What reaches the kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tau_core::event::{
    CancelScope, HookDecision, HookPoint, HookSubject, ModelFailure, PermissionAnswer, PlanAnswer,
    QuestionAnswer, Seq, SessionConfig, ToolOutcome,
};
use tau_core::{
    ChatResponse, ContentBlock, HumanDuration, Message, RunId, SessionId, ToolCallId, ToolResult,
};
use tau_session::compaction::Compaction;

use super::state::State;
use super::subagent::SubagentReport;

/// What reaches the kernel.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// The session begins.
    Create(Box<SessionConfig>),
    /// Someone changes what the session is found by.
    Describe {
        /// All of it, in place of what was there.
        metadata: BTreeMap<String, String>,
    },
    /// Someone brings a conversation that was held elsewhere.
    Import {
        /// The messages, oldest first.
        messages: Vec<Message>,
    },
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
    /// Someone cancels one run, be it on or waiting; one that began meanwhile in its place is not meant.
    CancelRun {
        /// Which.
        run: RunId,
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
    /// Hooks are asked and told at these points from here on.
    SetHooks {
        /// All of them, in place of those before.
        points: BTreeSet<HookPoint>,
    },
    /// Hooks decided.
    HooksDecided {
        /// Where they were asked.
        point: HookPoint,
        /// What about.
        about: HookSubject,
        /// What all of them together decided.
        decision: Box<HookDecision>,
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
        past: Arc<State>,
    },
}
