//! The list of what is to be done. It lives in the conversation: the newest call is the list.

mod args;

use std::fmt::Write;

use args::{Status, TodoArgs};
use futures::FutureExt;
use futures::future::{self, BoxFuture};
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};

use super::support;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "todo";

/// The list of what is to be done.
#[derive(Debug)]
pub struct TodoTool {
    definition: ToolDefinition,
}

impl TodoTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<TodoArgs>(NAME, include_str!("description.md")) }
    }

    fn run(&self, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let TodoArgs { todos } = ToolOutput::arguments(&self.definition, arguments)?;
        let count = |status| todos.iter().filter(|todo| todo.status == status).count();
        let mut text = format!("{} of {} done.", count(Status::Completed), todos.len());
        for todo in &todos {
            let mark = match todo.status {
                Status::Pending => ' ',
                Status::InProgress => '>',
                Status::Completed => 'x',
            };
            let _ = write!(text, "\n[{mark}] {}", todo.content.trim());
        }
        if count(Status::InProgress) > 1 {
            text.push_str("\nMore than one is in_progress: do one at a time.");
        }
        Ok(ToolOutput::text(text))
    }
}

impl Default for TodoTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for TodoTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        future::ready(self.run(arguments).unwrap_or_else(|failure| failure)).boxed()
    }
}
