//! Sessions that go on: after an end, after a crash, as a copy, and from an earlier place.

use std::time::Duration;

use serde_json::{Value, json};
use tau_persist::{ListSessions, SqliteOptions, SqliteStore, Store as _};
use tau_testkit::{ModelServer, Reply};
use tokio::process::Child;

use crate::sessions_support::database;
use crate::support::{Place, messages, tool_result};

/// The id of the session that was written last.
async fn newest(place: &Place) -> String {
    let listed = place.tau(&["sessions", "list", "--all", "--output", "json"]).await;
    listed.assert_code(0).json()["sessions"][0]["id"].as_str().unwrap().to_owned()
}

/// What the model was asked, as `role: content`.
fn asked(server: &ModelServer, number: usize) -> Vec<String> {
    let said = |message: &Value| message["content"].as_str().unwrap_or("-").to_owned();
    let messages = messages(server, number);
    messages[1..]
        .iter()
        .map(|message| format!("{}: {}", message["role"].as_str().unwrap(), said(message)))
        .collect()
}

/// A run whose second request to the model never ends, once that is asked.
async fn hanging(server: &ModelServer, place: &Place) -> Child {
    let child = place.command(&["run", "--allow", "bash", "--allow", "write", "work"]).spawn().unwrap();
    server.wait_for_requests(2).await;
    child
}

fn hang() -> Vec<Reply> {
    let touch = json!({ "command": "echo once >> effects" }).to_string();
    vec![
        Reply::tool_calls([("c1", "bash", touch.as_str())]),
        Reply::stream().hang(),
        Reply::text("Done after all."),
        Reply::text("More."),
    ]
}

