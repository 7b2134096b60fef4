//! Applies a patch over several files.

mod apply;
mod args;
mod commit;
mod parse;

use std::collections::BTreeSet;
use std::path::Path;

use args::ApplyPatchArgs;
use commit::Step;
use futures::FutureExt;
use futures::future::BoxFuture;
use parse::FileChange;
use serde_json::Value;
use tau_core::ToolDefinition;

use super::support::{self, FILE_BYTES, Place, failure, shown, workspace_path};
use crate::environment::{EnvironmentErrorKind, WorkspacePath};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};
use crate::queue::Concurrency;

const NAME: &str = "apply_patch";

/// Applies a patch over several files.
#[derive(Debug)]
pub struct ApplyPatchTool {
    definition: ToolDefinition,
}

impl ApplyPatchTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<ApplyPatchArgs>(NAME, include_str!("description.md")) }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: ApplyPatchArgs = ToolOutput::arguments(&self.definition, arguments)?;
        let changes = parse::parse(&args.patch).map_err(|problem| refused(&problem))?;
        let mut seen = BTreeSet::new();
        let mut steps = Vec::new();
        for change in &changes {
            for name in change.paths() {
                if !seen.insert(workspace_path(context, name)?) {
                    return Err(refused(&format!("`{name}` is in it twice")));
                }
            }
            steps.extend(plan(context, change).await?);
        }
        commit::commit(context.environment.as_ref(), &steps).await?;
        let lines: Vec<String> = changes.iter().map(done).collect();
        Ok(ToolOutput::text(format!("Applied:\n{}", lines.join("\n"))))
    }
}

impl Default for ApplyPatchTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for ApplyPatchTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn concurrency(&self, arguments: &Value, root: &Path) -> Concurrency {
        let patch = arguments.get("patch").and_then(Value::as_str).unwrap_or_default();
        let changes = parse::parse(patch).unwrap_or_default();
        support::changes_files(changes.iter().flat_map(FileChange::paths), root)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

fn refused(problem: &str) -> ToolOutput {
    ToolOutput::error(format!("The patch was not applied, no file was changed: {problem}"))
}

fn done(change: &FileChange) -> String {
    match change {
        FileChange::Add { path, .. } => format!("A {}", shown(path)),
        FileChange::Delete { path } => format!("D {}", shown(path)),
        FileChange::Update { path, moved_to: None, .. } => format!("M {}", shown(path)),
        FileChange::Update { path, moved_to: Some(to), .. } => format!("R {} -> {}", shown(path), shown(to)),
    }
}

/// What is to be done for a change, once it is known that all of it can be.
async fn plan(context: &ToolContext, change: &FileChange) -> Result<Vec<Step>, ToolOutput> {
    match change {
        FileChange::Add { path, content } => {
            let path = free(context, path).await?;
            Ok(vec![Step::Write { path, before: None, after: content.clone().into_bytes() }])
        }
        FileChange::Delete { path } => {
            let (path, before) = existing(context, path).await?;
            Ok(vec![Step::Remove { path, before }])
        }
        FileChange::Update { path: name, moved_to, hunks } => {
            let (path, before) = existing(context, name).await?;
            let problem = |problem: String| refused(&format!("`{}`: {problem}", shown(name)));
            let decoded = support::decode(&before).filter(|decoded| !decoded.is_lossy);
            let decoded = decoded.ok_or_else(|| problem("it is not text in any one encoding".to_owned()))?;
            let text = apply::apply(&decoded.text, hunks).map_err(problem)?;
            let after = decoded.encoding.encode(&text, decoded.has_mark).map_err(|character| {
                let encoding = decoded.encoding.name().unwrap_or_default();
                problem(format!("it is encoded as {encoding}, which has no {character:?}"))
            })?;
            let Some(to) = moved_to else {
                return Ok(vec![Step::Write { path, before: Some(before), after }]);
            };
            let to = free(context, to).await?;
            Ok(vec![Step::Write { path: to, before: None, after }, Step::Remove { path, before }])
        }
    }
}

/// A file that is there, and what it holds.
async fn existing(context: &ToolContext, name: &str) -> Result<(WorkspacePath, Vec<u8>), ToolOutput> {
    let path = workspace_path(context, name)?;
    match context.environment.read(&path, FILE_BYTES).await {
        Ok(content) => Ok((path, content)),
        Err(error) => Err(Place::at(context, path).failure(&error).await),
    }
}

/// A path where nothing stands.
async fn free(context: &ToolContext, name: &str) -> Result<WorkspacePath, ToolOutput> {
    let path = workspace_path(context, name)?;
    match context.environment.metadata(&path).await {
        Err(error) if error.kind() == EnvironmentErrorKind::NotFound => Ok(path),
        Err(error) => Err(failure(&error)),
        Ok(_) => Err(refused(&format!(
            "`{}` is there already; update it, or delete it in a patch before",
            shown(name)
        ))),
    }
}
