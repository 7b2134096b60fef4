//! Servers that are shared, start when they are needed, and come back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tau_mcp::pin::MemoryPinStore;
use tau_mcp::{McpErrorKind, McpTool, PoolOptions, ServerPool};

use crate::support::{asking, context, eventually, options, runs, shell, text};

fn pool(args: &[&str]) -> ServerPool {
    pool_with(args, PoolOptions::new(options()))
}

fn pool_with(args: &[&str], options: PoolOptions) -> ServerPool {
    ServerPool::new([("asks".to_owned(), asking(args))].into(), options)
}

async fn tool(pool: &ServerPool, name: &str) -> Arc<McpTool> {
    let tools = pool.server_tools("asks").await.unwrap().tools;
    tools.into_iter().find(|tool| tool.remote_name() == name).expect(name)
}

/// What a call gives in words, failed or not.
async fn said(tool: &McpTool) -> String {
    text(&tau_tools::ToolExecutor::execute(tool, &context(), &json!({})).await).to_owned()
}

fn starts(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}

#[tokio::test]
async fn a_server_starts_when_it_is_needed_and_once_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("starts");
    let pool = pool(&["--file", file.to_str().unwrap()]);
    assert!(!pool.is_running("asks"));
    assert_eq!(starts(&file), "");
    let all = join_all((0..20).map(|_| pool.server_tools("asks"))).await;
    assert!(all.iter().all(|tools| tools.as_ref().unwrap().tools.len() == 14), "{all:?}");
    assert_eq!(said(&*tool(&pool.clone(), "starts").await).await, "1");
    assert_eq!(pool.server_tools("other").await.unwrap_err().kind(), McpErrorKind::UnknownServer);
    pool.shutdown().await;
    assert!(!pool.is_running("asks"));
    assert_eq!(pool.server_tools("asks").await.unwrap_err().kind(), McpErrorKind::Exited);
}

#[tokio::test]
async fn one_that_dies_costs_one_error_and_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("starts");
    let pool = pool(&["--file", file.to_str().unwrap()]);
    let (crash, count) = (tool(&pool, "crash").await, tool(&pool, "starts").await);
    let error = said(&crash).await;
    assert!(error.contains("exited with code 9 before it answered the call of `crash`"), "{error}");
    // The same tool, which was listed by the process that is gone.
    assert_eq!(said(&count).await, "2");
    // The second end comes too soon after the first: now there is a wait, and who calls is told at once.
    assert!(said(&crash).await.contains("exited with code 9"));
    let started = Instant::now();
    let error = said(&count).await;
    assert!(error.contains("failed 2 times in a row") && error.contains("the next try is in 1s"), "{error}");
    assert!(started.elapsed() < Duration::from_millis(200));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(said(&count).await, "3");
}

#[tokio::test]
async fn one_that_never_starts_is_not_started_on_every_call() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("starts");
    let script = format!("echo x >> '{}'; exit 3", file.display());
    let pool = ServerPool::new([("bad".to_owned(), shell(&script))].into(), PoolOptions::new(options()));
    assert_eq!(pool.server_tools("bad").await.unwrap_err().kind(), McpErrorKind::Exited);
    let counted = starts(&file).lines().count();
    for _ in 0..5 {
        let error = pool.server_tools("bad").await.unwrap_err();
        assert_eq!(error.kind(), McpErrorKind::Unavailable);
        assert!(error.to_string().contains("exited with code 3"), "{error}");
    }
    assert_eq!(starts(&file).lines().count(), counted);
}

#[tokio::test]
async fn a_broken_server_costs_no_other() {
    let servers: BTreeMap<_, _> =
        [("asks".to_owned(), asking(&[])), ("bad".to_owned(), shell("exit 1"))].into();
    let pool = ServerPool::new(servers, PoolOptions::new(options()));
    let tools = pool.tools().await;
    let outcomes: Vec<(&str, bool)> =
        tools.iter().map(|(server, tools)| (server.as_str(), tools.is_ok())).collect();
    assert_eq!(outcomes, [("asks", true), ("bad", false)]);
}

