//! Reads files and lists folders.

mod args;
mod folder;
mod long;
mod notebook;
mod pages;
mod text;

use args::ReadArgs;
use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition, ToolResultBlock};

use super::support::{self, FILE_BYTES, PictureError, Place};
use crate::environment::{EnvironmentErrorKind, FileKind};
use crate::executor::{ToolContext, ToolExecutor, ToolOutput};

const NAME: &str = "read";
const DEFAULT_LINES: usize = 2_000;
const LINE_CHARS: usize = 2_000;

/// Reads files and lists folders.
#[derive(Debug)]
pub struct ReadTool {
    definition: ToolDefinition,
}

impl ReadTool {
    /// The tool.
    #[must_use]
    pub fn new() -> Self {
        Self { definition: support::definition::<ReadArgs>(NAME, include_str!("description.md")) }
    }

    async fn run(&self, context: &ToolContext, arguments: &Value) -> Result<ToolOutput, ToolOutput> {
        let args: ReadArgs = ToolOutput::arguments(&self.definition, arguments)?;
        let place = Place::parse(context, &args.path)?;
        let found = match place.environment.metadata(&place.path).await {
            Ok(found) => found,
            Err(error) => return Err(place.failure(&error).await),
        };
        let name = place.shown(&place.path);
        if found.kind == FileKind::Directory {
            let entries = place.environment.list(&place.path).await;
            return Ok(ToolOutput::text(folder::listing(
                &name,
                &entries.map_err(|error| support::failure(&error))?,
            )));
        }
        let lines = Lines {
            first: args.offset.unwrap_or(1).max(1),
            most: args.limit.unwrap_or(DEFAULT_LINES).max(1),
        };
        let content = match place.environment.read(&place.path, FILE_BYTES).await {
            Ok(content) => content,
            Err(error) if error.kind() == EnvironmentErrorKind::TooLarge => {
                return long::read(&place, &name, found.len, lines)
                    .await
                    .unwrap_or(Err(support::failure(&error)));
            }
            Err(error) => return Err(support::failure(&error)),
        };
        show(&place, &name, content, &args, lines).await
    }
}

impl Default for ReadTool {
    fn default() -> Self {
        Self::new()
    }
}

impl ToolExecutor for ReadTool {
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

/// Which lines are asked for.
#[derive(Debug, Clone, Copy)]
struct Lines {
    first: usize,
    most: usize,
}

async fn show(
    place: &Place<'_>,
    name: &str,
    content: Vec<u8>,
    args: &ReadArgs,
    lines: Lines,
) -> Result<ToolOutput, ToolOutput> {
    if content.starts_with(b"%PDF-") {
        return pages::read(place, name, args.pages.as_deref()).await;
    }
    if args.pages.is_some() {
        return Err(ToolOutput::error(format!(
            "`{name}` is no PDF, so it has no pages; offset and limit choose lines"
        )));
    }
    let kind = support::binary_kind(&content);
    match support::picture(&content).await {
        Ok(picture) => {
            let about = ToolResultBlock::text(format!("`{name}`: {}", picture.about));
            return Ok(ToolOutput::blocks(vec![about, picture.block()]));
        }
        // Text may begin as a picture does.
        Err(PictureError::Broken(problem)) if std::str::from_utf8(&content).is_err() => {
            let len = content.len();
            return Err(ToolOutput::error(format!(
                "`{name}` is {kind} of {len} bytes, but cannot be shown: {problem}"
            )));
        }
        Err(_) => {}
    }
    if place.path.as_path().extension().is_some_and(|extension| extension == "ipynb")
        && let Some(cells) = notebook::cells(name, &content).await
    {
        return Ok(cells);
    }
    let Some(decoded) = support::decode(&content) else {
        let len = content.len();
        return Err(ToolOutput::error(format!(
            "`{name}` is not text but {kind} of {len} bytes; it was not read"
        )));
    };
    text::numbered(name, &decoded, lines)
}
