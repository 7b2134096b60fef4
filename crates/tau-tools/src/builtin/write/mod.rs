//! Creates and replaces files.

mod args;

use std::path::Path;

use args::WriteArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::ToolDefinition;

use super::support::{self, FILE_BYTES, count_lines, failure, shown, workspace_path};
use crate::environment::EnvironmentErrorKind;
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};
use crate::queue::Concurrency;

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

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: WriteArgs = ToolOutput::arguments(&self.definition, arguments)?;
        let path = workspace_path(context, &args.path)?;
        let environment = &context.environment;
        let before = match environment.read(&path, FILE_BYTES).await {
            Ok(content) => Some(about(&content)),
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

    fn concurrency(&self, arguments: &Value, root: &Path) -> Concurrency {
        support::changes_path(arguments, root)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.run(context, arguments).map(|output| output.unwrap_or_else(|failure| failure)).boxed()
    }
}

/// What a file was like: also what of it a model did not mean to change, perhaps.
fn about(content: &[u8]) -> String {
    let mut about = format!("{} lines", count_lines(content));
    let Some(decoded) = support::decode(content) else { return format!("{} bytes, not text", content.len()) };
    if let Some(encoding) = decoded.encoding.name() {
        about = format!("{} lines in {encoding}", count_lines(decoded.text.as_bytes()));
    } else if decoded.has_mark {
        about.push_str(" after a byte order mark");
    }
    if decoded.text.contains("\r\n") {
        about.push_str(" with CRLF");
    }
    about
}
