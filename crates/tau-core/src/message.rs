//! Messages: who said what.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::content::ContentBlock;
use crate::tool::{ToolCall, ToolResult};

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Role {
    /// Instructions from whoever runs the agent.
    System,
    /// The person, or the program in their place.
    User,
    /// The model.
    Assistant,
    /// Tools: holds [`ContentBlock::ToolResult`] blocks alone.
    Tool,
}

/// One entry of a conversation: a role and an ordered list of content blocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What was said, in order; shared, because journals and histories hold the same blocks.
    pub content: Arc<[ContentBlock]>,
}

impl Message {
    /// A message of a role.
    pub fn new(role: Role, content: impl Into<Arc<[ContentBlock]>>) -> Self {
        Self { role, content: content.into() }
    }

    /// A user's message.
    pub fn user(content: impl Into<Arc<[ContentBlock]>>) -> Self {
        Self::new(Role::User, content)
    }

    /// A model's message.
    pub fn assistant(content: impl Into<Arc<[ContentBlock]>>) -> Self {
        Self::new(Role::Assistant, content)
    }

    /// The message that carries tool results back to the model.
    pub fn tool(results: impl IntoIterator<Item = ToolResult>) -> Self {
        Self::new(Role::Tool, results.into_iter().map(ContentBlock::ToolResult).collect::<Arc<_>>())
    }

    /// The text blocks, joined without a separator.
    #[must_use]
    pub fn text(&self) -> String {
        self.content.iter().filter_map(ContentBlock::as_text).collect()
    }

    /// The tool calls, in order.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    /// The tool results, in order.
    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|block| match block {
            ContentBlock::ToolResult(result) => Some(result),
            _ => None,
        })
    }
}
