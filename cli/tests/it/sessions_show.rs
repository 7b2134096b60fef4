use serde_json::json;
use tau_core::event::{
    CompactionStrategy, DenialReason, EventBody, ModelFailure, ModelFailureKind, PermissionAnswer,
    RunOutcome, Seq, ToolOutcome,
};
use tau_core::{ContentBlock, Message, Reasoning, ToolCallId};

use crate::schema::assert_valid;
use crate::sessions_support::{
    asked, call, created, done, exchange, finished, id, keep, prompt, replied, requested, run_id, started,
};
use crate::support::Place;

/// A session with everything in it that people see.
pub(crate) fn conversation(place: &Place) -> Vec<EventBody> {
    let read = call("c1", "read", r#"{"path":"src/tax.rs"}"#);
    let bash = call("c2", "bash", r#"{"command":"cargo test"}"#);
    let edit = call("c3", "edit", r#"{"path":"src/tax.rs","old_string":"a\nb","new_string":"c"}"#);
    let ask = |id: &str| EventBody::PermissionRequested {
        call_id: ToolCallId::new(id),
        reason: "`bash` can change things and no rule allows it".to_owned(),
    };
    let lines: Vec<String> = (1..=20).map(|line| format!("line {line}")).collect();
    let mut events = vec![
        created(&place.project()),
        prompt(1, "Make the test pass.\n\nIt rounds wrongly."),
        started(1),
        asked(1, 1),
        replied(
            1,
            [
                ContentBlock::Reasoning(Reasoning::text("The test expects 60.")),
                ContentBlock::text("Let me look."),
                ContentBlock::ToolCall(read.clone()),
                ContentBlock::ToolCall(bash.clone()),
                ContentBlock::ToolCall(edit.clone()),
            ],
        ),
        requested(read),
        requested(bash),
        requested(edit),
        finished("c1", ToolOutcome::Succeeded, &lines.join("\n")),
        ask("c2"),
        EventBody::PermissionAnswered { call_id: ToolCallId::new("c2"), answer: PermissionAnswer::Allow },
        finished("c2", ToolOutcome::Failed, "test result: FAILED\n[exit code 101]"),
        ask("c3"),
        EventBody::PermissionAnswered {
            call_id: ToolCallId::new("c3"),
            answer: PermissionAnswer::Deny { message: "leave it".to_owned() },
        },
        finished("c3", ToolOutcome::Denied { reason: DenialReason::Person }, "A person said no: leave it"),
        asked(1, 2),
        EventBody::ModelFailed {
            turn: 2,
            failure: ModelFailure::new(ModelFailureKind::Interrupted, "it broke off"),
        },
        asked(1, 2),
        replied(2, [ContentBlock::text("I could not change it.")]),
        done(1),
        EventBody::Compacted {
            through: Seq(12),
            strategy: CompactionStrategy::Summary,
            replacement: vec![Message::user([ContentBlock::text("So far: nothing was changed.")])],
            usage: None,
        },
    ];
    let unheld = call("c4", "bash", r#"{"command":"sleep 100"}"#);
    events.extend([
        prompt(2, "Try again"),
        started(2),
        asked(2, 1),
        replied(1, [ContentBlock::ToolCall(unheld.clone())]),
        requested(unheld),
        EventBody::SessionResumed,
        finished("c4", ToolOutcome::Unknown, "Outcome unknown"),
        EventBody::RunFinished { run: run_id(2), outcome: RunOutcome::TurnLimit { limit: 3 } },
    ]);
    events
}

#[tokio::test]
async fn shows_the_conversation() {
    let place = Place::new();
    keep(&place, 1, conversation(&place));
    let ran = place.tau(&["sessions", "show"]).await;
    insta::assert_snapshot!(ran.assert_code(0).stdout, @r#"
        session  01920000-0000-7000-8000-000000000001
        model    mine/coder
        folder   [TEMP]/project
        begun    2026-09-21T14:14:21Z
        written  2026-09-21T14:15:19Z
        state    idle
        work     3 turns · 4 tool calls · 3.0k tokens in (1.2k cached), 150 out · $0.0075

            2 14:14:22  you
            Make the test pass.

            It rounds wrongly.

            5 14:14:25  model
            (thinking)
            The test expects 60.
            (end of thinking)
            Let me look.

            6 14:14:26  read src/tax.rs succeeded 1.2s
            | line 1
            | line 2
            | line 3
            | line 4
            | line 5
            | line 6
            | line 7
            | line 8
            | … 12 lines more (--full)

            7 14:14:27  bash cargo test failed 1.2s
            permission: `bash` can change things and no rule allows it: allow
            | test result: FAILED
            | [exit code 101]

            8 14:14:28  edit src/tax.rs denied 1.2s
            new_string: c
            old_string:
            a
            b
            path: src/tax.rs
            permission: `bash` can change things and no rule allows it: deny: leave it
            | A person said no: leave it

           17 14:14:37  the model did not answer: it broke off

           19 14:14:39  model
            I could not change it.

           20 14:14:40  run ended: completed

           21 14:14:41  all up to 12 was shortened (summary)
            So far: nothing was changed.

           22 14:14:42  you
            Try again

           26 14:14:46  bash sleep 100 unknown 1.2s
            | Outcome unknown

           27 14:14:47  taken up again

           29 14:14:49  run ended: turn limit: 3 turns
        "#);
    assert_eq!(ran.stderr, "");
}

#[tokio::test]
async fn long_results_are_whole_when_asked() {
    let place = Place::new();
    keep(&place, 1, conversation(&place));
    let full = place.tau(&["sessions", "show", "--full", &id(1)]).await;
    let shown = full.assert_code(0).stdout.lines().filter(|line| line.starts_with("    | line ")).count();
    assert_eq!(shown, 20);
    assert!(!full.stdout.contains("--full"), "{}", full.stdout);
}

#[tokio::test]
async fn json_is_what_its_schema_says() {
    let place = Place::new();
    keep(&place, 1, conversation(&place));
    let ran = place.tau(&["sessions", "show", "--output", "json"]).await;
    let json = ran.assert_code(0).json();
    assert_valid("session", &json);
    assert_eq!(json["session"]["id"], id(1));
    let call = json["entries"].as_array().unwrap().iter().find(|entry| entry["id"] == "c3").unwrap();
    let expected = json!({
        "seq": 8,
        "time": "2026-09-21T14:14:28Z",
        "type": "tool_call",
        "id": "c3",
        "name": "edit",
        "arguments": r#"{"path":"src/tax.rs","old_string":"a\nb","new_string":"c"}"#,
        "announced": true,
        "permission": {
            "reason": "`bash` can change things and no rule allows it",
            "answer": "deny",
            "message": "leave it",
        },
        "outcome": "denied",
        "result": [{ "type": "text", "text": "A person said no: leave it" }],
        "duration_ms": 1200,
    });
    assert_eq!(*call, expected);
}

#[tokio::test]
async fn events_are_shown_as_they_are_stored() {
    let place = Place::new();
    keep(&place, 1, exchange(1, "Hi", "Good day."));
    let text = place.tau(&["sessions", "show", "--events"]).await;
    insta::assert_snapshot!(text.assert_code(0).stdout, @r#"
        1  2026-09-21T14:14:21Z  prompt_submitted      {"run":"00000000-0000-0000-0000-000000000001","content":[{"type":"text","text":"Hi"}]}
        2  2026-09-21T14:14:22Z  run_started           {"run":"00000000-0000-0000-0000-000000000001"}
        3  2026-09-21T14:14:23Z  model_requested       {"run":"00000000-0000-0000-0000-000000000001","turn":1}
        4  2026-09-21T14:14:24Z  model_replied         {"turn":1,"response":{"content":[{"type":"text","text":"Good day."}],"finish":"stop","usage":{"input":1000,"cached_input":400,"cache_write":0,"output":50,"reasoning":0}}}
        5  2026-09-21T14:14:25Z  run_finished          {"run":"00000000-0000-0000-0000-000000000001","outcome":{"kind":"completed"}}
        "#);
    let json = place.tau(&["sessions", "show", "--events", "--output", "json"]).await;
    let lines = json.assert_code(0).json_lines();
    assert_eq!(lines.len(), 5);
    let expected = json!({
        "seq": 2,
        "time": "2026-09-21T14:14:22Z",
        "epoch": 0,
        "id": "00000000-0000-0001-0000-000000000002",
        "cause": null,
        "kind": "run_started",
        "schema_version": 1,
        "body": { "run": "00000000-0000-0000-0000-000000000001" },
    });
    assert_eq!(lines[1], expected);
}

#[tokio::test]
async fn the_window_is_shown_by_category() {
    let place = Place::new();
    keep(&place, 1, conversation(&place));
    let text = place.tau(&["sessions", "show", "--context"]).await;
    insta::assert_snapshot!(text.assert_code(0).stdout, @r#"
        estimated tokens by category
        instructions           5    2 %
        tools                  0    0 %
        user                  21   12 %
        assistant             21   12 %
        reasoning              5    2 %
        tool calls            53   30 %
        tool results          66   38 %
        images                 0    0 %
        together             171
        next request        1058  as the provider counted, and an estimate for what is new
        limit              90000  from here on it is shortened
        "#);
    let json = place.tau(&["sessions", "show", "--context", "--output", "json"]).await.json();
    assert_eq!((&json["estimated"]["instructions"], &json["compacted_at"]), (&json!(5), &json!(90_000)));
}

#[tokio::test]
async fn what_a_rewind_took_back_is_left_out() {
    let place = Place::new();
    let mut events = vec![created(&place.project())];
    events.extend(exchange(1, "First", "One."));
    events.extend(exchange(2, "Second", "Two."));
    events.push(EventBody::Rewound { to: Seq(6) });
    events.extend(exchange(3, "Third", "Three."));
    keep(&place, 1, events);
    let ran = place.tau(&["sessions", "show"]).await;
    let entries = ran.assert_code(0).stdout.split("\n\n").skip(1).collect::<Vec<_>>().join("\n\n");
    insta::assert_snapshot!(entries, @r#"
         2 14:14:22  you
         First

         5 14:14:25  model
         One.

         6 14:14:26  run ended: completed

        12 14:14:32  went back to 6: 3 entries were taken back

        13 14:14:33  you
         Third

        16 14:14:36  model
         Three.

        17 14:14:37  run ended: completed
        "#);
    let context = place.tau(&["sessions", "show", "--context", "--output", "json"]).await.json();
    // Two prompts of five and six bytes with a frame of four tokens each, and not the one taken back.
    assert_eq!(context["estimated"]["user"], 2 * (4 + 2));
}

#[tokio::test]
async fn nothing_in_a_session_acts_on_the_terminal() {
    let place = Place::new();
    let evil = "\u{1b}]0;owned\u{7}\u{202e}gnp.exe\r";
    let tool = call("c1", &format!("read{evil}"), &json!({ "path": evil }).to_string());
    let said = [ContentBlock::text(evil), ContentBlock::ToolCall(tool.clone())];
    let result = finished("c1", ToolOutcome::Succeeded, evil);
    keep(&place, 1, [created(&place.project()), prompt(1, evil), replied(1, said), requested(tool), result]);
    for arguments in [&["sessions", "show"][..], &["sessions", "show", "--events"], &["sessions", "list"]] {
        let ran = place.tau(arguments).await;
        let acts = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert_eq!(ran.assert_code(0).stdout.chars().find(|c| acts(*c)), None, "{arguments:?}");
    }
}

#[tokio::test]
async fn a_session_is_named_by_the_beginning_of_its_id() {
    let place = Place::new();
    for number in [1, 2, 16] {
        keep(&place, number, exchange(1, &format!("Prompt {number}"), "."));
    }
    let whole = place.tau(&["sessions", "show", &id(2)]).await;
    assert!(whole.assert_code(0).stdout.contains("Prompt 2"));
    let upper = id(2).to_uppercase();
    assert_eq!(place.tau(&["sessions", "show", &upper]).await.stdout, whole.stdout);
    let telling = place.tau(&["sessions", "show", "01920000-0000-7000-8000-00000000001"]).await;
    assert!(telling.assert_code(0).stdout.contains("Prompt 16"));

    insta::assert_snapshot!(place.tau(&["sessions", "show", "0192"]).await.assert_code(2).stderr, @r#"
        × 3 sessions have an id that begins with "0192"
        help: give more of it:
              01920000-0000-7000-8000-000000000010
              01920000-0000-7000-8000-000000000002
              01920000-0000-7000-8000-000000000001
        "#);
    insta::assert_snapshot!(place.tau(&["sessions", "show", "nothing"]).await.assert_code(2).stderr, @r#"
        × no session has an id that begins with "nothing"
        help: `tau sessions list` shows the sessions there are
        "#);
    place.tau(&["sessions", "show", ""]).await.assert_code(2);
    let nowhere = Place::new();
    insta::assert_snapshot!(nowhere.tau(&["sessions", "show"]).await.assert_code(2).stderr, @r#"
        × there is no session yet: [TEMP]/home/.local/state/tau/sessions.db does not exist
        help: `tau sessions import` brings one in; --state-dir looks elsewhere
        "#);
}
