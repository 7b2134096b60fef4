//! What the tests share.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tau_mcp::config::{ServerConfig, StdioConfig};
use tau_mcp::{ConnectOptions, Server};
use tau_tools::environment::MemoryEnvironment;
use tau_tools::{ToolContext, ToolExecutor, ToolOutput};

/// The fixture server, started with these arguments.
pub(crate) fn fixture(args: &[&str]) -> ServerConfig {
    ServerConfig::Stdio(StdioConfig::new(example("fixture_server")).with_args(args.iter().copied()))
}

/// The server that asks its client things, started with these arguments.
pub(crate) fn asking(args: &[&str]) -> ServerConfig {
    ServerConfig::Stdio(StdioConfig::new(example("asking_server")).with_args(args.iter().copied()))
}

/// The program of an example.
pub(crate) fn example(name: &str) -> String {
    let test = std::env::current_exe().unwrap();
    // target/debug/deps/it-0123 -> target/debug/examples/name
    let program = test.parent().unwrap().parent().unwrap().join("examples").join(name);
    assert!(program.exists(), "build it first: cargo build -p tau-mcp --examples");
    program.to_str().unwrap().to_owned()
}

pub(crate) fn shell(script: &str) -> ServerConfig {
    ServerConfig::Stdio(StdioConfig::new("/bin/sh").with_args(["-c", script]))
}

pub(crate) fn options() -> ConnectOptions {
    ConnectOptions::default()
}

pub(crate) async fn connect(args: &[&str]) -> Server {
    Server::connect("fix", &fixture(args), &options()).await.unwrap()
}

pub(crate) fn tool(server: &Server, name: &str) -> Arc<dyn ToolExecutor> {
    let name = format!("mcp__fix__{name}");
    server.tools().into_iter().find(|tool| tool.definition().name == name).expect(&name)
}

pub(crate) async fn call(server: &Server, name: &str, arguments: Value) -> ToolOutput {
    tool(server, name).execute(&context(), &arguments).await
}

/// The text of an output that is nothing else.
pub(crate) fn text(output: &ToolOutput) -> &str {
    match output.content.as_slice() {
        [tau_core::ToolResultBlock::Text { text }] => text,
        other => panic!("not one text: {other:?}"),
    }
}

pub(crate) fn context() -> ToolContext {
    ToolContext::new(Arc::new(MemoryEnvironment::new::<&str, &str>([]).unwrap()))
}

/// Waits until something is so, for at most five seconds.
pub(crate) async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never so: {what}");
}

/// Whether a process runs; one that ended and was not reaped does not.
#[cfg(target_os = "linux")]
pub(crate) fn runs(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z')))
}
