//! Lists folders.

mod args;

use std::fmt::Write;

use args::LsArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};

use super::support::{self, Budget, Place, shown};
use crate::environment::{FileKind, WorkspacePath};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "ls";
/// The most entries of the folder itself, and of each below it.
const ENTRIES: usize = 1_000;
const ENTRIES_BELOW: usize = 100;

/// Lists folders.
#[derive(Debug)]
pub struct LsTool {
    definition: ToolDefinition,
}

impl LsTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<LsArgs>(NAME, include_str!("description.md")) }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: LsArgs = ToolOutput::arguments(&self.definition, arguments)?;
        let place = Place::of_search(context, args.path.as_deref())?;
        let mut tree = Tree { place: &place, depth: args.depth.unwrap_or(1), budget: Budget::default() };
        let text = tree.below(&place.path, 1).await?;
        let name = place.shown(&place.path);
        Ok(ToolOutput::text(if text.is_empty() { format!("`{name}` is empty.") } else { text }))
    }
}

impl Default for LsTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for LsTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

struct Tree<'a> {
    place: &'a Place<'a>,
    depth: usize,
    budget: Budget,
}

impl Tree<'_> {
    /// The entries of a folder, each on a line, and below a folder what is in it. Links are named and not followed in,
    /// so a loop has an end: the depth.
    fn below<'s>(
        &'s mut self,
        folder: &'s WorkspacePath,
        level: usize,
    ) -> BoxFuture<'s, Result<String, ToolOutput>> {
        async move {
            let entries = match self.place.environment.list(folder).await {
                Ok(entries) => entries,
                Err(error) if level == 1 => return Err(self.place.failure(&error).await),
                Err(error) => return Ok(format!("{}[{}]\n", "  ".repeat(level - 1), error.problem())),
            };
            let indent = "  ".repeat(level - 1);
            let most = if level == 1 { ENTRIES } else { ENTRIES_BELOW };
            let mut text = String::new();
            for (index, entry) in entries.iter().enumerate() {
                let mark = match entry.kind {
                    FileKind::Directory => "/",
                    FileKind::File => "",
                    FileKind::Other => " (neither file nor folder, or a link that leads nowhere)",
                };
                let line = format!("{indent}{}{mark}\n", shown(&entry.name));
                if index == most || !self.budget.take(line.len()) {
                    let _ = writeln!(text, "{indent}[{} more entries]", entries.len() - index);
                    break;
                }
                text.push_str(&line);
                if entry.kind == FileKind::Directory && level < self.depth && entry.name != ".git" {
                    let inside = self.below(&folder.join(&entry.name), level + 1).await?;
                    text.push_str(&inside);
                }
            }
            Ok(text)
        }
        .boxed()
    }
}
