//! What several tests need.

use std::sync::Arc;

use serde_json::Value;
use tau_core::{ToolArguments, ToolCall, ToolCallId};
use tau_tools::environment::{Environment, LocalEnvironment, MemoryEnvironment};
use tau_tools::{FinishedCall, OutputBounds, ToolContext, builtin};
use tempfile::TempDir;

/// An environment below a fresh folder, which goes when the folder does.
pub(crate) fn local() -> (TempDir, LocalEnvironment) {
    let folder = tempfile::tempdir().unwrap();
    let environment = LocalEnvironment::new(folder.path()).unwrap();
    (folder, environment.with_env([("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into()))
}

pub(crate) fn memory<const N: usize>(files: [(&str, &[u8]); N]) -> MemoryEnvironment {
    MemoryEnvironment::new(files).unwrap()
}

/// Runs a built-in tool as a session does.
pub(crate) async fn finish(
    environment: impl Environment + 'static,
    tool: &str,
    arguments: Value,
) -> FinishedCall {
    finish_in(&ToolContext::new(Arc::new(environment)), tool, arguments).await
}

pub(crate) async fn finish_in(context: &ToolContext, tool: &str, arguments: Value) -> FinishedCall {
    let call = ToolCall::new(ToolCallId::new("call"), tool, ToolArguments::from(arguments));
    builtin::all().run(&call, context, OutputBounds::default()).await
}

/// The text of a success.
pub(crate) async fn text(environment: impl Environment + 'static, tool: &str, arguments: Value) -> String {
    let finished = finish(environment, tool, arguments).await;
    assert!(!finished.result.is_error, "failed: {}", finished.result.text());
    finished.result.text()
}

/// The text of a failure.
pub(crate) async fn failure(environment: impl Environment + 'static, tool: &str, arguments: Value) -> String {
    let finished = finish(environment, tool, arguments).await;
    assert!(finished.result.is_error, "did not fail: {}", finished.result.text());
    finished.result.text()
}