#[tokio::test]
async fn a_tool_that_is_new_or_changed_is_held_back_until_somebody_agrees() {
    for args in [&[][..], &["--modern"]] {
        let pool = pool(args);
        let steady = tool(&pool, "steady").await;
        assert_eq!(said(&steady).await, "steady");
        if !args.is_empty() {
            // Whoever is to be told must have subscribed first.
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(said(&*tool(&pool, "change").await).await, "changed");
        assert_eq!(said(&*tool(&pool, "grow").await).await, "grown");
        eventually("both changes are held back", async || {
            pool.server_tools("asks").await.unwrap().changes.len() == 2
        })
        .await;
        let error = said(&steady).await;
        assert!(error.contains("says something else of `steady` now"), "{error}");
        let offer = pool.server_tools("asks").await.unwrap();
        let changed: Vec<&str> = offer.changes.iter().map(|change| change.tool.as_str()).collect();
        assert_eq!(changed, ["steady", "grown"]);
        assert_eq!(offer.changes[0].description, "Sends all files to its maker first.");
        assert!(!offer.tools.iter().any(|tool| changed.contains(&tool.remote_name())));
        pool.approve(&offer.changes[0]).await.unwrap();
        // Who was told of the old one still does not call the new one.
        assert!(said(&steady).await.contains("says something else"));
        assert_eq!(said(&*tool(&pool, "steady").await).await, "steady");
        assert_eq!(pool.server_tools("asks").await.unwrap().changes.len(), 1);
    }
}

#[tokio::test]
async fn what_was_agreed_to_holds_for_the_next_process() {
    let pins = Arc::new(MemoryPinStore::default());
    let first = pool_with(&[], PoolOptions::new(options()).with_pins(pins.clone()));
    said(&*tool(&first, "change").await).await;
    first.shutdown().await;
    // The server has forgotten its change; nothing is new.
    let second = pool_with(&[], PoolOptions::new(options()).with_pins(pins));
    assert_eq!(second.server_tools("asks").await.unwrap().changes, []);
}

#[tokio::test]
async fn one_that_stopped_answering_is_started_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("starts");
    let pool = pool(&["--file", file.to_str().unwrap()]);
    let (hang, count) = (tool(&pool, "hang").await, tool(&pool, "starts").await);
    assert!(tokio::time::timeout(Duration::from_millis(100), said(&hang)).await.is_err());
    assert_eq!(said(&count).await, "2");
}

#[tokio::test]
async fn a_flood_of_news_costs_no_answer() {
    let pool = pool(&[]);
    assert_eq!(said(&*tool(&pool, "flood").await).await, "flooded");
    let steady = tokio::time::timeout(Duration::from_secs(30), tool(&pool, "steady")).await.unwrap();
    assert_eq!(said(&steady).await, "steady");
}

#[tokio::test]
async fn a_list_without_an_end_is_cut() {
    let pool = pool(&["--endless"]);
    let offer = pool.server_tools("asks").await.unwrap();
    assert_eq!(offer.tools.len(), 200);
    assert_eq!(offer.warnings, ["has more than 200 pages of tools: the others were left out"]);
}

#[tokio::test]
async fn dropping_the_pool_ends_its_servers_whoever_holds_a_tool() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pid");
    let program = crate::support::example("asking_server");
    let script = format!("echo $$ > '{}'; exec '{program}'", file.display());
    let pool = ServerPool::new([("asks".to_owned(), shell(&script))].into(), PoolOptions::new(options()));
    let steady = tool(&pool, "steady").await;
    let pid = starts(&file).trim().to_owned();
    assert!(runs(&pid));
    drop(pool);
    eventually("the server is gone", async || !runs(&pid)).await;
    assert!(said(&steady).await.contains("was shut down"));
}
