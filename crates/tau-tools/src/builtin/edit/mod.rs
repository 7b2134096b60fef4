//! Replaces exact text.

mod args;

use std::ops::Range;

use args::EditArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::ToolDefinition;

use super::support::{self, FILE_BYTES, Place, failure, shown, workspace_path};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "edit";
/// The most places of a text that a message names.
const PLACES: usize = 10;

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

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

async fn run(context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
    let args: EditArgs = ToolOutput::arguments(NAME, arguments)?;
    let path = workspace_path(context, &args.path)?;
    if args.old_string.is_empty() {
        return Err(ToolOutput::error("old_string is empty. To create or replace a whole file, use write."));
    }
    if args.old_string == args.new_string {
        return Err(ToolOutput::error("old_string and new_string are the same; nothing was changed."));
    }
    let environment = &context.environment;
    let before = match environment.metadata(&path).await {
        Ok(found) => found,
        Err(error) => return Err(Place::at(context, path).failure(&error).await),
    };
    let content = environment.read(&path, FILE_BYTES).await.map_err(|error| failure(&error))?;
    let name = shown(&path.to_string());
    // Searching a large file for what is most alike may take a while.
    let planned = tokio::task::spawn_blocking(move || plan(&name, &content, &args)).await;
    let plan = match planned.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(plan) => plan?,
        Err(Ok(panic)) => std::panic::resume_unwind(panic),
        Err(Err(_)) => return Err(ToolOutput::error("The program is shutting down; nothing was changed.")),
    };
    let now = environment.metadata(&path).await.map_err(|error| failure(&error))?;
    if now != before {
        return Err(ToolOutput::error(
            "The file was changed by somebody else meanwhile; nothing was done. Read it again.",
        ));
    }
    environment.write(&path, &plan.content).await.map_err(|error| failure(&error))?;
    Ok(ToolOutput::text(plan.report))
}

/// What to write and what to say.
struct Plan {
    content: Vec<u8>,
    report: String,
}

fn plan(name: &str, content: &[u8], args: &EditArgs) -> Result<Plan, ToolOutput> {
    let spans = support::find(content, &args.old_string);
    match spans.as_slice() {
        [] => return Err(not_found(name, content, &args.old_string)),
        [_] => {}
        _ if args.replace_all == Some(true) => {}
        several => return Err(ambiguous(name, content, several)),
    }
    let replaced = support::replace(content, &spans, &args.new_string);
    if replaced.content == content {
        return Err(ToolOutput::error(format!(
            "`{name}` would stay as it is: its line ends are kept, and nothing else differs."
        )));
    }
    let count = match spans.len() {
        1 => String::new(),
        count => format!(" in {count} places"),
    };
    let report = format!("Edited `{name}`{count}:\n{}", support::unified(content, &replaced));
    Ok(Plan { content: replaced.content, report })
}

fn not_found(name: &str, content: &[u8], old: &str) -> ToolOutput {
    let mut text = format!("old_string is not in `{name}`; nothing was changed.");
    if let Some(nearest) = support::nearest(&String::from_utf8_lossy(content), old) {
        text.push(' ');
        text.push_str(&nearest);
    }
    ToolOutput::error(text)
}

fn ambiguous(name: &str, content: &[u8], spans: &[Range<usize>]) -> ToolOutput {
    let mut lines: Vec<String> = spans
        .iter()
        .take(PLACES)
        .map(|span| (memchr::memchr_iter(b'\n', &content[..span.start]).count() + 1).to_string())
        .collect();
    if spans.len() > PLACES {
        lines.push("...".to_owned());
    }
    ToolOutput::error(format!(
        "old_string is in `{name}` {} times, at lines {}; nothing was changed. Take in lines around the one you mean, \
         or set replace_all.",
        spans.len(),
        lines.join(", ")
    ))
}
