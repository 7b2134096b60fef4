//! Searches lines.

mod args;

use std::fmt::Write;

use args::{GrepArgs, Output};
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};

use super::support::{self, Budget, Place};
use crate::environment::{
    CaseSensitivity, EnvironmentErrorKind, GrepLine, GrepMatches, GrepQuery, WorkspacePath,
};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "grep";
const DEFAULT_LIMIT: usize = 100;
const MOST_LINES: usize = 1_000;
const MOST_CONTEXT: usize = 20;

/// Searches lines.
#[derive(Debug)]
pub struct GrepTool {
    definition: ToolDefinition,
}

impl GrepTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<GrepArgs>(NAME, include_str!("description.md")) }
    }
}

impl Default for GrepTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for GrepTool {
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
    let args: GrepArgs = ToolOutput::arguments(definition, arguments)?;
    let place = Place::of_search(context, args.path.as_deref())?;
    let mut query = GrepQuery::new(args.pattern);
    query.below = place.path.clone();
    query.files = args.glob;
    query.context = args.context.unwrap_or(0).min(MOST_CONTEXT);
    query.limit = args.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MOST_LINES);
    if args.ignore_case == Some(true) {
        query.case = CaseSensitivity::Insensitive;
    }
    if args.output == Some(Output::Files) {
        (query.limit_of_file, query.context) = (1, 0);
    }
    match place.environment.grep(&query).await {
        Ok(found) if args.output == Some(Output::Files) => Ok(ToolOutput::text(files(&found, &place))),
        Ok(found) => Ok(ToolOutput::text(matches(&found, &place, Budget::of_list(context)))),
        Err(error) if error.kind() == EnvironmentErrorKind::InvalidPattern => {
            Err(ToolOutput::error(format!("The pattern is not valid: {error}")))
        }
        Err(error) => Err(place.failure(&error).await),
    }
}

/// The files with a match.
fn files(found: &GrepMatches, place: &Place<'_>) -> String {
    let mut budget = Budget::default();
    let mut text = String::new();
    let mut left = found.files;
    let mut last: Option<&WorkspacePath> = None;
    for line in found.lines.iter().filter(|line| line.is_match) {
        if last == Some(&line.path) {
            continue;
        }
        last = Some(&line.path);
        let row = format!("{}\n", place.shown(&line.path));
        if !budget.take(row.len()) {
            break;
        }
        text.push_str(&row);
        left = left.saturating_sub(1);
    }
    if found.total == 0 {
        text.push_str("No line matches.\n");
    }
    if left > 0 {
        let _ = writeln!(text, "[{left} more of {} files; path, glob or limit show them]", found.files);
    }
    text.push_str(&skipped(found));
    text
}

fn skipped(found: &GrepMatches) -> String {
    match found.skipped {
        0 => String::new(),
        skipped => format!("[{skipped} files could not be searched]\n"),
    }
}

fn matches(found: &GrepMatches, place: &Place<'_>, mut budget: Budget) -> String {
    let mut text = String::new();
    let mut left = found.total;
    let with_context = found.lines.iter().any(|line| !line.is_match);
    let mut last: Option<&GrepLine> = None;
    for line in &found.lines {
        let mark = if line.is_match { ':' } else { '-' };
        let row = format!("{}{mark}{}{mark}{}\n", place.shown(&line.path), line.number, line.text);
        if !budget.take(row.len()) {
            break;
        }
        let follows = last.is_none_or(|last| last.path == line.path && last.number + 1 == line.number);
        if with_context && !follows && budget.take(3) {
            text.push_str("--\n");
        }
        text.push_str(&row);
        left -= usize::from(line.is_match);
        last = Some(line);
    }
    if found.total == 0 {
        text.push_str("No line matches.\n");
    }
    if left > 0 {
        let (total, files) = (found.total, found.files);
        let _ = writeln!(
            text,
            "[{left} more of {total} matching lines in {files} files; path, glob or limit show them]"
        );
    }
    text.push_str(&skipped(found));
    text
}
