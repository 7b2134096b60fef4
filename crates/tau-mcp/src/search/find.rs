//! The tool that finds others.

use std::fmt::Write;

use futures::FutureExt;
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};
use tau_tools::{CALL_TOOL, ToolContext, ToolExecutor, ToolOutput};

use super::SEARCH_TOOLS;
use super::index::Index;
use crate::text::truncate;

/// So many are shown with their schema.
const SHOWN: usize = 5;
/// So many more are named.
const NAMED: usize = 20;
/// Longer ones of all that is shown are left out: what a search gives stays in the history.
const BYTES: usize = 20_000;
/// So many servers are named in the description.
const SERVERS: usize = 40;

/// Words to find tools by, or the names of tools.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Arguments {
    /// Words for what the tool is to do
    #[serde(default)]
    query: String,
    /// Names of tools to show the schemas of
    #[serde(default)]
    names: Vec<String>,
}

/// Finds tools by words.
#[derive(Debug)]
pub(super) struct SearchTools {
    definition: ToolDefinition,
    index: Index,
}

impl SearchTools {
    pub(super) fn new(index: Index) -> Self {
        let servers = index.servers();
        let mut named: Vec<String> =
            servers.iter().take(SERVERS).map(|(server, count)| format!("{server} ({count})")).collect();
        if servers.len() > SERVERS {
            named.push("others".to_owned());
        }
        let description = format!(
            "Finds tools of MCP servers, which are not listed here, and shows their schemas; call them with \
             `{CALL_TOOL}`. Servers and how many tools each has: {}.",
            named.join(", ")
        );
        let parameters = schemars::schema_for!(Arguments).to_value();
        Self { definition: ToolDefinition::new(SEARCH_TOOLS, description, parameters), index }
    }

    fn search(&self, arguments: &Arguments) -> String {
        let mut text = String::new();
        let by_name: Vec<&ToolDefinition> =
            arguments.names.iter().filter_map(|name| self.index.get(name)).collect();
        let found = if arguments.query.is_empty() { Vec::new() } else { self.index.find(&arguments.query) };
        let mut all = by_name;
        all.extend(found.into_iter().filter(|tool| !arguments.names.contains(&tool.name)));
        if all.is_empty() {
            return "No tool was found; try other words.".to_owned();
        }
        let shown = SHOWN.max(arguments.names.len());
        let mut named = Vec::new();
        for (at, tool) in all.iter().enumerate() {
            let schema = tool.parameters.to_string();
            if at < shown && text.len() + tool.description.len() + schema.len() <= BYTES {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "## {}\n{}\nArguments: {schema}\n", tool.name, tool.description);
            } else if named.len() < NAMED {
                let line = tool.description.lines().next().unwrap_or_default();
                named.push(format!("- {}: {}", tool.name, truncate(line, 120)));
            }
        }
        if !named.is_empty() {
            let _ = write!(text, "Others, whose schemas are shown by `names`:\n{}\n", named.join("\n"));
        }
        text
    }
}

impl ToolExecutor for SearchTools {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn execute<'a>(&'a self, _context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        let output = match ToolOutput::arguments::<Arguments>(&self.definition, arguments) {
            Ok(arguments) => ToolOutput::text(self.search(&arguments)),
            Err(wrong) => wrong,
        };
        std::future::ready(output).boxed()
    }
}
