use std::path::Path;

use serde_json::json;
use tau_core::ContentBlock;
use tau_core::event::EventBody;
use tau_persist::{Holder, Store as _};
use tau_session::SessionOverview;

use crate::schema::assert_valid;
use crate::sessions_support::{
    asked, created, database, done, exchange, gone, hold, id, keep, prompt, replied, started, store,
};
use crate::support::Place;

/// Four sessions of the project, in every state, and one of another folder.
fn five() -> Place {
    let place = Place::new();
    let begin = |place: &Place| created(&place.project());
    keep(
        &place,
        1,
        [begin(&place)].into_iter().chain(exchange(1, "What does\nthis project do?", "It counts.")),
    );
    let closed = [begin(&place)].into_iter().chain(exchange(1, "Stop after this", "I did."));
    keep(&place, 2, closed.chain([EventBody::SessionClosed]));
    let interrupted = exchange(1, "Make the tests pass", "They do.").into_iter();
    let interrupted = [begin(&place)].into_iter().chain(interrupted);
    keep(&place, 3, interrupted.chain([prompt(2, "And format it"), started(2), asked(2, 1)]));
    keep(&place, 4, [created(Path::new("/elsewhere")), prompt(1, "Not here")]);
    keep(&place, 5, [begin(&place), prompt(1, &"A very long prompt ".repeat(20))]);
    hold(&place, 5, &Holder::this_process("tau").to_string());
    place
}

