//! What hooks decide, as the journal keeps it.

use serde::{Deserialize, Serialize};

use crate::content::ContentBlock;
use crate::id::{RunId, ToolCallId};
use crate::tool::{ToolArguments, ToolResultBlock};

/// A place in the loop where hooks are asked or told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookPoint {
    /// The session was created, copied or taken up. Its first run waits.
    SessionStarted,
    /// The session was closed or let go. Hooks are only told.
    SessionStopped,
    /// A prompt is next: it is journaled, and not part of the conversation yet.
    BeforePrompt,
    /// The model is about to be asked.
    BeforeModel,
    /// The model replied. Hooks are only told.
    AfterModel,
    /// A tool call was announced, and the rules have not judged it.
    BeforeTool,
    /// A tool ended a call, and the model has not read its result.
    AfterTool,
    /// A person would be asked whether a call may run.
    PermissionRequested,
    /// A call that gives work to a subagent was announced, and the rules have not judged it.
    BeforeSubagent,
    /// A subagent ended, and the model has not read its words.
    AfterSubagent,
    /// The model has nothing more to do.
    BeforeStop,
    /// The history is about to be made shorter.
    BeforeCompaction,
    /// The history was made shorter.
    AfterCompaction,
    /// Something waits for a person. Hooks are only told.
    Notification,
}

/// What a decision of hooks is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookSubject {
    /// The session.
    Session,
    /// A run.
    Run {
        /// Which.
        run: RunId,
    },
    /// A turn of a run.
    Turn {
        /// The run.
        run: RunId,
        /// The turn.
        turn: u32,
    },
    /// A tool call.
    Call {
        /// Which.
        call_id: ToolCallId,
    },
}

/// Whether something may go on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookVerdict {
    /// Nothing against it: the rules decide.
    #[default]
    Continue,
    /// Nobody is asked. What rules deny stays denied.
    Allow,
    /// A person is asked, also where rules allow it.
    Ask,
    /// It must not.
    Deny,
}

/// What hooks change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum HookChange {
    /// The arguments of a call.
    Arguments {
        /// All of them, in place of the model's.
        arguments: ToolArguments,
    },
    /// A prompt.
    Prompt {
        /// All of it, in place of what was asked.
        content: Vec<ContentBlock>,
        /// The skill that the prompt asked for by its name; the content holds what it says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        skill: Option<String>,
    },
    /// What the model reads of a call's end.
    Result {
        /// All of it, in place of what the tool gave.
        content: Vec<ToolResultBlock>,
        /// Whether the call counts as failed.
        is_error: bool,
    },
}

/// What hooks decided, all of a point taken together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HookDecision {
    /// Whether it may go on.
    pub verdict: HookVerdict,
    /// Words for the model or, with [`HookVerdict::Ask`], for the person; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// What is changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<HookChange>,
    /// What the model reads with its next request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<ContentBlock>,
}

impl HookDecision {
    /// A verdict with words, and nothing else.
    pub fn new(verdict: HookVerdict, message: impl Into<String>) -> Self {
        Self { verdict, message: message.into(), ..Self::default() }
    }

    /// The same with a change.
    #[must_use]
    pub fn with_change(mut self, change: HookChange) -> Self {
        self.change = Some(change);
        self
    }

    /// The same with something that the model shall know.
    #[must_use]
    pub fn with_context(mut self, context: impl IntoIterator<Item = ContentBlock>) -> Self {
        self.context.extend(context);
        self
    }

    /// Whether it is as if nobody had been asked.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.verdict == HookVerdict::Continue && self.change.is_none() && self.context.is_empty()
    }
}
