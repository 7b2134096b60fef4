//! What the configuration says of a server: where it listens, and how much it does at a time.

use std::time::{Duration, Instant};

use serde_json::json;
use tau_testkit::ModelServer;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::serve::Server;
use crate::support::Place;

async fn place(serve: &str) -> Place {
    let model = ModelServer::with_replies([]).await.unwrap();
    Place::with_server_and(&model, serve)
}

#[tokio::test]
async fn a_server_keeps_to_the_limits_of_its_configuration() {
    let place = place(
        r#"
        [serve]
        listen = "127.0.0.1:0"
        max_sessions = 1
        messages = { max_bytes = 2000, max_json_depth = 10 }
        connections = { max_concurrent_streams = 7 }
        load = { max_streams = 1 }
        deadlines = { headers = "300ms", unary = "20s", max_unary = "40s", heartbeat = "3s" }
        "#,
    )
    .await;
    let server = Server::start_as_configured(&place, &[]).await;
    let info = server.ok("AdminService/GetInfo", json!({})).await;
    let limits = &info["limits"];
    for (limit, expected) in [
        ("maxSessions", json!(1)),
        ("maxMessageBytes", json!("2000")),
        ("maxJsonDepth", json!(10)),
        ("maxConcurrentStreams", json!(7)),
        ("defaultTimeout", json!("20s")),
        ("maxTimeout", json!("40s")),
        ("heartbeatInterval", json!("3s")),
    ] {
        assert_eq!(limits[limit], expected, "{limit} of {limits:#}");
    }
    server.ok("RuntimeService/CreateSession", json!({})).await;
    let (status, refused) = server.call("RuntimeService/CreateSession", &json!({})).await;
    assert_eq!((status, &refused["code"]), (429, &json!("resource_exhausted")), "a second session");
    let long = json!({ "metadata": { "a": "x".repeat(3_000) } });
    let (status, refused) = server.call("RuntimeService/CreateSession", &long).await;
    assert_eq!((status, &refused["code"]), (429, &json!("resource_exhausted")), "a long message");

    // A connection that says nothing.
    let start = Instant::now();
    let mut silent = TcpStream::connect(&server.address).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(4), silent.read(&mut [0])).await;
    assert_eq!(closed.expect("it is closed before the usual five seconds").unwrap_or(0), 0);
    assert!(start.elapsed() >= Duration::from_millis(250), "{:?}", start.elapsed());
}

#[tokio::test]
async fn flags_go_before_the_configuration() {
    // An address that this machine does not have.
    let place = place("serve.listen = \"192.0.2.1:9\"").await;
    let refused = place.tau(&["serve"]).await;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("cannot listen on 192.0.2.1:9"), "{}", refused.stderr);
    let server = Server::start_as_configured(&place, &["--listen", "127.0.0.1:0"]).await;
    server.ok("AdminService/GetInfo", json!({})).await;
}

#[tokio::test]
async fn a_host_that_is_listed_may_be_called_and_no_other() {
    let place = place("serve = { listen = \"127.0.0.1:0\", allowed_hosts = [\"agents.example\"] }").await;
    let server = Server::start_as_configured(&place, &[]).await;
    let (status, refused) = server.call("AdminService/GetInfo", &json!({})).await;
    assert_eq!((status, &refused["code"]), (403, &json!("permission_denied")), "under its address");
    assert_eq!(server.call_at("agents.example", "AdminService/GetInfo", &json!({})).await.0, 200);
}

#[tokio::test]
async fn a_server_does_not_start_with_limits_that_make_no_sense() {
    let place = place("serve.load.max_calls = 0\nserve.deadlines.read = \"0s\"").await;
    let refused = place.tau(&["serve", "--listen", "127.0.0.1:0"]).await;
    refused.assert_code(2);
    for named in ["serve.load.max_calls: with 0", "serve.deadlines.read: nothing is done in no time"] {
        assert!(refused.stderr.contains(named), "{}", refused.stderr);
    }
    // Whoever does not serve is not kept from work by it.
    place.tau(&["sessions", "list"]).await.assert_code(0);
}

#[tokio::test]
async fn a_project_that_is_not_trusted_opens_no_server_to_the_world() {
    let place = place("").await;
    place.write(
        ".tau/config.toml",
        "serve.listen = \"0.0.0.0:1\"\nserve.allowed_origins = [\"https://evil.example\"]\n",
    );
    let shown = place.tau(&["config", "show", "--origin"]).await;
    shown.assert_code(0);
    let listen = shown.stdout.lines().find(|line| line.starts_with("serve.listen")).unwrap();
    assert!(listen.contains("\"127.0.0.1:8321\"") && listen.ends_with("built-in default"), "{listen}");
    assert!(!shown.stdout.contains("evil"), "{}", shown.stdout);
    assert!(shown.stderr.contains("serve.listen"), "{}", shown.stderr);
}
