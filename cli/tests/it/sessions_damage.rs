//! Stores that are damaged, newer, locked or no stores at all.

use rusqlite::Connection;

use crate::sessions_support::{created, database, exchange, finished, id, keep};
use crate::support::Place;
use tau_core::event::ToolOutcome;

fn two() -> Place {
    let place = Place::new();
    for number in 1..=2 {
        let events = [created(&place.project())].into_iter().chain(exchange(1, "Hi", "Good day."));
        let large = finished("c", ToolOutcome::Succeeded, &"x".repeat(100_000));
        keep(&place, number, events.chain([large]));
    }
    place
}

fn execute(place: &Place, sql: &str) {
    Connection::open(database(place)).unwrap().execute_batch(sql).unwrap();
}

#[tokio::test]
async fn a_whole_store_is_found_whole() {
    let place = two();
    let ran = place.tau(&["sessions", "verify"]).await;
    assert_eq!(
        (ran.assert_code(0).stdout.as_str(), ran.stderr.as_str()),
        ("", "no damage: 2 sessions, 14 whole events\n")
    );
    let one = place.tau(&["sessions", "verify", &id(1)]).await;
    assert_eq!(one.assert_code(0).stderr, "no damage: 1 session, 7 whole events\n");
}

#[tokio::test]
async fn a_changed_event_is_found_and_the_rest_is_shown() {
    let place = two();
    execute(
        &place,
        "UPDATE event SET body = CAST(replace(CAST(body AS TEXT), 'Good day', 'Bad day') AS BLOB) WHERE id = 5",
    );
    let ran = place.tau(&["sessions", "verify"]).await;
    insta::assert_snapshot!(ran.assert_code(1).stdout, @"session 01920000-0000-7000-8000-000000000001, event 6: it does not follow the event before: the chain of hashes is broken; whole up to event 5");
    insta::assert_snapshot!(ran.stderr, @"damaged: 2 sessions, 12 whole events; what is whole can be read with `tau sessions show`");
    place.tau(&["sessions", "verify", &id(2)]).await.assert_code(0);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_where_it_stands() {
    let place = two();
    execute(
        &place,
        "UPDATE event SET epoch = -1 WHERE id = 2; \
         UPDATE event SET body = CAST('{' AS BLOB), blob = NULL WHERE id = 3; \
         UPDATE event SET schema_version = 99 WHERE id = 4; \
         UPDATE event SET kind = 'unheard_of' WHERE id = 5; \
         PRAGMA foreign_keys = off; DELETE FROM blob;",
    );
    let ran = place.tau(&["sessions", "show", &id(1)]).await;
    insta::assert_snapshot!(ran.assert_code(0).stdout, @r#"
        session  01920000-0000-7000-8000-000000000001
        model    mine/coder
        folder   [TEMP]/project
        begun    2026-09-21T14:14:21Z
        written  2026-09-21T14:15:19Z
        state    idle
        work     0 turns · 0 tool calls · 0 tokens in, 0 out · $0.00

            2           this event cannot be read: it is damaged

            3 14:14:23  run_started cannot be read: its body is not what its kind says

            4 14:14:24  model_requested cannot be read: a newer version of tau wrote it; use that one to read it

            5 14:14:25  unheard_of cannot be read: it is of a kind that this version of tau does not know

            6 14:14:26  run ended: completed

            7           this event cannot be read: its body is missing
        "#);
    insta::assert_snapshot!(ran.stderr, @"event 2 cannot be read: it is damaged; what is shown may not be all");
    let events = place.tau(&["sessions", "show", "--events", "--output", "json", &id(1)]).await;
    assert_eq!(events.assert_code(0).json_lines().len(), 7);
    let html = place.tau(&["sessions", "export", "--format", "html", &id(1)]).await;
    assert_eq!(html.assert_code(0).stdout.matches("<b>Unreadable</b>").count(), 5, "{}", html.stdout);
    // An export that can be imported is whole or none.
    let jsonl = place.tau(&["sessions", "export", &id(1), "-o", "half.jsonl"]).await;
    let said = format!("× [TEMP]/home/.local/state/tau/sessions.db: session {}, event 2: ", id(1));
    assert!(jsonl.assert_code(1).stderr.trim_start().starts_with(&said), "{jsonl:?}");
    assert!(!place.project().join("half.jsonl").exists());
    let list = place.tau(&["sessions", "list"]).await;
    assert_eq!(list.assert_code(0).stdout.lines().count(), 3);
    insta::assert_snapshot!(list.stderr, @r#"
        session 01920000-0000-7000-8000-000000000002, event 7: its body is missing
        session 01920000-0000-7000-8000-000000000001, event 2: it is damaged
        "#);
}

#[tokio::test]
async fn a_newer_store_is_not_touched() {
    let place = two();
    execute(&place, "PRAGMA user_version = 99");
    for command in [&["list"][..], &["show"], &["search", "x"], &["verify"], &["delete", "-y", "x"]] {
        let ran = place.tau(&[&["sessions"], command].concat()).await;
        let said = "× [TEMP]/home/.local/state/tau/sessions.db: the database has version 99";
        assert!(ran.assert_code(1).stderr.trim_start().starts_with(said), "{ran:?}");
    }
}

#[tokio::test]
async fn what_is_no_store_is_not_taken_for_one() {
    let place = two();
    for log in ["db-wal", "db-shm"] {
        // It may hold all of it.
        let _ = std::fs::remove_file(database(&place).with_extension(log));
    }
    std::fs::write(database(&place), "no database at all, but long enough to be looked at".repeat(50))
        .unwrap();
    insta::assert_snapshot!(place.tau(&["sessions", "list"]).await.assert_code(1).stderr, @r#"
          × [TEMP]/home/.local/state/tau/sessions.db: the file is not a store of sessions (file is not a database)
        "#);
}

#[tokio::test]
async fn a_store_that_another_process_keeps_is_still_read() {
    let place = two();
    let other = Connection::open(database(&place)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(place.tau(&["sessions", "list"]).await.assert_code(0).stdout.lines().count(), 3);
    let ran = place.tau(&["sessions", "delete", "--yes", &id(1)]).await;
    let said = "× [TEMP]/home/.local/state/tau/sessions.db: another process keeps the store locked";
    assert!(ran.assert_code(1).stderr.trim_start().starts_with(said), "{ran:?}");
}
