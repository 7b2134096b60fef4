//! Stores that cannot be used, and prompts that are very long.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use tau_testkit::{ModelServer, Reply};

use crate::sessions_support::database;
use crate::support::{Place, Ran, messages};

async fn run(place: &Place, arguments: &[&str]) -> Ran {
    let server = ModelServer::with_replies([Reply::text("One.")]).await.unwrap();
    place.user_config(&format!(
        "model = \"test/scripted\"\nproviders.test.base_url = \"{}\"\nclient.max_retries = 0",
        server.base_url()
    ));
    let ran = place.tau(&[&["run", "first"], arguments].concat()).await;
    let was_asked = server.request_count() > 0;
    assert_eq!(was_asked, ran.code == Some(0), "nothing is done that cannot be kept: {ran:?}");
    ran
}

#[tokio::test]
async fn a_place_that_cannot_be_made() {
    let place = Place::new();
    place.write("file", "");
    let ran = run(&place, &["--state-dir", "file/state"]).await;
    assert!(ran.assert_code(1).stderr.contains("cannot be"), "{ran:?}");
    run(&place, &["--state-dir", "file/state", "--ephemeral"]).await.assert_code(0);
}

#[tokio::test]
async fn a_file_that_is_no_store() {
    let place = Place::new();
    let database = database(&place);
    std::fs::create_dir_all(database.parent().unwrap()).unwrap();
    std::fs::write(
        &database,
        "this is a text of more than a hundred bytes, and no store of sessions at all ".repeat(9),
    )
    .unwrap();
    let ran = run(&place, &[]).await;
    assert!(ran.assert_code(1).stderr.contains("sessions.db"), "{ran:?}");
}

#[tokio::test]
async fn a_store_of_a_newer_version() {
    let place = Place::new();
    run(&place, &[]).await.assert_code(0);
    let connection = Connection::open(database(&place)).unwrap();
    connection.pragma_update(None, "user_version", 999).unwrap();
    drop(connection);
    let ran = run(&place, &[]).await;
    assert!(ran.assert_code(1).stderr.contains("has version 999"), "{ran:?}");
}

#[tokio::test]
async fn a_store_that_another_process_keeps_locked() {
    let place = Place::new();
    run(&place, &[]).await.assert_code(0);
    let connection = Connection::open(database(&place)).unwrap();
    connection.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let began = Instant::now();
    let ran = run(&place, &[]).await;
    assert!(ran.assert_code(1).stderr.contains("locked"), "{ran:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "it does not wait for ever");
}

#[tokio::test]
async fn a_prompt_of_ten_megabytes() {
    let server = ModelServer::with_replies([Reply::text("Long."), Reply::text("Still.")]).await.unwrap();
    let place = Place::with_server(&server);
    let prompt = "lorem ipsum ".repeat(10_000_000 / 12);
    let ran = place.tau_with_input(prompt.as_bytes(), &["run", "-"]).await;
    assert_eq!(ran.assert_code(0).stdout, "Long.\n");
    let resumed = place.tau(&["resume", "and now?"]).await;
    assert_eq!(resumed.assert_code(0).stdout, "Still.\n");
    assert_eq!(messages(&server, 1)[1]["content"].as_str().unwrap().trim(), prompt.trim());

    let place = Place::with_server(&server);
    let refused =
        place.tau_with_input("lorem ipsum ".repeat(17_000_000 / 12).as_bytes(), &["run", "-"]).await;
    assert!(refused.assert_code(2).stderr.contains("longer than 16 MiB"), "{refused:?}");
    assert!(!database(&place).exists(), "nothing is begun");
}
