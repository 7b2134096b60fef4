//! Which call acts: the scope of a context, and environments that ask for it.

use std::sync::{Arc, Mutex};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_core::{RunId, SessionId, ToolArguments, ToolCall, ToolCallId, ToolDefinition};
use tau_tools::environment::{
    Environment, EnvironmentError, EnvironmentLayer, MemoryEnvironment, WorkspacePath,
};
use tau_tools::{CallScope, OutputBounds, ToolContext, ToolExecutor, ToolOutput, ToolRegistry};

use crate::support::{finish_in, memory};

/// Notes for whom it writes.
#[derive(Debug, Clone)]
struct Noting {
    inner: MemoryEnvironment,
    scope: Option<CallScope>,
    writes: Arc<Mutex<Vec<Option<String>>>>,
}

impl EnvironmentLayer for Noting {
    fn inner(&self) -> &dyn Environment {
        &self.inner
    }

    fn write<'a>(
        &'a self,
        path: &'a WorkspacePath,
        content: &'a [u8],
    ) -> BoxFuture<'a, Result<(), EnvironmentError>> {
        let scope = self.scope.as_ref().map(|scope| scope.call_id.to_string());
        self.writes.lock().unwrap().push(scope);
        self.inner.write(path, content)
    }

    fn for_call(&self, scope: &CallScope) -> Option<Arc<dyn Environment>> {
        Some(Arc::new(Self { scope: Some(scope.clone()), ..self.clone() }))
    }
}

fn scope(call: &str) -> CallScope {
    CallScope::new(
        SessionId::from_u128(1),
        RunId::from_u128(2),
        ToolCallId::new(call),
        format!("key of {call}"),
    )
}

#[tokio::test]
async fn the_environment_is_told_which_call_acts() {
    let environment = Noting { inner: memory([]), scope: None, writes: Arc::default() };
    let context = ToolContext::new(Arc::new(environment.clone()));
    let write = || json!({"path": "a", "content": "b"});
    finish_in(&context, "write", write()).await;
    finish_in(&context.clone().with_scope(scope("call_1")), "write", write()).await;
    finish_in(&context.clone().with_scope(scope("call_1")).with_scope(scope("call_2")), "write", write())
        .await;
    let expected = [None, Some("call_1".to_owned()), Some("call_2".to_owned())];
    assert_eq!(*environment.writes.lock().unwrap(), expected);
}

/// Gives back the key it was run with.
#[derive(Debug)]
struct Keyed(ToolDefinition);

impl ToolExecutor for Keyed {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    fn execute<'a>(&'a self, context: &'a ToolContext, _: &'a Value) -> BoxFuture<'a, ToolOutput> {
        let key = context.scope.as_ref().map_or("none", |scope| scope.idempotency_key.as_str());
        async move { ToolOutput::text(key) }.boxed()
    }
}

#[tokio::test]
async fn a_tool_is_told_its_idempotency_key() {
    let tool: Arc<dyn ToolExecutor> = Arc::new(Keyed(ToolDefinition::new("keyed", "", json!({}))));
    let registry: ToolRegistry = [tool].into_iter().collect();
    let call = ToolCall::new(ToolCallId::new("call_1"), "keyed", ToolArguments::parse("{}"));
    let context = ToolContext::new(Arc::new(memory([])));
    let without = registry.run(&call, &context, OutputBounds::default()).await;
    let with = registry.run(&call, &context.with_scope(scope("call_1")), OutputBounds::default()).await;
    assert_eq!((without.result.text(), with.result.text()), ("none".to_owned(), "key of call_1".to_owned()));
}
