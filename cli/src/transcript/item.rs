//! The entries of a transcript.

use schemars::JsonSchema;
use serde::Serialize;

use crate::output::Usage;

/// Something that happened in a session. New types and fields may be added; none is taken away or changed.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Item {
    /// The place of the event that it begins with: what `--at` and `--to` name.
    pub(crate) seq: u64,
    /// When, as RFC 3339 in UTC; absent where that cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time: Option<String>,
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What happened.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum What {
    /// Somebody asked for work.
    Prompt {
        /// What was asked.
        content: Vec<Part>,
    },
    /// Somebody added context.
    Context {
        /// What the model was to know.
        content: Vec<Part>,
    },
    /// The model answered. Its calls are entries of their own.
    Reply {
        /// The turn of the run.
        turn: u32,
        /// What it thought and said.
        content: Vec<Part>,
        /// Why it stopped: `stop`, `length`, `tool_calls`, `content_filter`, or the provider's word.
        finish: String,
        /// Tokens, when the provider told them.
        #[serde(skip_serializing_if = "Option::is_none")]
        usage: Option<Usage>,
    },
    /// The answer of the model broke off or did not come.
    ReplyFailed {
        /// The turn of the run.
        turn: u32,
        /// What went wrong.
        error: String,
    },
    /// The model called a tool.
    ToolCall(Box<Call>),
    /// The model asked a person.
    Question {
        /// The call that asked.
        id: String,
        /// Its words.
        text: String,
        /// Answers to choose from.
        choices: Vec<String>,
        /// The answer; absent while there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
    /// The model proposed a plan.
    Plan {
        /// The call that proposed it.
        id: String,
        /// The plan.
        plan: String,
        /// The decision; absent while there is none.
        #[serde(skip_serializing_if = "Option::is_none")]
        answer: Option<String>,
    },
    /// A subagent worked.
    Subagent {
        /// Its session.
        session: String,
        /// How it ended; absent while it has not.
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<String>,
    },
    /// The older part of the conversation was replaced by something shorter.
    Compacted {
        /// The last event that was replaced.
        through: u64,
        /// How.
        strategy: String,
        /// What stands in its place.
        replacement: String,
    },
    /// The session went back.
    Rewound {
        /// The last event that counts.
        to: u64,
        /// So many entries between it and here no longer count, and are left out.
        taken_back: usize,
    },
    /// All before is a copy of another session.
    Forked {
        /// The other session.
        from: String,
        /// The last event that was copied.
        at: u64,
    },
    /// The conversation before was held elsewhere.
    Imported {
        /// Its messages, each as one text that begins with who speaks.
        messages: Vec<String>,
    },
    /// Another program took the session up.
    Resumed,
    /// Somebody cancelled.
    CancelRequested {
        /// What: `run`, `session` or the id of a call.
        scope: String,
    },
    /// Work on a prompt ended.
    RunFinished {
        /// How: `completed`, `turn_limit`, `budget_exceeded`, `cancelled` or `failed`.
        outcome: String,
        /// What went wrong, or which limit was met.
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// Nothing more will happen.
    Closed,
    /// An event that cannot be read.
    Unreadable {
        /// Its kind, as far as that is known.
        kind: String,
        /// Why.
        reason: String,
    },
}

/// A call of a tool.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub(crate) struct Call {
    /// Its id.
    pub(crate) id: String,
    /// The tool.
    pub(crate) name: String,
    /// The arguments as the model wrote them, JSON as text.
    pub(crate) arguments: String,
    /// Whether it was announced: from then on it may run.
    pub(crate) announced: bool,
    /// What was asked of a person before it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) permission: Option<Permission>,
    /// How it ended: `succeeded`, `failed`, `denied`, `timed_out`, `cancelled` or `unknown`; absent while it has not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<&'static str>,
    /// What the model got to see.
    pub(crate) result: Vec<Part>,
    /// Milliseconds it ran.
    pub(crate) duration_ms: u64,
}

/// A question whether a call may run.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Permission {
    /// Why it was asked.
    pub(crate) reason: String,
    /// `allow`, `allow_always`, `deny` or `nobody_to_ask`; absent while there is no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer: Option<&'static str>,
    /// What the person said to the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// A part of what was said or given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Part {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// What the model thought.
    Reasoning {
        /// The readable part.
        text: String,
    },
    /// A picture in the session itself.
    Image {
        /// Media type.
        media_type: String,
        /// The bytes in base64.
        data: String,
    },
    /// A picture elsewhere.
    ImageUrl {
        /// Where.
        url: String,
    },
}
