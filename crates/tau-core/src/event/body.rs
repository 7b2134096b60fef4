//! The vocabulary of a journal: what can happen in a session.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::envelope::Seq;
use super::hook::{HookDecision, HookPoint, HookSubject};
use super::outcome::{CancelScope, CompactionStrategy, RunOutcome, ToolOutcome};
use super::session::SessionConfig;
use super::spending::Spending;
use crate::config::Budget;
use crate::content::ContentBlock;
use crate::duration::HumanDuration;
use crate::id::{RunId, SessionId, ToolCallId};
use crate::message::Message;
use crate::response::ChatResponse;
use crate::tool::{EffectClass, ToolCall, ToolResult};
use crate::usage::TokenUsage;

/// What happened. Stored as `{"kind": ..., "body": {...}}`.
// tidy: enum-variants: one for each thing that can happen; groups would only hide them from the fold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "body", rename_all = "snake_case")]
#[expect(clippy::exhaustive_enums, reason = "a fold must handle every event, so a new one has to break it")]
pub enum EventBody {
    /// The session began.
    SessionCreated(Box<SessionConfig>),
    /// The events so far are a copy of another session's; from here on this one goes its own way.
    SessionForked {
        /// The other session.
        from: SessionId,
        /// The last of its events that was copied.
        at: Seq,
    },
    /// What people find the session by changed.
    SessionUpdated {
        /// All of it, in place of what was there.
        metadata: BTreeMap<String, String>,
    },
    /// A new writer took the session up.
    SessionResumed,
    /// Nothing more will happen.
    SessionClosed,
    /// The session began with a conversation that was held elsewhere.
    HistoryImported {
        /// The messages, oldest first.
        messages: Vec<Message>,
    },
    /// Someone asked for work; the prompt waits until its run starts.
    PromptSubmitted {
        /// The run that it starts.
        run: RunId,
        /// What was asked.
        content: Vec<ContentBlock>,
    },
    /// Someone added context; it lands in the history at the next safe point.
    ContextInjected {
        /// What the model shall know.
        content: Vec<ContentBlock>,
    },
    /// Work on a prompt began.
    RunStarted {
        /// The run.
        run: RunId,
    },
    /// The model is about to be asked; everything said so far is what it reads.
    ModelRequested {
        /// The run.
        run: RunId,
        /// The turn of the run, from 1.
        turn: u32,
    },
    /// The model answered.
    ModelReplied {
        /// The turn.
        turn: u32,
        /// What it said; shared, because histories and requests hold the same text.
        response: Arc<ChatResponse>,
    },
    /// The model could not be asked, or its answer broke off.
    ModelFailed {
        /// The turn.
        turn: u32,
        /// What went wrong.
        failure: ModelFailure,
    },
    /// A tool call is announced: from here on it may run.
    ToolRequested {
        /// The call.
        call: ToolCall,
        /// SHA-256 of the raw arguments, in hex.
        arguments_hash: String,
        /// What makes a repetition recognisable to whoever runs it.
        idempotency_key: String,
        /// What may be repeated after a crash.
        effect: EffectClass,
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
    /// A tool call waits for permission.
    PermissionRequested {
        /// The call.
        call_id: ToolCallId,
        /// Why it is asked about.
        reason: String,
    },
    /// A tool call was let run, or not.
    PermissionAnswered {
        /// The call.
        call_id: ToolCallId,
        /// The answer.
        answer: PermissionAnswer,
    },
    /// The model asks a person.
    QuestionAsked {
        /// The call that asks; it names the question.
        call_id: ToolCallId,
        /// Its words.
        text: String,
        /// Answers to choose from; empty for a free answer.
        choices: Vec<String>,
    },
    /// A person answered.
    QuestionAnswered {
        /// The call that asked.
        call_id: ToolCallId,
        /// The answer.
        answer: QuestionAnswer,
    },
    /// The model proposes a plan.
    PlanProposed {
        /// The call that proposes it.
        call_id: ToolCallId,
        /// The plan, in Markdown.
        plan: String,
    },
    /// A person decided about a plan.
    PlanAnswered {
        /// The call that proposed it.
        call_id: ToolCallId,
        /// The decision.
        answer: PlanAnswer,
    },
    /// A subagent began.
    SubagentStarted {
        /// The call that started it.
        call_id: ToolCallId,
        /// Its session.
        child: SessionId,
        /// What it may spend, out of this session's budget.
        budget: Budget,
        /// Whether nobody waits for it: its call ends at once, and its report is context that the model reads when it comes.
        #[serde(default, skip_serializing_if = "is_false")]
        background: bool,
    },
    /// A subagent ended.
    SubagentFinished {
        /// Its session.
        child: SessionId,
        /// How.
        outcome: RunOutcome,
        /// What it spent, with the subagents below it.
        spent: Spending,
    },
    /// The history was made shorter; the journal keeps the original.
    Compacted {
        /// The last event whose messages were replaced.
        through: Seq,
        /// How.
        strategy: CompactionStrategy,
        /// What stands in their place.
        replacement: Vec<Message>,
        /// Tokens that a model took for it, when one was asked and its provider told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usage: Option<TokenUsage>,
    },
    /// The session went back; events after `to` no longer count.
    Rewound {
        /// The last event that counts.
        to: Seq,
    },
    /// Someone cancelled.
    CancelRequested {
        /// What.
        scope: CancelScope,
    },
    /// Work on a prompt ended.
    RunFinished {
        /// The run.
        run: RunId,
        /// How.
        outcome: RunOutcome,
    },
    /// From here on hooks are asked and told at these points. A session without hooks never says so.
    HooksSet {
        /// All of them, in place of those before.
        points: BTreeSet<HookPoint>,
    },
    /// A tool call waits for hooks, where its announcement does not say so already.
    HooksAsked {
        /// Where they are asked.
        point: HookPoint,
        /// The call.
        call_id: ToolCallId,
    },
    /// Hooks decided.
    HooksDecided {
        /// Where they were asked.
        point: HookPoint,
        /// What about.
        about: HookSubject,
        /// What they decided.
        decision: Box<HookDecision>,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

impl EventBody {
    /// The names of all kinds, in the order of their declaration.
    pub const KINDS: [&'static str; 29] = [
        "session_created",
        "session_forked",
        "session_updated",
        "session_resumed",
        "session_closed",
        "history_imported",
        "prompt_submitted",
        "context_injected",
        "run_started",
        "model_requested",
        "model_replied",
        "model_failed",
        "tool_requested",
        "tool_finished",
        "permission_requested",
        "permission_answered",
        "question_asked",
        "question_answered",
        "plan_proposed",
        "plan_answered",
        "subagent_started",
        "subagent_finished",
        "compacted",
        "rewound",
        "cancel_requested",
        "run_finished",
        "hooks_set",
        "hooks_asked",
        "hooks_decided",
    ];

    /// The name of the kind, as it is stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::SessionCreated(_) => "session_created",
            Self::SessionForked { .. } => "session_forked",
            Self::SessionUpdated { .. } => "session_updated",
            Self::SessionResumed => "session_resumed",
            Self::SessionClosed => "session_closed",
            Self::HistoryImported { .. } => "history_imported",
            Self::PromptSubmitted { .. } => "prompt_submitted",
            Self::ContextInjected { .. } => "context_injected",
            Self::RunStarted { .. } => "run_started",
            Self::ModelRequested { .. } => "model_requested",
            Self::ModelReplied { .. } => "model_replied",
            Self::ModelFailed { .. } => "model_failed",
            Self::ToolRequested { .. } => "tool_requested",
            Self::ToolFinished { .. } => "tool_finished",
            Self::PermissionRequested { .. } => "permission_requested",
            Self::PermissionAnswered { .. } => "permission_answered",
            Self::QuestionAsked { .. } => "question_asked",
            Self::QuestionAnswered { .. } => "question_answered",
            Self::PlanProposed { .. } => "plan_proposed",
            Self::PlanAnswered { .. } => "plan_answered",
            Self::SubagentStarted { .. } => "subagent_started",
            Self::SubagentFinished { .. } => "subagent_finished",
            Self::Compacted { .. } => "compacted",
            Self::Rewound { .. } => "rewound",
            Self::CancelRequested { .. } => "cancel_requested",
            Self::RunFinished { .. } => "run_finished",
            Self::HooksSet { .. } => "hooks_set",
            Self::HooksAsked { .. } => "hooks_asked",
            Self::HooksDecided { .. } => "hooks_decided",
        }
    }
}

/// Why a model could not be asked, or its answer broke off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelFailure {
    /// What kind of failure.
    pub kind: ModelFailureKind,
    /// What went wrong and what to do, in words for people; holds no secret.
    pub message: String,
}

