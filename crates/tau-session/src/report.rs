//! What fills a model's window.

use serde::{Deserialize, Serialize};
use tau_core::{ContentBlock, Message, Role, ToolDefinition, ToolResultBlock};

use crate::estimate::{FRAME_TOKENS, IMAGE_TOKENS, text_tokens};
use crate::history::History;

/// What fills a model's window, in estimated tokens by category.
///
/// The parts are estimates and do not add up to what a provider counts; they are there to be compared with
/// each other. [`History::context_tokens`] has the total.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContextReport {
    /// The instructions that stand before the conversation.
    pub instructions: u64,
    /// The definitions of the tools.
    pub tools: u64,
    /// What people and programs said.
    pub user: u64,
    /// What the model said.
    pub assistant: u64,
    /// What the model thought, opaque data included.
    pub reasoning: u64,
    /// The arguments of tool calls.
    pub tool_calls: u64,
    /// What tools gave back.
    pub tool_results: u64,
    /// Pictures, whoever sent them.
    pub images: u64,
}

impl ContextReport {
    /// The report of a request.
    #[must_use]
    pub fn new(system: &str, tools: &[ToolDefinition], history: &History) -> Self {
        let mut report = Self { instructions: text_tokens(system.len()), ..Self::default() };
        for tool in tools {
            let schema = tool.parameters.to_string();
            report.tools += text_tokens(tool.name.len() + tool.description.len() + schema.len());
        }
        history.messages().iter().for_each(|message| report.add(message));
        report
    }

    /// All categories together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.instructions
            + self.tools
            + self.user
            + self.assistant
            + self.reasoning
            + self.tool_calls
            + self.tool_results
            + self.images
    }

    fn add(&mut self, message: &Message) {
        let speaker = match message.role {
            Role::Assistant => &mut self.assistant,
            Role::Tool => &mut self.tool_results,
            Role::System => &mut self.instructions,
            _ => &mut self.user,
        };
        *speaker += FRAME_TOKENS;
        for block in message.content.iter() {
            match block {
                ContentBlock::Text { text } if message.role == Role::Assistant => {
                    self.assistant += text_tokens(text.len());
                }
                ContentBlock::Text { text } => self.user += text_tokens(text.len()),
                ContentBlock::Image(_) => self.images += IMAGE_TOKENS,
                ContentBlock::Reasoning(reasoning) => {
                    let data = reasoning.data.as_ref().map_or(0, |data| data.json.len());
                    self.reasoning += text_tokens(reasoning.text.len() + data);
                }
                ContentBlock::ToolCall(call) => {
                    self.tool_calls +=
                        text_tokens(call.name.len() + call.arguments.raw().len()) + FRAME_TOKENS;
                }
                ContentBlock::ToolResult(result) => {
                    result.content.iter().for_each(|block| self.add_result(block))
                }
                _ => {}
            }
        }
    }

    fn add_result(&mut self, block: &ToolResultBlock) {
        match block {
            ToolResultBlock::Text { text } => self.tool_results += text_tokens(text.len()),
            ToolResultBlock::Json { value } => self.tool_results += text_tokens(value.to_string().len()),
            ToolResultBlock::Image(_) => self.images += IMAGE_TOKENS,
            _ => {}
        }
    }
}
