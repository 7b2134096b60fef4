//! Every call ends in exactly one result.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tau_core::event::ToolOutcome;
use tau_core::{EffectClass, ToolArguments, ToolCall, ToolCallId, ToolDefinition, ToolResultBlock};
use tau_tools::environment::WorkspacePath;
use tau_tools::{
    Concurrency, FinishedCall, OutputBounds, ToolContext, ToolExecutor, ToolOutput, ToolRegistry, builtin,
};

use crate::support::memory;

/// Does what its argument says.
#[derive(Debug)]
struct Scripted(ToolDefinition);

impl ToolExecutor for Scripted {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    fn timeout(&self, arguments: &Value, default: Duration) -> Duration {
        arguments["own_timeout_ms"].as_u64().map_or(default, Duration::from_millis)
    }

    fn execute<'a>(&'a self, _: &'a ToolContext, arguments: &'a Value) -> BoxFuture<'a, ToolOutput> {
        async move {
            match arguments["do"].as_str() {
                Some("panic") => panic!("as told"),
                Some("hang") => futures::future::pending().await,
                Some("fail") => ToolOutput::error("as told"),
                Some("json") => {
                    let mut output = ToolOutput::text("");
                    output.content = vec![ToolResultBlock::Json { value: json!({"long": "x".repeat(100)}) }];
                    output
                }
                _ => ToolOutput::text("x".repeat(100)),
            }
        }
        .boxed()
    }
}

fn registry() -> ToolRegistry {
    let tool = |name: &str| -> Arc<dyn ToolExecutor> {
        Arc::new(Scripted(ToolDefinition::new(name, "", json!({"type": "object"}))))
    };
    ["scripted", "other"].map(tool).into_iter().collect()
}

async fn run(name: &str, arguments: &str, timeout: Duration, bounds: OutputBounds) -> FinishedCall {
    let call = ToolCall::new(ToolCallId::new("call"), name, ToolArguments::parse(arguments));
    let context = ToolContext::new(Arc::new(memory([]))).with_timeout(timeout);
    let finished = registry().run(&call, &context, bounds).await;
    assert_eq!(finished.result.call_id, call.id);
    assert_eq!(finished.result.is_error, finished.outcome != ToolOutcome::Succeeded);
    finished
}

async fn outcome(name: &str, arguments: &str) -> (ToolOutcome, String) {
    let finished = run(name, arguments, Duration::from_millis(50), OutputBounds::default()).await;
    (finished.outcome, finished.result.text())
}

#[tokio::test]
async fn a_tool_that_does_not_exist() {
    let (failed, text) = outcome("scriptd", "{}").await;
    assert_eq!(
        (failed, text.as_str()),
        (ToolOutcome::Failed, "There is no tool `scriptd`; did you mean `scripted`?")
    );
    let (_, text) = outcome("zzz", "{}").await;
    assert_eq!(text, "There is no tool `zzz`; the tools are: scripted, other.");
}

#[tokio::test]
async fn arguments_that_are_no_object_do_not_reach_the_tool() {
    for (arguments, says) in
        [("{\"do\": \"pan", "not valid JSON (EOF"), ("[1]", "must be a JSON object"), ("null", "must be")]
    {
        let (failed, text) = outcome("scripted", arguments).await;
        assert_eq!(failed, ToolOutcome::Failed);
        assert!(text.contains(says) && text.contains("not run"), "{text}");
    }
    let (succeeded, _) = outcome("scripted", "  ").await;
    assert_eq!(succeeded, ToolOutcome::Succeeded, "blanks are the empty object");
}

