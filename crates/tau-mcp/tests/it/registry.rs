//! Servers of other people, from a package registry. Not run by default: they need the network and Node.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use tau_core::Secret;
use tau_mcp::config::{ServerConfig, StdioConfig};
use tau_mcp::{ConnectOptions, Server};

use crate::support::{context, text};

/// What a package runner needs to work.
#[expect(clippy::disallowed_methods, reason = "this test runs what its user could run, where he could")]
fn environment() -> BTreeMap<String, Secret> {
    std::env::vars().map(|(name, value)| (name, Secret::new(value))).collect()
}

#[tokio::test]
#[ignore = "downloads a package"]
async fn server_everything_is_listed_and_called() {
    let config = StdioConfig::new("npx").with_args(["-y", "@modelcontextprotocol/server-everything"]);
    let options = ConnectOptions::default()
        .with_environment(environment())
        .with_connect_timeout(Duration::from_secs(120));
    let server = Server::connect("everything", &ServerConfig::Stdio(config), &options).await.unwrap();
    let tools = server.tools();
    let names: Vec<&str> = tools.iter().map(|tool| tool.definition().name.as_str()).collect();
    assert!(names.len() > 5 && names.contains(&"mcp__everything__echo"), "{names:?}");
    let echo = &tools[names.iter().position(|name| *name == "mcp__everything__echo").unwrap()];
    let output = echo.execute(&context(), &json!({"message": "hello"})).await;
    assert_eq!(text(&output), "Echo: hello");
    assert!(!output.is_error);
    let ended = server.shutdown().await;
    assert!(ended.starts_with("exited") || ended.ends_with("signal 15"), "{ended}");
}
