//! Commands in a container, as the configuration asks for one: what there is none for fails closed.

use serde_json::json;
use tau_testkit::{ModelServer, Reply};

#[cfg(all(feature = "container", unix))]
use crate::support::tool_result;
use crate::support::{Place, Ran};

const CONTAINER: &str = "sandbox.backend = \"container\"";

async fn run(config: &str) -> (Place, ModelServer, Ran) {
    let command = json!({ "command": "echo here > made" }).to_string();
    let replies = [Reply::tool_calls([("c", "bash", command.as_str())]), Reply::text("done")];
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server_and(&server, &format!("client.max_retries = 0\n{CONTAINER}\n{config}"));
    let ran = place.tau(&["run", "-o", "json", "--allow-all", "x"]).await;
    (place, server, ran)
}

#[cfg(not(all(feature = "container", unix)))]
#[tokio::test]
async fn a_program_without_containers_says_so() {
    let (place, server, ran) = run("sandbox.image = \"debian\"").await;
    assert!(ran.assert_code(2).stderr.contains("--features container"), "{ran:#?}");
    assert_eq!((server.request_count(), place.project().join("made").exists()), (0, false));
}

#[cfg(all(feature = "container", unix))]
#[tokio::test]
async fn without_an_engine_no_command_runs() {
    let (place, server, ran) =
        run("sandbox.image = \"debian\"\nsandbox.engine = \"/nowhere/engine.sock\"").await;
    ran.assert_code(0);
    let told = tool_result(&server, 1, "c");
    assert!(told.contains("no container engine: /nowhere/engine.sock"), "{told}");
    assert!(!place.project().join("made").exists());
}

#[cfg(all(feature = "container", unix))]
#[tokio::test]
async fn what_a_container_cannot_keep_is_refused() {
    for (config, problem) in [
        ("", "`sandbox.image` names no image"),
        ("sandbox.image = \"a\"\nsandbox.mode = \"weak\"", "no weak sandbox"),
        ("sandbox.image = \"a\"\nsandbox.network = [\"example.com\"]", "no way out to a network"),
    ] {
        let (_, server, ran) = run(config).await;
        assert!(ran.assert_code(2).stderr.replace("\n", " ").contains(problem), "{ran:#?}");
        assert_eq!(server.request_count(), 0);
    }
}

/// Where the tests of `tau-container` left their image and an engine.
#[cfg(all(feature = "container", unix))]
#[tokio::test]
async fn commands_run_in_a_container_of_the_image() {
    if !std::path::Path::new("/run/podman/podman.sock").exists() {
        return;
    }
    let (place, server, ran) = run(
        "sandbox.image = \"localhost/tau-container-test:1\"\nsandbox.engine = \"/run/podman/podman.sock\"",
    )
    .await;
    ran.assert_code(0);
    if tool_result(&server, 1, "c").contains("no such image") {
        return;
    }
    assert_eq!(place.read("made"), "here\n", "{}", tool_result(&server, 1, "c"));
}