#[tokio::test]
async fn a_panic_is_a_result() {
    let (failed, text) = outcome("scripted", r#"{"do": "panic"}"#).await;
    assert_eq!(failed, ToolOutcome::Failed);
    assert!(text.contains("`scripted` crashed"), "{text}");
}

#[tokio::test]
async fn time_is_limited_by_the_session_or_by_the_tool() {
    let (timed_out, text) = outcome("scripted", r#"{"do": "hang"}"#).await;
    assert_eq!(timed_out, ToolOutcome::TimedOut);
    assert_eq!(text, "`scripted` was stopped: it took longer than 50ms.");
    let arguments = r#"{"do": "hang", "own_timeout_ms": 20}"#;
    let finished = run("scripted", arguments, Duration::from_secs(3_600), OutputBounds::default()).await;
    assert_eq!(finished.outcome, ToolOutcome::TimedOut);
    assert!(finished.elapsed >= Duration::from_millis(20), "{:?}", finished.elapsed);
}

#[tokio::test]
async fn failure_is_an_output() {
    assert_eq!(outcome("scripted", r#"{"do": "fail"}"#).await, (ToolOutcome::Failed, "as told".to_owned()));
}

#[tokio::test]
async fn output_is_bounded() {
    let bounds = OutputBounds::new(20, 10);
    let finished = run("scripted", "{}", Duration::from_secs(1), bounds).await;
    let expected = format!("{}\n[... 70 bytes, 0 lines left out ...]\n{}", "x".repeat(20), "x".repeat(10));
    assert_eq!(finished.result.text(), expected);
    let finished = run("scripted", r#"{"do": "json"}"#, Duration::from_secs(1), bounds).await;
    assert!(matches!(&finished.result.content[..], [ToolResultBlock::Text { text }] if text.len() < 80));
}

#[test]
fn tools_keep_their_place() {
    let mut tools = registry();
    let replacement = ToolDefinition::new("scripted", "another", json!({}));
    tools.add(Arc::new(Scripted(replacement)));
    assert_eq!(tools.names().collect::<Vec<_>>(), ["scripted", "other"]);
    assert_eq!(&*tools.get("scripted").unwrap().definition().description, "another");
    let chosen = tools.select(&["other".to_owned(), "scripted".to_owned()]).unwrap();
    assert_eq!(chosen.names().collect::<Vec<_>>(), ["scripted", "other"]);
    let unknown = tools.select(&["othr".to_owned()]).unwrap_err();
    assert_eq!(unknown, "There is no tool `othr`; did you mean `other`?");
}

#[test]
fn what_a_call_runs_beside() {
    let tools = builtin::all();
    let of = |name: &str, arguments: Value| {
        let call = ToolCall::new(ToolCallId::new("c"), name, ToolArguments::from(arguments));
        tools.concurrency(&call, Path::new("/repo"))
    };
    let files = |names: &[&str]| {
        Concurrency::Files(names.iter().map(|name| WorkspacePath::root().join(name)).collect())
    };
    for name in ["read", "glob", "grep", "ls", "todo", "jobs", "no such tool"] {
        assert_eq!(of(name, json!({"path": "a"})), Concurrency::Shared, "{name}");
    }
    assert_eq!(of("bash", json!({"command": "ls"})), Concurrency::Alone);
    assert_eq!(of("web_fetch", json!({})), Concurrency::Alone);
    assert_eq!(of("edit", json!({"path": "/repo/a/./b"})), files(&["a/b"]), "however it is named");
    assert_eq!(of("write", json!({"path": "a/b"})), files(&["a/b"]));
    assert_eq!(of("write", json!({})), Concurrency::Alone, "nobody knows what it changes");
    let patch = "*** Begin Patch\n*** Delete File: a\n*** Update File: b\n*** Move to: c\n*** End Patch";
    assert_eq!(of("apply_patch", json!({"patch": patch})), files(&["a", "b", "c"]));
    let effects: Vec<EffectClass> = tools.specs().iter().map(|spec| spec.effect).collect();
    let (pure, once, idempotent) = (EffectClass::Pure, EffectClass::AtMostOnce, EffectClass::Idempotent);
    assert_eq!(effects, [pure, once, once, once, pure, pure, pure, pure, once, pure, idempotent]);
}
