//! The tool that calls others.

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_core::ToolDefinition;
use tau_tools::{CALL_TOOL, ToolContext, ToolExecutor, ToolOutput};

use super::SEARCH_TOOLS;

/// Stands for the tool it names. A call of it that names one never comes here: it is rewritten before.
#[derive(Debug)]
pub(super) struct CallTool {
    definition: ToolDefinition,
}

impl CallTool {
    pub(super) fn new() -> Self {
        let description = format!("Calls a tool that `{SEARCH_TOOLS}` found.");
        let parameters = json!({
            "type": "object",
            "properties": {
                "tool": {"type": "string", "description": "Its name, as it was found"},
                "arguments": {"type": "object", "description": "What its own schema asks for"},
            },
            "required": ["tool", "arguments"],
        });
        Self { definition: ToolDefinition::new(CALL_TOOL, description, parameters) }
    }
}

impl ToolExecutor for CallTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn execute<'a>(&'a self, _context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        let text = match arguments["tool"].as_str() {
            Some(tool) => format!(
                "Nothing was called: there is no tool `{}`, or its `arguments` are no JSON object. \
                 Find it with `{SEARCH_TOOLS}` first.",
                tool.escape_debug()
            ),
            None => {
                format!("Nothing was called: `tool` must be the name of one that `{SEARCH_TOOLS}` found.")
            }
        };
        std::future::ready(ToolOutput::error(text)).boxed()
    }
}