#[tokio::test]
async fn lists_the_sessions_of_this_folder_with_their_state() {
    let place = five();
    let ran = place.tau(&["sessions", "list"]).await;
    // The width of a column depends on the id of this process.
    let cells = |line: &str| {
        line.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect::<Vec<_>>().join(" | ")
    };
    let listed = ran.assert_code(0).stdout.lines().skip(2).map(cells).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(listed, @r#"
        01920000-0000-7000-8000-000000000003 | 2026-09-21 14:17 | interrupted | 1 | $0.0025 | mine/coder | Make the tests pass
        01920000-0000-7000-8000-000000000002 | 2026-09-21 14:16 | closed | 1 | $0.0025 | mine/coder | Stop after this
        01920000-0000-7000-8000-000000000001 | 2026-09-21 14:15 | idle | 1 | $0.0025 | mine/coder | What does this project do?
        "#);
    insta::assert_snapshot!(ran.stderr, @"1 session is of other folders than [TEMP]/project; show all with --all");
    // It was opened just now, so its time differs from run to run.
    let held = ran.stdout.lines().nth(1).unwrap().split("  ").filter(|cell| !cell.is_empty());
    let held: Vec<&str> = held.map(str::trim).collect();
    let prompt = format!("{}…", "A very long prompt ".repeat(4).get(..60).unwrap());
    let id = id(5);
    let expected = [
        id.as_str(),
        held[1],
        &format!("in use by tau (process {})", std::process::id()),
        "0",
        "$0.00",
        "mine/coder",
        &prompt,
    ];
    assert_eq!(held, expected);
}

#[tokio::test]
async fn every_folder_is_listed_when_asked() {
    let place = five();
    let all = place.tau(&["sessions", "list", "--all"]).await;
    assert_eq!(all.assert_code(0).stderr, "");
    let other = format!("{}  2026-09-21 14:18  interrupted", id(4));
    let lines: Vec<&str> = all.stdout.lines().collect();
    let at = lines.iter().position(|line| line.starts_with(&other)).unwrap();
    assert_eq!(lines[at + 1].trim(), "in /elsewhere");

    let there = place.tau(&["sessions", "list", "-C", ".."]).await;
    assert_eq!(there.assert_code(0).stdout, "", "{there:?}");
    assert_eq!(there.stderr, "5 sessions are of other folders than [TEMP]; show all with --all\n");
}

#[tokio::test]
async fn the_limit_says_that_there_are_more() {
    let place = five();
    let ran = place.tau(&["sessions", "list", "-n", "2"]).await;
    assert_eq!(ran.assert_code(0).stdout.lines().count(), 3);
    assert_eq!(ran.stderr, "there are more; show them with --limit\n");
    place.tau(&["sessions", "list", "-n", "0"]).await.assert_code(2);
}

#[tokio::test]
async fn json_says_everything_and_as_its_schema_says() {
    let place = Place::new();
    keep(&place, 1, [created(&place.project())].into_iter().chain(exchange(1, "Why?", "Because.")));
    let ran = place.tau(&["sessions", "list", "--output", "json"]).await;
    let json = ran.assert_code(0).json();
    assert_valid("sessions", &json);
    let expected = json!({
        "total": 1,
        "sessions": [{
            "id": id(1),
            "state": "idle",
            "model": "mine/coder",
            "working_dir": "[TEMP]/project",
            "created": "2026-09-21T14:14:21Z",
            "updated": "2026-09-21T14:15:19Z",
            "prompt": "Why?",
            "events": 6,
            "turns": 1,
            "tool_calls": 0,
            "usage": { "input": 1000, "cached_input": 400, "cache_write": 0, "output": 50, "reasoning": 0 },
            "cost": "0.0025",
        }],
    });
    assert_eq!(json, expected);
}

#[tokio::test]
async fn without_a_store_there_is_nothing_and_nothing_is_made() {
    let place = Place::new();
    let ran = place.tau(&["sessions", "list"]).await;
    assert_eq!((ran.assert_code(0).stdout.as_str(), ran.stderr.as_str()), ("", "there is no session yet\n"));
    let json = place.tau(&["sessions", "list", "--output", "json"]).await;
    assert_eq!(json.assert_code(0).json(), json!({ "total": 0, "sessions": [] }));
    assert!(!database(&place).parent().unwrap().exists());
}

#[tokio::test]
async fn the_store_is_where_the_setting_says() {
    let place = five();
    let elsewhere = place.home().join("kept");
    std::fs::rename(database(&place).parent().unwrap(), &elsewhere).unwrap();
    assert_eq!(place.tau(&["sessions", "list"]).await.assert_code(0).stdout, "");
    let flag = place.tau(&["sessions", "list", "--state-dir", elsewhere.to_str().unwrap()]).await;
    assert_eq!(flag.assert_code(0).stdout.lines().count(), 5);
    let variables = [("TAU_STATE_DIR", elsewhere.to_str().unwrap())];
    assert_eq!(place.tau_with_env(&variables, &["sessions", "list"]).await.stdout, flag.stdout);
    // It is a setting of the program and no key of the configuration.
    place.tau_with_env(&variables, &["config", "check"]).await.assert_code(0);
    // XDG has the say where nothing else is set.
    std::fs::create_dir_all(place.home().join("xdg")).unwrap();
    std::fs::rename(&elsewhere, place.home().join("xdg/tau")).unwrap();
    let xdg = place.home().join("xdg");
    let variables = [("XDG_STATE_HOME", xdg.to_str().unwrap()), ("TAU_STATE_DIR", "")];
    assert_eq!(place.tau_with_env(&variables, &["sessions", "list"]).await.stdout, flag.stdout);
}

#[tokio::test]
async fn what_a_list_found_out_is_kept_and_goes_on_from_there() {
    let place = Place::new();
    let long = (0..100).flat_map(|run| exchange(run, "Again", "Yes."));
    let long: Vec<EventBody> = [created(&place.project())].into_iter().chain(long).collect();
    keep(&place, 1, long.clone());
    let first = place.tau(&["sessions", "list", "--output", "json"]).await;
    assert_eq!(first.assert_code(0).json()["sessions"][0]["turns"], 100);
    let cached =
        store(&place, 1).snapshot(&tau_persist::SessionId::new(id(1)).unwrap(), SessionOverview::SNAPSHOT);
    assert_eq!(cached.wait().unwrap().unwrap().seq, 501);
    assert_eq!(place.tau(&["sessions", "list", "--output", "json"]).await.stdout, first.stdout);

    // More events than the cache knows.
    let more = long.into_iter().chain([
        prompt(200, "One more"),
        started(200),
        replied(1, [ContentBlock::text("!")]),
    ]);
    let events = crate::sessions_support::sealed(1, more).split_off(501);
    store(&place, 1).append(tau_persist::Append::new(events)).wait().unwrap();
    let after = place.tau(&["sessions", "list", "--output", "json"]).await.json();
    let session = &after["sessions"][0];
    assert_eq!((&session["turns"], &session["state"]), (&json!(101), &json!("interrupted")));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_is_gone_holds_nothing() {
    let place = five();
    hold(&place, 1, &gone());
    hold(&place, 3, &gone());
    let json = place.tau(&["sessions", "list", "--output", "json"]).await.json();
    let sessions = json["sessions"].as_array().unwrap();
    let states: Vec<_> = sessions.iter().map(|session| (&session["id"], &session["state"])).collect();
    let expected = [(3, "interrupted"), (1, "idle"), (5, "in_use"), (2, "closed")]
        .map(|(number, state)| (json!(id(number)), json!(state)));
    let expected: Vec<_> = expected.iter().map(|(id, state)| (id, state)).collect();
    assert_eq!(states, expected);
    assert_eq!(sessions[2]["holder"], json!({ "name": "tau", "process_id": std::process::id() }));
}

#[tokio::test]
async fn ids_are_as_short_as_they_can_be() {
    let place = Place::new();
    keep(&place, 1, [created(&place.project()), prompt(1, "x"), started(1), done(1)]);
    let ran = place.tau(&["sessions", "list"]).await;
    assert!(ran.assert_code(0).stdout.contains("\n01920000  2026"), "{ran:?}");
}
