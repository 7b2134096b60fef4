//! Tools as a model sees them: definitions, calls and results.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::content::Image;
use crate::id::ToolCallId;

/// What a model is told about a tool. Cheap to clone: the sessions of a process share the long parts of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolDefinition {
    /// The name the model calls it by: 1-64 of `A-Z a-z 0-9 _ -`, as the strictest provider wants it.
    pub name: String,
    /// What it does and when to use it, in words for the model.
    pub description: Arc<str>,
    /// JSON Schema of the arguments; its top level is an object.
    pub parameters: Arc<Value>,
}

impl ToolDefinition {
    /// A definition.
    pub fn new(name: impl Into<String>, description: impl Into<Arc<str>>, parameters: Value) -> Self {
        Self { name: name.into(), description: description.into(), parameters: Arc::new(parameters) }
    }
}

/// What may be repeated after a crash.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EffectClass {
    /// Changes nothing: may run again at any time.
    Pure,
    /// Changes something, once per idempotency key: may run again with the same key.
    Idempotent,
    /// Anything else: a call that may have run is never run again; its outcome is unknown.
    #[default]
    AtMostOnce,
}

/// A model's request to run a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// Pairs the call with its result.
    pub id: ToolCallId,
    /// The tool's name as the model wrote it; it may name no tool.
    pub name: String,
    /// The arguments as the model wrote them.
    pub arguments: ToolArguments,
}

impl ToolCall {
    /// A call.
    pub fn new(id: ToolCallId, name: impl Into<String>, arguments: ToolArguments) -> Self {
        Self { id, name: name.into(), arguments }
    }
}

/// The arguments of a tool call: the text the model wrote, and what it parses to for whoever asks.
///
/// The text is the truth: it is what providers get back and what is hashed and journaled. Text that is not
/// JSON has no value; a caller that runs a tool must refuse it and say so, never put `{}` in its place. The
/// one exception is text of nothing but blanks, which several servers send for a tool without parameters: it
/// is the empty object. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolArguments(Arc<str>);

impl ToolArguments {
    /// Keeps the text, whatever it is.
    pub fn parse(raw: impl Into<Arc<str>>) -> Self {
        Self(raw.into())
    }

    /// The text as the model wrote it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// The parsed arguments. They are parsed each time and not kept: a history holds the arguments of every call for as
    /// long as its session lives, and a value takes many times the memory of its text.
    ///
    /// # Errors
    /// When the text is not JSON: what the parser said, with line and column.
    pub fn value(&self) -> Result<Value, serde_json::Error> {
        if self.0.trim().is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        serde_json::from_str(&self.0)
    }
}

impl From<Value> for ToolArguments {
    fn from(value: Value) -> Self {
        Self(value.to_string().into())
    }
}

/// What a tool gave back for one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolResult {
    /// The call it answers.
    pub call_id: ToolCallId,
    /// What the model gets to see, in order.
    pub content: Arc<[ToolResultBlock]>,
    /// Whether the tool failed; the content then says why.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_error: bool,
}

impl ToolResult {
    /// A result of success.
    pub fn success(call_id: ToolCallId, content: impl IntoIterator<Item = ToolResultBlock>) -> Self {
        Self { call_id, content: content.into_iter().collect(), is_error: false }
    }

    /// A result of failure that tells the model what went wrong.
    pub fn error(call_id: ToolCallId, text: impl Into<String>) -> Self {
        Self { call_id, content: Arc::from([ToolResultBlock::text(text)]), is_error: true }
    }

    /// The result as text: text blocks as they are, JSON compact, images named; joined by line ends.
    #[must_use]
    pub fn text(&self) -> String {
        let parts: Vec<String> = self
            .content
            .iter()
            .map(|block| match block {
                ToolResultBlock::Text { text } => text.clone(),
                ToolResultBlock::Json { value } => value.to_string(),
                ToolResultBlock::Image(_) => "[image]".to_owned(),
            })
            .collect();
        parts.join("\n")
    }
}

/// One part of a tool's result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolResultBlock {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// Structured data.
    Json {
        /// The data.
        value: Value,
    },
    /// A picture.
    Image(Image),
}

impl ToolResultBlock {
    /// A text block.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The words, when it is words.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            _ => None,
        }
    }
}
