//! Starting a server, the handshake, and the list of tools.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;
use tau_core::{EffectClass, Secret};
use tau_mcp::config::{RemoteConfig, ServerConfig, StdioConfig};
use tau_mcp::{AnnotationTrust, Lifecycle, McpErrorKind, Server};

use crate::support::{call, connect, fixture, options, shell, text, tool};

const TOOLS: [&str; 13] = [
    "echo",
    "add",
    "sleep",
    "fail",
    "image",
    "crash",
    "mixed",
    "nothing",
    "noisy",
    "cancelled",
    "environment",
    "child",
    "odd_name",
];

async fn error(config: &ServerConfig) -> tau_mcp::McpError {
    Server::connect("bad", config, &options().with_connect_timeout(Duration::from_millis(1_500)))
        .await
        .unwrap_err()
}

#[tokio::test]
async fn all_pages_of_tools_are_listed_in_order() {
    let server = connect(&[]).await;
    let names: Vec<String> = server.tools().iter().map(|tool| tool.definition().name.clone()).collect();
    let mut expected: Vec<String> = TOOLS.iter().map(|name| format!("mcp__fix__{name}")).collect();
    // `odd.name` looks like `odd_name`, and so gets a mark of its own: the hash of `fix`, NUL, `odd.name`.
    expected.insert(12, "mcp__fix__odd_name_c07b6889".to_owned());
    assert_eq!(names, expected);
    assert!(server.warnings().is_empty(), "{:?}", server.warnings());
    let remote: Vec<&str> = server.mcp_tools().iter().map(|tool| tool.remote_name()).collect();
    assert_eq!(remote[12..], ["odd.name", "odd_name"]);
}

#[tokio::test]
async fn definitions_are_passed_on() {
    let server = connect(&[]).await;
    let add = tool(&server, "add");
    assert_eq!(&*add.definition().description, "Adds two integers.");
    assert_eq!(add.definition().parameters["properties"]["a"], json!({"type": "integer"}));
    assert_eq!(*tool(&server, "odd_name").definition().parameters, json!({"type": "object"}));
}

