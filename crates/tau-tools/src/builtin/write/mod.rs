//! Creates and replaces files.

mod args;

use args::WriteArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::ToolDefinition;

use super::support::{self, FILE_BYTES, count_lines, failure, shown, workspace_path};
use crate::environment::EnvironmentErrorKind;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "write";

/// Creates and replaces files.
#[derive(Debug)]
pub struct WriteTool {
    definition: ToolDefinition,
}

impl WriteTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<WriteArgs>(NAME, include_str!("description.md")) }
    }
}

impl Default for WriteTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for WriteTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

async fn run(context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
    let args: WriteArgs = ToolOutput::arguments(NAME, arguments)?;
    let path = workspace_path(context, &args.path)?;
    let environment = &context.environment;
    let before = match environment.read(&path, FILE_BYTES).await {
        Ok(content) => Some(format!("{} lines", count_lines(&content))),
        Err(error) => match error.kind() {
            EnvironmentErrorKind::NotFound => None,
            EnvironmentErrorKind::TooLarge => Some(format!("over {FILE_BYTES} bytes")),
            // A file that cannot be read may still be replaced; where it may not, writing says why.
            _ => Some("content that cannot be read".to_owned()),
        },
    };
    environment.write(&path, args.content.as_bytes()).await.map_err(|error| failure(&error))?;
    let (name, lines) = (shown(&path.to_string()), count_lines(args.content.as_bytes()));
    Ok(ToolOutput::text(match before {
        None => format!("Created `{name}` ({lines} lines)."),
        Some(before) => format!("Replaced `{name}` ({lines} lines; it had {before})."),
    }))
}
