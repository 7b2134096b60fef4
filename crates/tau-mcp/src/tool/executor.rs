//! A tool of a server.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use rmcp::model::{Tool, ToolAnnotations};
use serde_json::Value;
use tau_core::{EffectClass, ToolDefinition};
use tau_tools::{ToolContext, ToolExecutor, ToolOutput};

use super::output::output;
use crate::client::{AnnotationTrust, Link};
use crate::error::{McpError, McpErrorKind};
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
    effect: EffectClass,
    timeout: Option<Duration>,
    link: Arc<Link>,
}

impl McpTool {
    pub(crate) fn new(
        name: String,
        tool: Tool,
        link: Arc<Link>,
        trust: AnnotationTrust,
        timeout: Option<Duration>,
    ) -> Self {
        let description = tool.description.as_deref().or(tool.title.as_deref()).unwrap_or_default();
        let mut schema = tool.schema_as_json_value();
        if let Value::Object(schema) = &mut schema {
            // Arguments are always an object; servers that leave it out mean that.
            schema.entry("type").or_insert_with(|| Value::from("object"));
        }
        Self {
            definition: ToolDefinition::new(name, truncate(description, DESCRIPTION_BYTES), schema),
            effect: effect(tool.annotations.as_ref(), trust),
            remote_name: tool.name.into_owned(),
            timeout,
            link,
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
        self.link.server()
    }

    /// Calls the tool. Dropping the future sends the server a cancellation.
    ///
    /// A tool that ran and failed is no error here: its output says so.
    ///
    /// # Errors
    /// When the server is gone or goes, refuses the call, or answers what is no result.
    pub async fn call(&self, arguments: &Value) -> Result<ToolOutput, McpError> {
        self.link.call(&self.remote_name, arguments).await.map(output)
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

    fn execute<'a>(&'a self, _context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        async move { self.call(arguments).await.unwrap_or_else(|error| self.failure(&error)) }.boxed()
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
