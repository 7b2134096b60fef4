//! A tool that a model is not told of.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde_json::Value;
use tau_core::event::ToolKind;
use tau_core::{EffectClass, ToolDefinition};
use tau_tools::{Concurrency, ToolContext, ToolExecutor, ToolOutput};

/// The same tool, found and not told.
#[derive(Debug)]
pub(super) struct Deferred(pub(super) Arc<dyn ToolExecutor>);

impl ToolExecutor for Deferred {
    fn definition(&self) -> &ToolDefinition {
        self.0.definition()
    }

    fn effect(&self) -> EffectClass {
        self.0.effect()
    }

    fn kind(&self) -> ToolKind {
        self.0.kind()
    }

    fn is_deferred(&self) -> bool {
        true
    }

    fn concurrency(&self, arguments: &Value, root: &Path) -> Concurrency {
        self.0.concurrency(arguments, root)
    }

    fn timeout(&self, arguments: &Value, default: Duration) -> Duration {
        self.0.timeout(arguments, default)
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        self.0.execute(context, arguments)
    }
}
