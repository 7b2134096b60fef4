//! Commands in the background.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tau_core::{RunId, SessionId, ToolArguments, ToolCall, ToolCallId};
use tau_tools::{CallScope, OutputBounds, ToolContext, ToolRegistry, builtin};

use crate::support::local;

struct Desk {
    _folder: tempfile::TempDir,
    tools: ToolRegistry,
    context: ToolContext,
}

impl Desk {
    fn new() -> Self {
        let (folder, environment) = local();
        let context = ToolContext::new(Arc::new(environment));
        Self { _folder: folder, tools: builtin::standard(), context }
    }

    async fn call(&self, tool: &str, arguments: Value) -> (bool, String) {
        self.call_in(&self.context, tool, arguments).await
    }

    async fn call_in(&self, context: &ToolContext, tool: &str, arguments: Value) -> (bool, String) {
        let call = ToolCall::new(ToolCallId::new("call"), tool, ToolArguments::from(arguments));
        let done = self.tools.run(&call, context, OutputBounds::default()).await;
        (done.result.is_error, done.result.text())
    }

    async fn start(&self, command: &str) -> (bool, String) {
        self.call("bash", json!({"command": command, "background": true})).await
    }

    async fn wait(&self, id: u32) -> String {
        self.call("jobs", json!({"action": "output", "id": id, "wait_seconds": 20})).await.1
    }

    fn root(&self) -> &Path {
        self.context.environment.root()
    }
}

/// A process that a command has named in a file, once it has.
async fn process(file: &Path) -> String {
    for _ in 0..500 {
        if let Ok(id) = std::fs::read_to_string(file)
            && id.ends_with('\n')
        {
            return id.trim().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no process in {}", file.display());
}

async fn is_gone(id: &str) -> bool {
    for _ in 0..500 {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

#[tokio::test]
async fn a_job_outlives_its_call_and_says_how_it_ended() {
    let desk = Desk::new();
    let started = Instant::now();
    let (failed, said) = desk.start("echo one; sleep 0.3; echo two >&2; exit 3").await;
    assert_eq!((failed, said.as_str()), (false, "Started as job 1. jobs shows what it prints and ends it."));
    assert!(started.elapsed() < Duration::from_millis(250), "{:?}", started.elapsed());
    assert_eq!(desk.wait(1).await, "one\ntwo\n[job 1: exited with code 3 after 0s]");
    assert_eq!(desk.wait(1).await, "[job 1: no new output; exited with code 3 after 0s]");
    let (_, list) = desk.call("jobs", json!({"action": "list"})).await;
    assert_eq!(list, "job 1: exited with code 3 after 0s: echo one; sleep 0.3; echo two >&2; exit 3");
}

#[tokio::test]
async fn output_comes_while_it_runs_and_each_byte_once() {
    let desk = Desk::new();
    desk.start("echo first; until [ -e go ]; do sleep 0.02; done; echo second; sleep 60").await;
    let read = async || {
        for _ in 0..500 {
            let (_, said) = desk.call("jobs", json!({"action": "output", "id": 1})).await;
            if !said.starts_with("[job") {
                return said;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("no output");
    };
    assert!(read().await.starts_with("first\n[job 1: running for "));
    std::fs::write(desk.root().join("go"), "").unwrap();
    assert!(read().await.starts_with("second\n[job 1: running for "));
}

#[tokio::test]
async fn killing_a_job_kills_what_it_started() {
    let desk = Desk::new();
    desk.start("sleep 1000 & echo $! > child; wait").await;
    let child = process(&desk.root().join("child")).await;
    let (failed, said) = desk.call("jobs", json!({"action": "kill", "id": 1})).await;
    assert!(!failed && said.starts_with("[job 1: no new output; killed after "), "{said}");
    assert!(is_gone(&child).await, "{child} is still there");
    let (_, again) = desk.call("jobs", json!({"action": "kill", "id": 1})).await;
    assert!(again.contains("killed after"), "{again}");
}

#[tokio::test]
async fn jobs_end_with_the_tools_of_their_session() {
    let desk = Desk::new();
    desk.start("echo $$ > own; exec sleep 1000").await;
    let own = process(&desk.root().join("own")).await;
    let Desk { _folder, tools, context: _ } = desk;
    drop(tools);
    assert!(is_gone(&own).await, "{own} is still there");
}

#[tokio::test]
async fn a_session_sees_its_own_jobs_alone() {
    let desk = Desk::new();
    let of = |number: u128| {
        let (session, run) = (SessionId::from_u128(number), RunId::from_u128(1));
        desk.context.clone().with_scope(CallScope::new(session, run, ToolCallId::new("call"), "key"))
    };
    let background = json!({"command": "sleep 1000", "background": true});
    desk.call_in(&of(1), "bash", background.clone()).await;
    let (_, list) = desk.call_in(&of(1), "jobs", json!({"action": "list"})).await;
    assert!(list.starts_with("job 1: running"), "{list}");
    for other in [&of(2), &desk.context] {
        let (_, list) = desk.call_in(other, "jobs", json!({"action": "list"})).await;
        assert_eq!(list, "There are no jobs.");
        let (failed, said) = desk.call_in(other, "jobs", json!({"action": "kill", "id": 1})).await;
        assert_eq!((failed, said.as_str()), (true, "There is no job 1.\nThere are no jobs."));
    }
}

#[tokio::test]
async fn there_are_only_so_many_and_each_keeps_only_so_much() {
    let desk = Desk::new();
    for _ in 0..16 {
        assert!(!desk.start("sleep 1000").await.0);
    }
    let (failed, said) = desk.start("sleep 1000").await;
    assert!(failed && said.contains("16 jobs are running already; nothing was started"), "{said}");
    desk.call("jobs", json!({"action": "kill", "id": 1})).await;
    assert!(!desk.start("echo begin; yes | head -c 100000; echo end").await.0);
    let said = desk.wait(17).await;
    assert!(said.starts_with("[76010 bytes before this were not kept]\n"), "{}", &said[..80]);
    assert!(said.ends_with("y\nend\n[job 17: exited with code 0 after 0s]") && said.len() < 24_200);
}

#[tokio::test]
async fn a_job_with_a_limit_is_stopped() {
    let desk = Desk::new();
    let arguments = json!({"command": "echo begun; sleep 1000", "background": true, "timeout_seconds": 1});
    desk.call("bash", arguments).await;
    assert_eq!(desk.wait(1).await, "begun\n[job 1: stopped after 1s after 1s]");
    let (failed, said) = desk.call("jobs", json!({"action": "output"})).await;
    assert_eq!((failed, said.as_str()), (true, "`id` is missing: which job? List shows them."));
}