impl ModelFailure {
    /// A failure.
    pub fn new(kind: ModelFailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

/// What kind of failure, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelFailureKind {
    /// The server could not be reached.
    Unreachable,
    /// The credential was refused.
    Unauthorized,
    /// The server knows no such model or path.
    NotFound,
    /// The server refused the request as it is.
    InvalidRequest,
    /// Too many requests, or the quota is used up.
    RateLimited,
    /// The server failed.
    Server,
    /// A time limit was met.
    Timeout,
    /// The answer broke off before its end.
    Interrupted,
    /// The answer was not understood.
    Protocol,
    /// The request differs from the recording that answers it.
    Replay,
}

/// The answer to a request for permission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PermissionAnswer {
    /// This call may run.
    Allow,
    /// This call may run, and every later one of the same tool in this session.
    AllowAlways,
    /// This call must not run.
    Deny {
        /// Words for the model; empty for none.
        message: String,
    },
    /// Nobody is there to answer, so this call must not run.
    NobodyToAsk,
}

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum QuestionAnswer {
    /// What the person said.
    Answer {
        /// The words.
        text: String,
    },
    /// Nobody is there to answer.
    NobodyToAsk,
}

/// The decision about a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PlanAnswer {
    /// Carry it out.
    Approve,
    /// Carry out this plan instead.
    Edit {
        /// The plan as changed.
        plan: String,
    },
    /// Do not carry it out.
    Reject {
        /// Words for the model; empty for none.
        message: String,
    },
    /// Nobody is there to decide.
    NobodyToAsk,
}