#[tokio::test]
async fn both_lifecycles_are_spoken() {
    for (args, lifecycle, version) in [
        (&[][..], Lifecycle::Auto, "2026-07-28"),
        (&[], Lifecycle::Discover, "2026-07-28"),
        (&[], Lifecycle::Initialize, "2025-11-25"),
        (&["--legacy"], Lifecycle::Auto, "2025-11-25"),
        (&["--legacy"], Lifecycle::Initialize, "2025-11-25"),
    ] {
        let options = options().with_lifecycle(lifecycle);
        let server = Server::connect("fix", &fixture(args), &options).await.unwrap();
        assert_eq!(server.info().protocol_version, version, "{args:?} {lifecycle:?}");
        assert_eq!(server.info().implementation, Some(("fixture".to_owned(), "1.2.3".to_owned())));
        assert_eq!(server.info().instructions.as_deref(), Some("Call echo first."));
        assert_eq!(server.tools().len(), 14);
        let output = call(&server, "echo", json!({"text": "hello"})).await;
        assert_eq!((text(&output), output.is_error), ("hello", false), "{args:?} {lifecycle:?}");
    }
    let options = options().with_lifecycle(Lifecycle::Discover);
    let error = Server::connect("fix", &fixture(&["--legacy"]), &options).await.unwrap_err();
    assert_eq!(error.kind(), McpErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn older_servers_are_met_whatever_they_do_with_an_unknown_request() {
    let answer = |id: u8, body: &str| format!(r#"echo '{{"jsonrpc":"2.0","id":{id},{body}}}';"#);
    let result = r#""result":{"protocolVersion":"2025-06-18","capabilities":{},"serverInfo":{"name":"s","version":"1"}}"#;
    let refusal = r#""error":{"code":-32601,"message":"Method not found"}"#;
    let refuses = format!("read a; {} read b; {} cat >/dev/null", answer(0, refusal), answer(1, result));
    let ends =
        format!(r#"read a; case "$a" in *'"initialize"'*) {} cat >/dev/null;; esac"#, answer(0, result));
    for script in [refuses, ends] {
        let server = Server::connect("old", &shell(&script), &options()).await.unwrap();
        assert_eq!(server.info().protocol_version, "2025-06-18", "{script}");
        assert!(server.tools().is_empty());
        assert_eq!(server.shutdown().await, "exited with code 0");
    }
}

#[tokio::test]
async fn noise_and_floods_do_no_harm() {
    for args in [&["--noise", "--flood"][..], &["--noise", "--flood", "--legacy"]] {
        let server = connect(args).await;
        assert_eq!(server.tools().len(), 14);
        assert_eq!(text(&call(&server, "noisy", json!({})).await), "done");
        assert_eq!(text(&call(&server, "echo", json!({"text": "still"})).await), "still");
        assert!(server.is_alive());
        assert_eq!(server.stderr().len(), 4 << 10);
    }
}

#[tokio::test]
async fn effects_are_believed_only_of_trusted_servers() {
    let effects = async |trust| {
        let server = Server::connect("fix", &fixture(&[]), &options().with_trust(trust)).await.unwrap();
        ["echo", "add", "fail"].map(|name| tool(&server, name).effect())
    };
    assert_eq!(effects(AnnotationTrust::default()).await, [EffectClass::AtMostOnce; 3]);
    assert_eq!(
        effects(AnnotationTrust::Trusted).await,
        [EffectClass::Pure, EffectClass::Idempotent, EffectClass::AtMostOnce]
    );
}

#[tokio::test]
async fn a_server_sees_the_variables_it_is_given_and_no_others() {
    let ServerConfig::Stdio(config) = fixture(&[]) else { unreachable!() };
    let config =
        ServerConfig::Stdio(config.with_env("OWN", Secret::new("1")).with_env("BOTH", Secret::new("own")));
    let base = [("BASE", "2"), ("BOTH", "base")].map(|(name, value)| (name.to_owned(), Secret::new(value)));
    let options = options().with_environment(BTreeMap::from(base));
    let server = Server::connect("fix", &config, &options).await.unwrap();
    let output = call(&server, "environment", json!({})).await;
    let mut lines: Vec<&str> = text(&output).lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["BASE=2", "BOTH=own", "OWN=1"]);
}

#[tokio::test]
async fn a_program_is_found_from_its_folder_and_on_its_path() {
    let folder = tempfile::tempdir().unwrap();
    let ServerConfig::Stdio(fixture) = fixture(&[]) else { unreachable!() };
    std::os::unix::fs::symlink(&fixture.command, folder.path().join("server")).unwrap();
    let path = format!("/nowhere:{}", folder.path().display());
    for (command, path) in [("./server", "/bin"), ("server", path.as_str())] {
        let config = StdioConfig::new(command).with_env("PATH", Secret::new(path));
        let options = options().with_folder(folder.path());
        let server = Server::connect("fix", &ServerConfig::Stdio(config), &options).await.unwrap();
        assert_eq!(server.tools().len(), 14, "{command}");
    }
}

#[tokio::test]
async fn a_missing_program_is_named() {
    let missing = error(&ServerConfig::Stdio(StdioConfig::new("no-such-program"))).await;
    assert_eq!(missing.kind(), McpErrorKind::CommandNotFound);
    assert_eq!(
        missing.to_string(),
        "MCP server `bad`: there is no program `no-such-program`; install it, or give its full path in `command`"
    );
    let joined = error(&ServerConfig::Stdio(StdioConfig::new("npx -y server"))).await;
    assert_eq!(joined.hint(), Some("`command` is the program alone: its arguments belong in `args`"));
    let folder = options().with_folder("/no/such/folder");
    let error = Server::connect("bad", &shell("true"), &folder).await.unwrap_err();
    assert_eq!(error.kind(), McpErrorKind::Start);
    assert!(error.to_string().contains("`/no/such/folder`"), "{error}");
}

#[tokio::test]
async fn a_server_that_ends_at_once_is_reported_with_what_it_said() {
    let exited = error(&fixture(&["--exit"])).await;
    assert_eq!(exited.kind(), McpErrorKind::Exited);
    assert_eq!(exited.to_string(), "MCP server `bad`: exited with code 7 before it was ready");
    assert_eq!(exited.stderr(), "no database at db.example\n");
    let killed = error(&shell("kill -9 $$")).await;
    assert_eq!(killed.to_string(), "MCP server `bad`: was ended by signal 9 before it was ready");
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let started = Instant::now();
    for config in
        [fixture(&["--silent"]), shell("echo waiting >&2; while :; do echo noise; sleep 0.01; done")]
    {
        let error = error(&config).await;
        assert_eq!(error.kind(), McpErrorKind::Timeout);
        assert!(error.to_string().starts_with("MCP server `bad`: was not ready within 1s500ms; "), "{error}");
    }
    assert!(started.elapsed() < Duration::from_secs(6), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_program_that_speaks_something_else_is_an_error() {
    // Echoes what it is sent: requests where answers should be.
    let echo = error(&shell("exec cat")).await;
    assert_eq!(echo.kind(), McpErrorKind::Timeout, "{echo}");
    let answer = r#"read line; echo '{"jsonrpc":"2.0","id":0,"result":{"tools":[]}}'; sleep 10"#;
    let wrong = error(&shell(answer)).await;
    assert_eq!(wrong.kind(), McpErrorKind::Protocol, "{wrong}");
}

#[tokio::test]
async fn what_cannot_be_connected_to_is_refused_by_name() {
    let socket = RemoteConfig::new("wss://example.com/mcp".parse().unwrap());
    let refused = error(&ServerConfig::WebSocket(socket.clone())).await;
    assert_eq!(refused.kind(), McpErrorKind::UnsupportedTransport);
    assert!(refused.to_string().contains("`ws`"), "{refused}");
    let refused = error(&ServerConfig::Http(socket)).await;
    assert_eq!(refused.kind(), McpErrorKind::UnsupportedTransport);
    assert!(refused.to_string().contains("`wss`"), "{refused}");
}