#[tokio::test]
async fn a_session_goes_on_with_the_same_bytes() {
    let server = ModelServer::with_replies([Reply::text("One."), Reply::text("Two.")]).await.unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "first"]).await.assert_code(0);
    let ran = place.tau(&["resume", "and then?"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Two.\n");
    assert_eq!(asked(&server, 1), ["user: first", "assistant: One.", "user: and then?"]);
    let [before, after] =
        [0, 1].map(|number| String::from_utf8(server.requests()[number].body.to_vec()).unwrap());
    // The messages end a request: all that was sent stands before the new ones, byte for byte.
    let sent = before.strip_suffix("]}").unwrap();
    assert!(sent.contains("first") && after.starts_with(&format!("{sent},")), "{before}\n{after}");
}

#[tokio::test]
async fn a_killed_run_is_resumed_where_it_was() {
    let server = ModelServer::with_replies(hang()).await.unwrap();
    let place = Place::with_server(&server);
    let mut child = hanging(&server, &place).await;
    child.kill().await.unwrap();
    let listed = place.tau(&["sessions", "list"]).await;
    assert!(listed.stdout.contains("interrupted"), "{listed:?}");
    let ran = place.tau(&["resume"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Done after all.\n");
    assert_eq!(place.read("effects"), "once\n", "what was done is not done again");
    assert_eq!(
        server.requests()[1].body,
        server.requests()[2].body,
        "the lost answer is asked for with the same bytes"
    );
}

#[tokio::test]
async fn a_killed_run_ends_before_the_prompt_that_follows_it_and_both_are_shown() {
    let server = ModelServer::with_replies(hang()).await.unwrap();
    let place = Place::with_server(&server);
    let mut child = hanging(&server, &place).await;
    child.kill().await.unwrap();
    let ran = place.tau(&["resume", "and more"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Done after all.\nMore.\n");
    let idle = place.tau(&["resume"]).await;
    assert!(idle.assert_code(2).stderr.contains("nothing left to do"), "{idle:?}");
}

#[tokio::test]
async fn two_writers_of_a_session_are_a_conflict_at_once() {
    let server = ModelServer::with_replies(hang()).await.unwrap();
    let place = Place::with_server(&server);
    let child = hanging(&server, &place).await;
    let id = newest(&place).await;
    for command in [&["resume", &id, "too"][..], &["rewind", &id], &["undo", &id]] {
        let began = std::time::Instant::now();
        let ran = place.tau(command).await;
        assert!(began.elapsed() < Duration::from_secs(5));
        let process = child.id().unwrap();
        let said = format!("the session is in use by tau (process {process})");
        assert!(ran.assert_code(1).stderr.contains(&said), "{ran:?}");
    }
    let listed = place.tau(&["sessions", "list"]).await;
    assert!(listed.stdout.contains("in use"), "{listed:?}");
}

#[tokio::test]
async fn a_copy_goes_its_own_way_even_while_the_session_is_at_work() {
    let server = ModelServer::with_replies(hang()).await.unwrap();
    let place = Place::with_server(&server);
    let child = hanging(&server, &place).await;
    let id = newest(&place).await;
    let forked = place.tau(&["fork", &id]).await;
    let copy = forked.assert_code(0).stdout.trim().to_owned();
    assert_ne!(copy, id);
    let ran = place.tau(&["resume", &copy, "instead"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Done after all.\n");
    assert_eq!(asked(&server, 2), ["user: work", "assistant: -", "tool: (no output)", "user: instead"]);
    place.tau(&["sessions", "verify"]).await.assert_code(0);
    drop(child);

    let nowhere = place.tau(&["fork", &id, "--at", "1000"]).await;
    assert!(nowhere.assert_code(2).stderr.contains("has no event 1000"), "{nowhere:?}");
}

#[tokio::test]
async fn prompts_are_taken_back() {
    let replies = ["One.", "Two.", "Three."].map(Reply::text);
    let server = ModelServer::with_replies(replies).await.unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "first"]).await.assert_code(0);
    place.tau(&["resume", "second"]).await.assert_code(0);
    place.tau(&["rewind"]).await.assert_code(0);
    place.tau(&["resume", "third"]).await.assert_code(0);
    assert_eq!(asked(&server, 2), ["user: first", "assistant: One.", "user: third"]);
    place.tau(&["sessions", "verify"]).await.assert_code(0);

    let too_far = place.tau(&["rewind", "--prompts", "9"]).await;
    assert!(too_far.assert_code(2).stderr.contains("has 2 prompts to take back"), "{too_far:?}");
}

#[tokio::test]
async fn what_cannot_go_on_says_why() {
    let server = ModelServer::with_replies([Reply::text("One.")]).await.unwrap();
    let place = Place::with_server(&server);
    let none = place.tau(&["resume"]).await;
    assert!(none.assert_code(2).stderr.contains("there is no session yet"), "{none:?}");
    place.tau(&["run", "first"]).await.assert_code(0);
    let idle = place.tau(&["resume"]).await;
    assert!(idle.assert_code(2).stderr.contains("the session has nothing left to do"), "{idle:?}");
    let unknown = place.tau(&["resume", "fffffff", "on"]).await;
    assert!(unknown.assert_code(2).stderr.contains("no session has an id that begins with"), "{unknown:?}");
    let elsewhere = place.tau(&["resume", "--cwd", "/", "on"]).await;
    assert!(elsewhere.assert_code(2).stderr.contains("no session has worked in /"), "{elsewhere:?}");
}

#[tokio::test]
async fn a_session_that_cannot_go_on_is_given_back() {
    let server = ModelServer::with_replies([Reply::text("One.")]).await.unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "first"]).await.assert_code(0);
    for command in
        [&["resume"][..], &["resume", "--model", "nobody/nothing", "on"], &["rewind", "--to", "99"]]
    {
        place.tau(command).await.assert_code(2);
        let store = SqliteStore::open(database(&place), SqliteOptions::default()).unwrap();
        let sessions = store.list(ListSessions::first(2)).wait().unwrap();
        let holders: Vec<Option<String>> = sessions.into_iter().map(|info| info.holder).collect();
        assert_eq!(holders, [None], "{command:?}");
    }
}

#[tokio::test]
async fn an_ephemeral_run_keeps_nothing() {
    let server = ModelServer::with_replies([Reply::text("One.")]).await.unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "--ephemeral", "first"]).await.assert_code(0);
    assert!(!database(&place).parent().unwrap().exists());
}

#[tokio::test]
async fn a_long_result_is_kept_where_the_model_can_read_it() {
    let long = json!({ "command": "seq 1 20000" }).to_string();
    let read = |path: &str| json!({ "path": path, "offset": 10_000, "limit": 1 }).to_string();
    let server = ModelServer::start(move |number, request| match number {
        0 => Reply::tool_calls([("c1", "bash", long.as_str())]),
        1 => {
            let told = request.json()["messages"][3]["content"].as_str().unwrap().to_owned();
            let path = told.split_whitespace().find(|word| word.contains("/results/")).unwrap_or("none");
            let path = path.trim_matches(|c: char| !c.is_alphanumeric() && c != '/');
            Reply::tool_calls([("c2", "read", read(path).as_str())])
        }
        _ => Reply::text("ok"),
    })
    .await
    .unwrap();
    let place = Place::with_server(&server);
    place.tau(&["run", "--allow", "bash", "--allow", "write", "count"]).await.assert_code(0);
    let read = tool_result(&server, 2, "c2");
    assert!(read.contains("\t10000"), "{read}");
}
