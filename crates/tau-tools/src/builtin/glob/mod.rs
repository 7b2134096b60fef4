//! Finds files by path.

mod args;

use std::fmt::Write;
use std::path::Path;

use args::GlobArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};

use super::support::{self, Budget, Place};
use crate::environment::GlobQuery;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "glob";
const PATHS: usize = 200;

/// Finds files by path.
#[derive(Debug)]
pub struct GlobTool {
    definition: ToolDefinition,
}

impl GlobTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<GlobArgs>(NAME, include_str!("description.md")) }
    }
}

impl Default for GlobTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for GlobTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        EffectClass::Pure
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        run(&self.definition, context, arguments)
            .map(|output| output.unwrap_or_else(|failure| failure))
            .boxed()
    }
}

async fn run(
    definition: &ToolDefinition,
    context: &ToolContext,
    arguments: &Value,
) -> Result<ToolOutput, ToolOutput> {
    let args: GlobArgs = ToolOutput::arguments(definition, arguments)?;
    let place = Place::of_search(context, args.path.as_deref())?;
    // A model that thinks in absolute paths writes absolute patterns.
    let folder = place.environment.root().join(place.path.as_path());
    let pattern =
        Path::new(&args.pattern).strip_prefix(&folder).ok().and_then(Path::to_str).unwrap_or(&args.pattern);
    let mut query = GlobQuery::new(pattern);
    query.below = place.path.clone();
    query.hidden = args.hidden.unwrap_or(false);
    query.limit = PATHS;
    let found = match place.environment.glob(&query).await {
        Ok(found) => found,
        Err(error) => return Err(place.failure(&error).await),
    };
    if found.total == 0 {
        let hint = if query.hidden { "" } else { " Ignored and dotted files are found with hidden." };
        return Ok(ToolOutput::text(format!("No file matches `{}`.{hint}", args.pattern)));
    }
    let mut text = String::new();
    let mut budget = Budget::of_list(context);
    let mut left = found.total;
    for path in &found.paths {
        let line = format!("{}\n", place.shown(path));
        if !budget.take(line.len()) {
            break;
        }
        text.push_str(&line);
        left -= 1;
    }
    if left > 0 {
        let _ = writeln!(text, "[{left} more paths; a narrower pattern or path shows them]");
    }
    Ok(ToolOutput::text(text))
}
