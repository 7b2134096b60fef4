//! A tool of a server.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};
use tau_tools::{Progress, ToolContext, ToolExecutor, ToolOutput};

use super::output::output;
use crate::client::{AnnotationTrust, ConnectOptions, Link};
use crate::error::{McpError, McpErrorKind};
use crate::pin::ToolHash;
use crate::pool::Slot;
use crate::text::truncate;

/// A description is sent with every request to a model; a longer one is cut off.
const DESCRIPTION_BYTES: usize = 2 << 10;

/// A tool of a server, under the name `mcp__server__tool`.
///
/// It acts where its server runs, not through the environment it is given with a call.
#[derive(Debug)]
pub struct McpTool {
    definition: ToolDefinition,
    remote_name: String,
    hash: ToolHash,
    effect: EffectClass,
    timeout: Option<Duration>,
    source: Source,
}

/// Where a tool finds its server.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// The connection it was listed over.
    Link(Arc<Link>),
    /// Whatever connection the server has when it is called. It does not keep the pool alive.
    Pool { server: Arc<str>, slot: Weak<Slot> },
}

impl McpTool {
    pub(crate) fn new(name: String, tool: Tool, source: Source, options: &ConnectOptions) -> Self {
        let description = tool.description.as_deref().or(tool.title.as_deref()).unwrap_or_default();
        let mut schema = tool.schema_as_json_value();
        if let Value::Object(schema) = &mut schema {
            // Arguments are always an object; servers that leave it out mean that.
            schema.entry("type").or_insert_with(|| Value::from("object"));
        }
        Self {
            definition: ToolDefinition::new(name, truncate(description, DESCRIPTION_BYTES), schema),
            effect: effect(tool.annotations.as_ref(), options.trust),
            timeout: options.call_timeout,
            hash: ToolHash::of(&tool),
            remote_name: tool.name.into_owned(),
            source,
        }
    }

    /// The name the server gave it.
    #[must_use]
    pub fn remote_name(&self) -> &str {
        &self.remote_name
    }

    /// The server it belongs to.
    #[must_use]
    pub fn server(&self) -> &str {
        match &self.source {
            Source::Link(link) => link.server(),
            Source::Pool { server, .. } => server,
        }
    }

    /// The hash of all its server said of it when it was listed.
    #[must_use]
    pub const fn hash(&self) -> &ToolHash {
        &self.hash
    }

    /// Calls the tool. Dropping the future sends the server a cancellation.
    ///
    /// A tool that ran and failed is no error here: its output says so.
    ///
    /// # Errors
    /// When the server is gone or goes, refuses the call, or answers what is no result.
    pub async fn call(&self, arguments: &Value) -> Result<ToolOutput, McpError> {
        self.call_with(arguments, &Progress::default()).await
    }

    /// The same with a listener to what the server tells of the call while it is on.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_with(&self, arguments: &Value, progress: &Progress) -> Result<ToolOutput, McpError> {
        let link = self.link().await?;
        link.call(&self.remote_name, arguments, progress).await.map(output)
    }

    async fn link(&self) -> Result<Arc<Link>, McpError> {
        match &self.source {
            Source::Link(link) => Ok(Arc::clone(link)),
            Source::Pool { server, slot } => match slot.upgrade() {
                Some(slot) => slot.link_for(&self.remote_name, &self.hash).await,
                None => Err(McpError::new(McpErrorKind::Exited, server, "was shut down")),
            },
        }
    }
}

impl ToolExecutor for McpTool {
    fn definition(&self) -> &ToolDefinition {
        &self.definition
    }

    fn effect(&self) -> EffectClass {
        self.effect
    }

    fn timeout(&self, _arguments: &Value, default: Duration) -> Duration {
        self.timeout.unwrap_or(default)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        async move {
            let called = self.call_with(arguments, &context.progress).await;
            called.unwrap_or_else(|error| self.failure(&error))
        }
        .boxed()
    }
}

impl McpTool {
    /// An error in words for the model. Standard error stays out of them: it is for people.
    fn failure(&self, error: &McpError) -> ToolOutput {
        let advice = match error.kind() {
            McpErrorKind::Exited if self.effect == EffectClass::AtMostOnce => {
                " Whether the call had an effect is unknown; check before you repeat it."
            }
            _ => "",
        };
        ToolOutput::error(format!("{error}.{advice}"))
    }
}

fn effect(annotations: Option<&ToolAnnotations>, trust: AnnotationTrust) -> EffectClass {
    match (trust, annotations) {
        (AnnotationTrust::Trusted, Some(hints)) if hints.read_only_hint == Some(true) => EffectClass::Pure,
        (AnnotationTrust::Trusted, Some(hints)) if hints.idempotent_hint == Some(true) => {
            EffectClass::Idempotent
        }
        _ => EffectClass::AtMostOnce,
    }
}
