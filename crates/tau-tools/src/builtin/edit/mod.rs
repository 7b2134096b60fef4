//! Replaces exact text.

mod args;
mod plan;

use std::path::Path;

use args::{EditArgs, Replacement};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::ToolDefinition;

use super::support::{self, FILE_BYTES, Place, failure, shown, workspace_path};
use crate::environment::blocking;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};
use crate::queue::Concurrency;

const NAME: &str = "edit";

/// Replaces exact text in a file.
#[derive(Debug)]
pub struct EditTool {
    definition: ToolDefinition,
}

impl EditTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<EditArgs>(NAME, include_str!("description.md")) }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: EditArgs = ToolOutput::arguments(&self.definition, arguments)?;
        let path = workspace_path(context, &args.path)?;
        let edits = replacements(args)?;
        let environment = &context.environment;
        let before = match environment.metadata(&path).await {
            Ok(found) => found,
            Err(error) => return Err(Place::at(context, path).failure(&error).await),
        };
        let content = environment.read(&path, FILE_BYTES).await.map_err(|error| failure(&error))?;
        let name = shown(&path.to_string());
        // Searching a large file for what is most alike may take a while.
        let planned = blocking(move || plan::plan(&name, &content, &edits)).await;
        let plan = planned.map_err(|error| failure(&error))??;
        let now = environment.metadata(&path).await.map_err(|error| failure(&error))?;
        if now != before {
            return Err(ToolOutput::error(
                "The file was changed by somebody else meanwhile; nothing was done. Read it again.",
            ));
        }
        environment.write(&path, &plan.content).await.map_err(|error| failure(&error))?;
        Ok(ToolOutput::text(plan.report))
    }
}

impl Default for EditTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for EditTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn concurrency(&self, arguments: &Value, root: &Path) -> Concurrency {
        support::changes_path(arguments, root)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

/// What is to be replaced, in order.
fn replacements(args: EditArgs) -> Result<Vec<Replacement>, ToolOutput> {
    let EditArgs { old_string, new_string, replace_all, edits, .. } = args;
    let edits = match (old_string, new_string, edits) {
        (Some(old_string), Some(new_string), None) => {
            vec![Replacement { old_string, new_string, replace_all }]
        }
        (None, None, Some(edits)) => edits,
        _ => {
            return Err(ToolOutput::error(
                "Give either old_string and new_string, or edits; nothing was changed.",
            ));
        }
    };
    for edit in &edits {
        if edit.old_string.is_empty() {
            return Err(ToolOutput::error(
                "old_string is empty. To create or replace a whole file, use write.",
            ));
        }
        if edit.old_string == edit.new_string {
            return Err(ToolOutput::error("old_string and new_string are the same; nothing was changed."));
        }
    }
    Ok(edits)
}
