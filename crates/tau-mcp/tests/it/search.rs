//! Many tools, found instead of told.

use std::sync::Arc;

use serde_json::{Value, json};
use tau_core::{ToolCall, ToolCallId};
use tau_mcp::Server;
use tau_mcp::search::{SEARCH_TOOLS, TOLD_AT_ONCE, offer};
use tau_tools::{CALL_TOOL, OutputBounds, ToolExecutor, ToolRegistry, resolve_alias};

use crate::support::{connect, context, text};

async fn registry(server: &Server, told_at_once: usize) -> ToolRegistry {
    offer(server.tools(), told_at_once).into_iter().collect()
}

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall::new(ToolCallId::new("1"), name, arguments.into())
}

#[tokio::test]
async fn few_tools_are_told_at_once() {
    let server = connect(&[]).await;
    let registry = registry(&server, TOLD_AT_ONCE).await;
    assert_eq!(registry.names().count(), 14);
    assert!(registry.specs().iter().all(|spec| !spec.deferred));
}

#[tokio::test]
async fn many_are_found_and_called_by_their_own_name() {
    let server = connect(&[]).await;
    let registry = registry(&server, 100).await;
    let told: Vec<String> =
        registry.specs().into_iter().filter(|spec| !spec.deferred).map(|spec| spec.definition.name).collect();
    assert_eq!(told, [SEARCH_TOOLS, CALL_TOOL]);
    assert_eq!(registry.names().count(), 16);

    let search: &Arc<dyn ToolExecutor> = registry.get(SEARCH_TOOLS).unwrap();
    assert!(search.definition().description.contains("fix (14)"), "{}", search.definition().description);
    let found = search.execute(&context(), &json!({"query": "give back a text"})).await;
    assert!(text(&found).starts_with("## mcp__fix__echo\nGives back a text.\nArguments: {"), "{found:?}");
    let named = search.execute(&context(), &json!({"names": ["mcp__fix__add"]})).await;
    assert!(text(&named).contains(r#""a":{"type":"integer"}"#), "{named:?}");

    let has_tool = |name: &str| registry.get(name).is_some();
    let meant = call(CALL_TOOL, json!({"tool": "mcp__fix__echo", "arguments": {"text": "found"}}));
    let resolved = resolve_alias(&meant, has_tool).unwrap();
    assert_eq!(resolved, call("mcp__fix__echo", json!({"text": "found"})));
    let finished = registry.run(&resolved, &context(), OutputBounds::default()).await;
    assert_eq!(*finished.result.content, [tau_core::ToolResultBlock::text("found")]);
}

#[tokio::test]
async fn what_names_no_tool_calls_none() {
    let server = connect(&[]).await;
    let registry = registry(&server, 100).await;
    let has_tool = |name: &str| registry.get(name).is_some();
    for arguments in [
        json!({"tool": "mcp__fix__nothing_there", "arguments": {}}),
        json!({"tool": "mcp__fix__echo", "arguments": [1]}),
        json!({"tool": CALL_TOOL, "arguments": {"tool": "mcp__fix__echo", "arguments": {}}}),
        json!({"arguments": {}}),
    ] {
        let call = call(CALL_TOOL, arguments.clone());
        assert_eq!(resolve_alias(&call, has_tool), None, "{arguments}");
        let finished = registry.run(&call, &context(), OutputBounds::default()).await;
        assert!(finished.result.is_error, "{finished:?}");
    }
}
