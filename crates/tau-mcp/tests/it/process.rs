//! No process is left behind.

use std::time::{Duration, Instant};

use serde_json::json;
use tau_mcp::Server;

use crate::support::{call, connect, eventually, fixture, options, runs, shell, text};

async fn child_of(server: &Server) -> String {
    let child = text(&call(server, "child", json!({})).await).to_owned();
    assert!(runs(&child));
    child
}

#[tokio::test]
async fn dropping_a_server_ends_it_and_its_children() {
    // Without the kill it would be gone in an hour.
    let options = options().with_shutdown_grace(Duration::from_secs(3_600));
    let server = Server::connect("fix", &fixture(&["--stubborn"]), &options).await.unwrap();
    let child = child_of(&server).await;
    let tools = server.tools();
    drop(server);
    eventually("the child is gone", async || !runs(&child)).await;
    drop(tools);
}

#[tokio::test]
async fn a_server_that_dies_takes_its_children_along() {
    let server = connect(&[]).await;
    let child = child_of(&server).await;
    // The answer to this call waits for the news, and the children are gone before the news.
    assert!(call(&server, "crash", json!({})).await.is_error);
    assert!(!runs(&child));
}

#[tokio::test]
async fn shutdown_is_orderly_and_leaves_nothing() {
    let server = connect(&[]).await;
    let child = child_of(&server).await;
    assert_eq!(server.shutdown().await, "exited with code 0");
    assert!(!runs(&child));
}

#[tokio::test]
async fn a_stubborn_server_is_killed() {
    let options = options().with_shutdown_grace(Duration::from_millis(300));
    let server = Server::connect("fix", &fixture(&["--stubborn"]), &options).await.unwrap();
    let child = child_of(&server).await;
    let started = Instant::now();
    assert_eq!(server.shutdown().await, "was ended by signal 9");
    assert!(!runs(&child));
    // The grace of 300 ms for the end of its input, and that for SIGTERM.
    assert!(started.elapsed() >= Duration::from_millis(600), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_shutdown_that_is_dropped_kills() {
    // Without the kill it would be gone in an hour.
    let options = options().with_shutdown_grace(Duration::from_secs(3_600));
    let server = Server::connect("fix", &fixture(&["--stubborn"]), &options).await.unwrap();
    let child = child_of(&server).await;
    let shutdown = tokio::time::timeout(Duration::from_millis(50), server.shutdown()).await;
    assert!(shutdown.is_err(), "{shutdown:?}");
    eventually("the child is gone", async || !runs(&child)).await;
}

#[tokio::test]
async fn a_connection_that_is_given_up_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pids");
    let script = format!("sleep 1000 & echo $$ $! > '{}'; wait", file.display());
    let options = options().with_connect_timeout(Duration::from_millis(500));
    Server::connect("slow", &shell(&script), &options).await.unwrap_err();
    let written = std::fs::read_to_string(&file).unwrap();
    let pids: Vec<&str> = written.split_whitespace().collect();
    assert_eq!(pids.len(), 2);
    eventually("both are gone", async || !pids.iter().any(|pid| runs(pid))).await;
}

#[test]
fn a_runtime_that_ends_takes_its_servers_along() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, child) = runtime.block_on(async {
        let server = connect(&[]).await;
        let child = child_of(&server).await;
        (server, child)
    });
    drop(runtime);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(eventually("the child is gone", async || !runs(&child)));
    drop(server);
}

#[test]
fn a_client_that_is_killed_takes_a_guarded_server_along() {
    let mut client = std::process::Command::new(crate::support::example("fixture_server"))
        .arg("--client")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = client.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
    let pid: String = line.chars().filter(char::is_ascii_digit).collect();
    assert!(runs(&pid), "{line}");
    client.kill().unwrap();
    client.wait().unwrap();
    // The server ignores the end of its input and SIGTERM, so the guard waits for it in vain.
    let deadline = Instant::now() + Duration::from_secs(15);
    while runs(&pid) {
        assert!(Instant::now() < deadline, "{pid} is left");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[tokio::test]
async fn a_guarded_server_ends_as_it_would_alone() {
    let options = options().with_guard(crate::support::example("fixture_server"), ["--guard"]);
    let server = Server::connect("fix", &fixture(&[]), &options).await.unwrap();
    let child = child_of(&server).await;
    assert_eq!(server.shutdown().await, "exited with code 0");
    assert!(!runs(&child));
    let killed = Server::connect("fix", &shell("kill -9 $$"), &options).await.unwrap_err();
    assert!(killed.to_string().contains("was ended by signal 9"), "{killed}");
}
