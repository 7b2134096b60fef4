//! How things end.

use serde::{Deserialize, Serialize};

use super::body::ModelFailure;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunOutcome {
    /// The model had nothing more to do.
    Completed,
    /// The limit of turns was met.
    TurnLimit {
        /// The limit.
        limit: u32,
    },
    /// Another limit of the budget was met.
    BudgetExceeded {
        /// Which.
        limit: BudgetLimit,
    },
    /// Someone cancelled it.
    Cancelled,
    /// The model could not be asked.
    Failed {
        /// Why.
        failure: ModelFailure,
    },
    /// A hook did not let it begin, or go on.
    Denied {
        /// The hook's words; empty for none.
        message: String,
    },
}

/// A limit of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BudgetLimit {
    /// Tokens read and written.
    Tokens,
    /// Money.
    Cost,
    /// Calls of tools.
    ToolCalls,
    /// Time on the wall.
    WallTime,
}

/// How a tool call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolOutcome {
    /// The tool ran and succeeded.
    Succeeded,
    /// The tool ran and failed, or could not run.
    Failed,
    /// It was not let run.
    Denied {
        /// By whom.
        reason: DenialReason,
    },
    /// It took longer than it may.
    TimedOut,
    /// Someone cancelled it.
    Cancelled,
    /// It may have run; nobody knows how it ended.
    Unknown,
}

/// Why a call was not let run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DenialReason {
    /// A rule or the mode says no.
    Rule,
    /// A person said no.
    Person,
    /// It had to be asked, and nobody was there to answer.
    NobodyToAsk,
    /// A hook said no.
    Hook,
}

/// What a cancel is meant for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CancelScope {
    /// The run that is on.
    Run,
    /// A run that waits for others.
    QueuedRun {
        /// Which.
        run: crate::id::RunId,
    },
    /// One tool call.
    ToolCall {
        /// Which.
        call_id: crate::id::ToolCallId,
    },
    /// The session and everything that waits in it.
    Session,
}

/// How a history was made shorter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CompactionStrategy {
    /// The oldest messages were dropped.
    Truncation,
    /// All but the newest messages were dropped.
    SlidingWindow,
    /// A model wrote what mattered.
    Summary,
    /// A strategy of the embedder's own.
    Other(String),
}
