//! Recordings: made by a run, played by another, checked by `tau replay verify`.

use serde_json::Value;
use tau_testkit::{ModelServer, Reply};

use crate::support::Place;

const KEY: &str = "planted-key-6f1a";

async fn server() -> ModelServer {
    ModelServer::with_replies([
        Reply::tool_calls([("a", "read", "{\"path\":\"notes.txt\"}")]),
        Reply::text("It says hello."),
    ])
    .await
    .unwrap()
}

/// A place where a run was recorded into `run.tau`.
async fn recorded() -> Place {
    let server = server().await;
    let place = Place::with_server_and(&server, &format!("providers.test.api_key = \"{KEY}\""));
    place.write("notes.txt", &format!("hello, the key is {KEY}\n"));
    let ran = place.tau(&["run", "--record", "run.tau", "--ephemeral", "read the notes"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    place
}

#[tokio::test]
async fn a_run_is_recorded_without_its_key_and_plays_again() {
    let place = recorded().await;
    let text = place.read("run.tau");
    assert!(!text.contains(KEY), "{text}");
    let header: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&header["model"], &header["prompt"]), (&"scripted".into(), &"read the notes".into()));

    let ran =
        place.tau(&["run", "--ephemeral", "-o", "json", "-m", "replay:run.tau", "read the notes"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((&summary["result"], &summary["turns"]), (&"It says hello.".into(), &2.into()));

    let ran = place.tau(&["run", "--ephemeral", "-m", "replay:run.tau", "read something else"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stderr.contains("request 1 of 2 differs from the recording"), "{ran:?}");
    let ran =
        place.tau(&["run", "--ephemeral", "-m", "replay:tolerant:run.tau", "read something else"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[tokio::test]
async fn a_recording_is_verified_without_model_and_tools() {
    let place = recorded().await;
    // Elsewhere: another folder, and no file to read.
    let elsewhere = Place::new();
    elsewhere.write("run.tau", &place.read("run.tau"));
    let ran = elsewhere.tau(&["replay", "verify", "run.tau"]).await;
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), "✓ all 2 requests are as recorded\n"), "{ran:?}");

    elsewhere.write("AGENTS.md", "Answer in rhymes.\n");
    let ran = elsewhere.tau(&["replay", "verify", "run.tau"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.stdout.contains("✗ request 1 of 2 differs (- recorded, + sent):"), "{ran:?}");
    assert!(ran.stdout.contains("✗ request 2 of 2 differs"), "{ran:?}");
    assert!(ran.stdout.contains("+") && ran.stdout.contains("Answer in rhymes."), "{ran:?}");

    let ran = elsewhere.tau(&["replay", "verify", "AGENTS.md"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("not a recording"), "{ran:?}");
}

/// What a person answered is in the results of the calls, and is answered again.
#[tokio::test]
async fn answers_of_people_are_verified_too() {
    let server = ModelServer::with_replies([
        Reply::tool_calls([
            ("q", "ask_user", "{\"question\":\"Which colour?\"}"),
            ("p", "propose_plan", "{\"plan\":\"Paint it.\"}"),
        ]),
        Reply::text("Done."),
    ])
    .await
    .unwrap();
    let tools = "agent.tools = [\"ask_user\", \"propose_plan\"]";
    let place = Place::with_server_and(&server, tools);
    // Nobody was there to ask.
    place.tau(&["run", "--record", "run.tau", "--ephemeral", "paint"]).await.assert_code(3);
    let nobody = [
        "Not answered: nobody is there to ask. Decide yourself, and say what you assumed.",
        "Not decided: nobody is there to decide about a plan. Change nothing; say what you would do.",
    ];
    let recorded = place.read("run.tau");
    assert!(nobody.iter().all(|text| recorded.matches(text).count() == 2), "{recorded}");

    let cases = [
        (nobody, [true, true]),
        (["Blue.", "The user approves the plan. Carry it out."], [false, false]),
        (["", "The user changed the plan. Carry this one out:\\n\\nPaint it blue."], [false, false]),
        (["Red", "The user rejects the plan. They said: not today"], [false, true]),
        (["Red", "The user rejects the plan."], [false, true]),
    ];
    for (number, (answers, are_errors)) in cases.into_iter().enumerate() {
        let mut text = recorded.clone();
        for (id, (before, (answer, is_error))) in
            ["q", "p"].iter().zip(nobody.iter().zip(answers.into_iter().zip(are_errors)))
        {
            text = text.replace(before, answer);
            if !is_error {
                text = without_error(&text, id);
            }
        }
        let name = format!("case-{number}.tau");
        place.write(&name, &text);
        let ran = place.tau(&["replay", "verify", &name]).await;
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(0), "✓ all 2 requests are as recorded\n"),
            "{ran:?}"
        );
    }
    // An answer that is not what the model was told of is seen: the results come first.
    place.write("other.tau", &without_error(&recorded.replacen(nobody[0], "Blue.", 1), "q"));
    let ran = place.tau(&["replay", "verify", "other.tau"]).await;
    ran.assert_code(1);
    assert!(ran.stdout.contains("request 2 of 2 differs"), "{ran:?}");
}

/// The recording with a result of success in the place of one of failure.
fn without_error(recording: &str, call: &str) -> String {
    let lines = recording.lines().map(|line| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        for result in value.get_mut("results").and_then(Value::as_array_mut).into_iter().flatten() {
            if result["call_id"] == call {
                result.as_object_mut().unwrap().remove("is_error");
            }
        }
        format!("{value}\n")
    });
    lines.collect()
}

#[tokio::test]
async fn a_recording_is_written_over_nothing() {
    let server = server().await;
    let place = Place::with_server(&server);
    place.write("run.tau", "precious");
    let ran = place.tau(&["run", "--record", "run.tau", "--ephemeral", "Hi"]).await;
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("--record makes a new file"), "{ran:?}");
    assert_eq!((place.read("run.tau").as_str(), server.request_count()), ("precious", 0));
}

#[tokio::test]
async fn a_recording_of_a_project_is_checked_with_what_it_has_and_runs_nothing() {
    let server = ModelServer::with_replies([Reply::text("Well.")]).await.unwrap();
    let place = Place::with_server(&server);
    place.write(".claude/skills/look/SKILL.md", "---\nname: look\ndescription: Looks.\n---\nLook.\n");
    place.write(".claude/agents/a.md", "---\nname: a\ndescription: d\n---\nWork.\n");
    let hook =
        r#"{"hooks": {"SessionStart": [{"hooks": [{"type": "command", "command": "echo ran >> ran"}]}]}}"#;
    place.write(".claude/settings.json", hook);
    place.tau(&["trust", "--yes"]).await.assert_code(0);
    place.tau(&["run", "--record", "run.tau", "--ephemeral", "go"]).await.assert_code(0);
    assert_eq!(place.read("ran"), "ran\n");
    let ran = place.tau(&["replay", "verify", "run.tau"]).await;
    assert_eq!(ran.assert_code(0).stdout, "✓ all 1 requests are as recorded\n");
    assert_eq!(place.read("ran"), "ran\n");
}
