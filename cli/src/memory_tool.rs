//! The notes of a project as a tool of the agent.

use std::path::Path;

use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::ToolDefinition;
use tau_memory::WorkingMemory;
use tau_memory::working::tools;
use tau_tools::{Concurrency, ToolContext, ToolExecutor, ToolOutput};

/// The tool `memory`, offered where `agent.tools` names it. It acts on a folder of this machine and not through the session's
/// environment: every version of a note is kept, which no other environment can do.
#[derive(Debug)]
pub(crate) struct MemoryTool {
    memory: WorkingMemory,
    definition: ToolDefinition,
}

impl MemoryTool {
    pub(crate) fn new(memory: WorkingMemory) -> Self {
        let definition = ToolDefinition::new(tools::NAME, tools::DESCRIPTION, tools::schema());
        Self { memory, definition }
    }
}

impl ToolExecutor for MemoryTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn concurrency(&self, arguments: &Value, _: &Path) -> Concurrency {
        if tools::only_reads(arguments) { Concurrency::Shared } else { Concurrency::Alone }
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        // Small files, as quick as any other look at the disk.
        let output = match tools::call(&self.memory, arguments) {
            Ok(answer) => ToolOutput::text(answer),
            Err(problem) => ToolOutput::error(problem),
        };
        Box::pin(std::future::ready(output))
    }
}
