//! The protocol: what commands read, and what their exit codes and words come to.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tau_core::event::{HookChange, HookDecision, HookPoint, HookSubject, HookVerdict};
use tau_core::{ContentBlock, SessionId, ToolArguments, ToolCall, ToolCallId, ToolResultBlock};
use tau_project::agents::AgentFolders;
use tau_project::hooks::{HookHost, ProjectHooks};
use tau_project::trust::Trust;
use tau_runtime::hooks::{HookAsk, Hooks};
use tau_runtime::kernel::SUBAGENT_KEY;

use crate::hooks_support::{Hooked, asked, context, deny, until, variables};
use crate::tree::Tree;

/// What one command at `PreToolUse` decides about a call of `bash`, and what is shown.
async fn check(command: &str, expected: HookDecision, shown: &[&str]) {
    let hooked = Hooked::command("PreToolUse", command);
    assert_eq!(hooked.bash("make").await, expected, "{command}");
    assert_eq!(hooked.shown(), shown, "{command}");
}

#[tokio::test]
async fn exit_codes_decide() {
    let nothing = HookDecision::default;
    check("exit 0", nothing(), &[]).await;
    check("echo plain words", nothing(), &[]).await;
    check("echo no >&2; exit 2", deny("no"), &[]).await;
    check(
        "echo '{\"hookSpecificOutput\":{\"permissionDecision\":\"allow\"}}'; echo no >&2; exit 2",
        deny("no"),
        &[],
    )
    .await;
    check("echo oops >&2; exit 1", nothing(), &["PreToolUse: it failed: exit code 1: oops"]).await;
    check("kill -9 $$", nothing(), &["PreToolUse: it failed: a signal ended it"]).await;
    let allow = HookDecision::new(HookVerdict::Allow, "");
    check("echo '{\"hookSpecificOutput\":{\"permissionDecision\":\"allow\"}}'; exit 1", allow, &[]).await;
}

#[tokio::test]
async fn a_script_that_is_not_there_blocks_nothing() {
    let hooked = Hooked::command("PreToolUse", "./no-such-script.sh");
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    let shown = hooked.shown();
    assert!(shown[0].starts_with("PreToolUse: it failed: exit code 127: "), "{shown:?}");
    let program = json!({ "type": "command", "command": "/no/such/program", "args": [] });
    let hooked = Hooked::new(&json!({ "PreToolUse": [{ "hooks": [program] }] }));
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    assert_eq!(hooked.shown(), ["PreToolUse: it failed: the command cannot be started: entity not found"]);
}

#[tokio::test]
async fn words_that_are_no_json_are_told() {
    for (said, expected) in [
        ("{not json", "its answer is no JSON: key must be a string at line 1 column 2"),
        ("{\"continue\": 1}", "it decided what is not possible there: `continue`"),
        ("{\"decision\": \"perhaps\"}", "it decided what is not possible there: `decision`"),
        ("{\"systemMessage\": []}", "it decided what is not possible there: systemMessage"),
        (
            "{\"hookSpecificOutput\": {\"permissionDecision\": \"later\"}}",
            "it decided what is not possible there: `permissionDecision`",
        ),
        (
            "{\"hookSpecificOutput\": {\"hookEventName\": \"Stop\"}}",
            "it decided what is not possible there: an answer to another event",
        ),
    ] {
        let hooked = Hooked::command("PreToolUse", &format!("echo '{said}'"));
        assert_eq!(hooked.bash("make").await, HookDecision::default(), "{said}");
        let shown = hooked.shown();
        assert!(shown[0].contains(expected), "{shown:?}");
    }
}

#[tokio::test]
async fn fields_of_json_decide() {
    let specific = |output: Value| format!("echo '{}'", json!({ "hookSpecificOutput": output }));
    let decided = |decision: &str| {
        specific(json!({ "permissionDecision": decision, "permissionDecisionReason": "why" }))
    };
    check(&decided("deny"), deny("why"), &[]).await;
    check(&decided("ask"), HookDecision::new(HookVerdict::Ask, "why"), &[]).await;
    check(&decided("defer"), HookDecision::new(HookVerdict::Ask, "why"), &[]).await;
    check(&decided("allow"), HookDecision::new(HookVerdict::Allow, "why"), &[]).await;
    check(r#"echo '{"decision": "block", "reason": "old"}'"#, deny("old"), &[]).await;
    check(
        r#"echo '{"decision": "approve", "reason": "old"}'"#,
        HookDecision::new(HookVerdict::Allow, "old"),
        &[],
    )
    .await;
    check(r#"echo '{"systemMessage": "Look."}'"#, HookDecision::default(), &["PreToolUse: Look."]).await;
    let said = context("A hook (PreToolUse) says:\nIt rains.");
    check(&specific(json!({ "additionalContext": "It rains." })), said, &[]).await;
    let change = |command: &str| HookChange::Arguments {
        arguments: ToolArguments::from(json!({ "command": command })),
    };
    let changed = HookDecision::default().with_change(change("make -n"));
    check(&specific(json!({ "updatedInput": { "command": "make -n" } })), changed, &[]).await;
}

#[tokio::test]
async fn a_hook_reads_what_the_reference_says() {
    let keep = "cat > given.json; pwd > pwd; echo \"$CLAUDE_PROJECT_DIR\" >> pwd";
    let hooked = Hooked::command("PreToolUse", keep);
    hooked.bash("make").await;
    let given = hooked.given("given.json");
    assert_eq!(given["hook_event_name"], "PreToolUse");
    assert_eq!((&given["tool_name"], &given["tool_use_id"]), (&json!("Bash"), &json!("c1")));
    assert_eq!(given["tool_input"], json!({ "command": "make" }));
    assert_eq!((&given["permission_mode"], &given["transcript_path"]), (&json!("default"), &json!("")));
    let root = hooked.tree.root.display().to_string();
    assert_eq!(given["cwd"], json!(root));
    assert_eq!(std::fs::read_to_string(hooked.tree.at("pwd")).unwrap(), format!("{root}\n{root}\n"));

    let path = |name: &str| hooked.tree.at(name).display().to_string();
    let inputs = [
        ("read", json!({"path": "a/../b.rs"}), "Read", json!({"file_path": path("b.rs")})),
        ("write", json!({"path": "/x", "content": "c"}), "Write", json!({"file_path": "/x", "content": "c"})),
        (
            "edit",
            json!({"path": "x", "old_string": "a", "new_string": "b"}),
            "Edit",
            json!({"file_path": path("x"), "old_string": "a", "new_string": "b"}),
        ),
        (
            "bash",
            json!({"command": "x", "timeout_seconds": 2, "background": true}),
            "Bash",
            json!({"command": "x", "timeout": 2000.0, "run_in_background": true}),
        ),
        (
            "task",
            json!({"prompt": "p"}),
            "Agent",
            json!({"prompt": "p", "description": "", "subagent_type": "general-purpose"}),
        ),
        ("skill", json!({"name": "pdf"}), "Skill", json!({"skill": "pdf"})),
        ("jobs", json!({"action": "kill", "id": 3}), "KillShell", json!({"shell_id": "3"})),
        (
            "grep",
            json!({"pattern": "x", "ignore_case": true, "limit": 3}),
            "Grep",
            json!({"pattern": "x", "-i": true, "head_limit": 3, "output_mode": "content"}),
        ),
        ("mcp__git__log", json!({"n": 1}), "mcp__git__log", json!({"n": 1})),
    ];
    for (tool, arguments, name, input) in inputs {
        hooked.ask(&hooked.call(HookPoint::BeforeTool, tool, &arguments)).await;
        let given = hooked.given("given.json");
        assert_eq!((&given["tool_name"], &given["tool_input"]), (&json!(name), &input));
    }
}

#[tokio::test]
async fn a_changed_input_comes_back_in_the_tools_own_words() {
    let update = r#"echo '{"hookSpecificOutput":{"updatedInput":{"file_path":"/safe","content":"c"}}}'"#;
    let hooked = Hooked::command("PreToolUse", update);
    let decision =
        hooked.ask(&hooked.call(HookPoint::BeforeTool, "write", &json!({"path": "x", "content": "c"}))).await;
    let arguments = ToolArguments::from(json!({"path": "/safe", "content": "c"}));
    assert_eq!(decision.change, Some(HookChange::Arguments { arguments }));
}

/// Which of the matchers are asked about a call.
#[tokio::test]
async fn tools_are_known_by_the_names_of_others() {
    let matchers =
        ["Bash", "bash", "Edit|Write", "Task", "Agent", "mcp__git__.*", "^(?!mcp__)", "*", "ApplyPatch"];
    let group = |matcher: &&str| {
        let command = format!("echo '{matcher}' >> asked");
        json!({ "matcher": matcher, "hooks": [{ "type": "command", "command": command }] })
    };
    let hooked = Hooked::new(&json!({ "PreToolUse": matchers.iter().map(group).collect::<Vec<_>>() }));
    let patch = "*** Begin Patch\n*** Add File: a\n+x\n*** End Patch";
    for (tool, arguments, expected) in [
        ("bash", json!({"command": "x"}), vec!["*", "Bash", "^(?!mcp__)", "bash"]),
        ("edit", json!({"path": "x"}), vec!["*", "Edit|Write", "^(?!mcp__)"]),
        ("task", json!({"prompt": "x"}), vec!["*", "Agent", "Task", "^(?!mcp__)"]),
        ("mcp__git__log", json!({}), vec!["*", "mcp__git__.*"]),
        ("apply_patch", json!({"patch": patch}), vec!["*", "ApplyPatch", "Edit|Write", "^(?!mcp__)"]),
        ("read", json!({"path": "x"}), vec!["*", "^(?!mcp__)"]),
    ] {
        hooked.ask(&hooked.call(HookPoint::BeforeTool, tool, &arguments)).await;
        let asked = std::fs::read_to_string(hooked.tree.at("asked")).unwrap();
        std::fs::remove_file(hooked.tree.at("asked")).unwrap();
        let mut asked: Vec<&str> = asked.lines().collect();
        asked.sort_unstable();
        assert_eq!(asked, expected, "{tool}");
    }
}

#[tokio::test]
async fn a_guard_of_files_sees_each_file_of_a_patch_and_each_edit() {
    let guard = r#"grep -q '"file_path":"[^"]*\.env"' && { echo secret >&2; exit 2; }; exit 0"#;
    let hooked = Hooked::new(
        &json!({ "PreToolUse": [{ "matcher": "Edit|Write", "hooks": [{ "type": "command", "command": guard }] }] }),
    );
    let patch = |files: &[&str]| {
        let files: String =
            files.iter().map(|file| format!("*** Update File: {file}\n@@\n-a\n+b\n")).collect();
        json!({ "patch": format!("*** Begin Patch\n{files}*** End Patch") })
    };
    let asked = |tool: &str, arguments: Value| hooked.call(HookPoint::BeforeTool, tool, &arguments);
    assert_eq!(hooked.ask(&asked("apply_patch", patch(&["a", "b"]))).await, HookDecision::default());
    assert_eq!(hooked.ask(&asked("apply_patch", patch(&["a", ".env", "b"]))).await, deny("secret"));
    assert_eq!(hooked.ask(&asked("write", json!({"path": "x/../.env"}))).await, deny("secret"));
    let many: Vec<String> = (0..100).map(|index| format!("f{index}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let decision = hooked.ask(&asked("apply_patch", patch(&many))).await;
    assert_eq!(decision.verdict, HookVerdict::Deny, "what cannot be looked at does not run");

    let guard = r#"grep -q '"new_string":"evil"' && exit 2; exit 0"#;
    let hooked = Hooked::new(
        &json!({ "PreToolUse": [{ "matcher": "Edit", "hooks": [{ "type": "command", "command": guard }] }] }),
    );
    let edit = |new: &str| json!({"path": "x", "edits": [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": new}]});
    let asked = |new: &str| hooked.call(HookPoint::BeforeTool, "edit", &edit(new));
    assert_eq!(hooked.ask(&asked("fine")).await, HookDecision::default());
    assert_eq!(hooked.ask(&asked("evil")).await, deny(""));
}

#[tokio::test]
async fn a_condition_is_a_permission_rule() {
    let hook = json!({ "type": "command", "command": "exit 2", "if": "Bash(git push *)" });
    let hooked = Hooked::new(&json!({ "PreToolUse": [{ "matcher": "Bash", "hooks": [hook] }] }));
    for (command, expected) in [
        ("git push origin", HookVerdict::Deny),
        ("make && git push origin", HookVerdict::Deny),
        ("sudo git push origin", HookVerdict::Deny),
        ("git pull", HookVerdict::Continue),
    ] {
        assert_eq!(hooked.bash(command).await.verdict, expected, "{command}");
    }
}

#[tokio::test]
async fn one_that_takes_too_long_is_ended_with_all_it_started() {
    let hook =
        json!({ "type": "command", "command": "sleep 300 & echo $! > pid; sleep 300", "timeout": 0.5 });
    let hooked = Hooked::new(&json!({ "PreToolUse": [{ "hooks": [hook] }] }));
    let start = Instant::now();
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    assert!(start.elapsed() < Duration::from_secs(10));
    assert_eq!(hooked.shown(), ["PreToolUse: it took too long"]);
    gone(&hooked.tree).await;
}

#[tokio::test]
async fn what_one_leaves_in_the_background_is_ended_too() {
    let hooked = Hooked::command("PreToolUse", "sleep 300 & echo $! > pid");
    let start = Instant::now();
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    assert!(start.elapsed() < Duration::from_secs(10), "the pipe that it holds is not waited for");
    gone(&hooked.tree).await;
}

#[tokio::test]
async fn one_that_nobody_waits_for_any_more_is_ended() {
    let hooked = Hooked::command("PreToolUse", "echo $$ > pid; sleep 300");
    let asked = hooked.bash("make");
    let has_begun = until("it begins", || {
        std::fs::read_to_string(hooked.tree.at("pid")).is_ok_and(|pid| pid.ends_with('\n'))
    });
    tokio::select! {
        _ = asked => panic!("it sleeps"),
        () = has_begun => {}
    }
    gone(&hooked.tree).await;
}

/// Waits until the process whose id is in the file `pid` is gone, or a zombie.
async fn gone(tree: &Tree) {
    let pid = std::fs::read_to_string(tree.at("pid")).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    until("it is gone", || std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))).await;
}

#[tokio::test]
async fn one_that_says_too_much_fails_and_is_read_to_its_end() {
    let hooked =
        Hooked::command("PreToolUse", "printf '{'; head -c 5000000 /dev/zero | tr '\\0' x; echo done > done");
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    assert_eq!(hooked.shown(), ["PreToolUse: it failed: it said too much"]);
    assert!(hooked.tree.at("done").exists());
}

#[tokio::test]
async fn one_need_not_read_what_it_is_told() {
    let hooked = Hooked::command("UserPromptSubmit", "exec <&-; echo seen");
    let prompt = "x".repeat(1 << 20);
    let decision = hooked.ask(&hooked.words(HookPoint::BeforePrompt, &prompt)).await;
    assert_eq!(decision, context("A hook (UserPromptSubmit) says:\nseen"));
}

#[tokio::test]
async fn twenty_are_asked_at_once_and_one_denial_counts() {
    let hooks: Vec<Value> = (0..20)
        .map(|index| {
            // None ends before all have begun.
            let wait = "while [ $(ls begun | wc -l) -lt 20 ]; do sleep 0.02; done";
            let end = match index {
                13 => "echo 'not 13' >&2; exit 2",
                7 => r#"echo '{"hookSpecificOutput":{"permissionDecision":"allow"}}'"#,
                _ => "exit 0",
            };
            let command = format!("mkdir -p begun; touch begun/{index}; {wait}; {end}");
            json!({ "type": "command", "command": command, "timeout": 60 })
        })
        .collect();
    let hooked = Hooked::new(&json!({ "PreToolUse": [{ "hooks": hooks }] }));
    assert_eq!(hooked.bash("make").await, deny("not 13"));
    assert_eq!(hooked.shown(), Vec::<String>::new());
}

#[tokio::test]
async fn the_same_handler_is_asked_once() {
    let hook = json!({ "type": "command", "command": "echo x >> asked" });
    let group = |matcher: &str| json!({ "matcher": matcher, "hooks": [hook, hook] });
    let hooked = Hooked::new(&json!({ "PreToolUse": [group("Bash"), group("*"), group("Read")] }));
    hooked.bash("make").await;
    assert_eq!(std::fs::read_to_string(hooked.tree.at("asked")).unwrap(), "x\n");
}

#[tokio::test]
async fn a_guard_fails_closed() {
    for (command, expected) in [
        ("exit 0", None),
        ("exit 1", Some("it failed: exit code 1")),
        ("exit 127", Some("it failed: exit code 127")),
        ("echo '{'", Some("its answer is no JSON")),
        ("sleep 60", Some("it took too long")),
    ] {
        let hook = json!({ "type": "command", "command": command, "timeout": 1, "on_failure": "block" });
        let hooked = Hooked::new(&json!({ "PreToolUse": [{ "hooks": [hook] }] }));
        let decision = hooked.bash("make").await;
        match expected {
            None => assert_eq!(decision, HookDecision::default()),
            Some(words) => {
                assert_eq!(decision.verdict, HookVerdict::Deny, "{command}");
                assert!(
                    decision.message.starts_with(&format!("The hook `{command}` guards this, and")),
                    "{decision:?}"
                );
                assert!(decision.message.contains(words), "{decision:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_guard_is_asked_about_what_others_made_of_a_call() {
    let change = r#"echo '{"hookSpecificOutput":{"updatedInput":{"command":"rm -rf /"}}}'"#;
    let guard = "grep -q 'rm -rf' && { echo 'not that' >&2; exit 2; }; exit 0";
    let hooks = json!([
        { "type": "command", "command": guard, "on_failure": "block" },
        { "type": "command", "command": change },
    ]);
    let hooked = Hooked::new(&json!({ "PreToolUse": [{ "hooks": hooks }] }));
    let decision = hooked.bash("make").await;
    assert_eq!((decision.verdict, decision.message.as_str()), (HookVerdict::Deny, "not that"));
}

#[tokio::test]
async fn results_are_judged_when_they_are_there() {
    let say = |event: &str, output: Value| (event.to_owned(), format!("cat > given.json; echo '{output}'"));
    let specific = |output: Value| json!({ "hookSpecificOutput": output });
    for ((event, command), is_error, expected) in [
        (
            say("PostToolUse", json!({"decision": "block", "reason": "Lint."})),
            false,
            context("A hook (PostToolUse) says:\nLint."),
        ),
        (say("PostToolUse", json!({"decision": "block", "reason": "Lint."})), true, HookDecision::default()),
        (
            ("PostToolUse".to_owned(), "echo bad >&2; exit 2".to_owned()),
            false,
            context("A hook (PostToolUse) says:\nbad"),
        ),
        (
            say("PostToolUse", specific(json!({"updatedToolOutput": {"stdout": "[removed]"}}))),
            false,
            HookDecision::default().with_change(HookChange::Result {
                content: vec![ToolResultBlock::text("[removed]")],
                is_error: false,
            }),
        ),
        (
            say("PostToolUseFailure", specific(json!({"additionalContext": "Try again."}))),
            true,
            context("A hook (PostToolUseFailure) says:\nTry again."),
        ),
    ] {
        let hooked = Hooked::command(&event, &command);
        let mut ask = hooked.call(HookPoint::AfterTool, "bash", &json!({"command": "x"}));
        ask.result.as_mut().unwrap().is_error = is_error;
        assert_eq!(hooked.ask(&ask).await, expected, "{event} {command}");
    }
    let hooked = Hooked::command("PostToolUse", "cat > given.json");
    hooked.ask(&hooked.call(HookPoint::AfterTool, "bash", &json!({"command": "x"}))).await;
    let response =
        json!({"content": "what it gave", "stdout": "what it gave", "stderr": "", "interrupted": false});
    assert_eq!(hooked.given("given.json")["tool_response"], response);
}

#[tokio::test]
async fn prompts_starts_and_stops_have_their_own_answers() {
    let hooked = Hooked::command(
        "UserPromptSubmit",
        "grep -q secret && { echo 'No secrets.' >&2; exit 2; }; echo It rains.",
    );
    let decision = hooked.ask(&hooked.words(HookPoint::BeforePrompt, "a secret")).await;
    assert_eq!(decision, deny("No secrets."));
    let decision = hooked.ask(&hooked.words(HookPoint::BeforePrompt, "hi")).await;
    assert_eq!(decision, context("A hook (UserPromptSubmit) says:\nIt rains."));

    let hooks = json!({ "SessionStart": [
        { "matcher": "startup", "hooks": [{ "type": "command", "command": "echo new" }] },
        { "matcher": "resume", "hooks": [{ "type": "command", "command": "echo again" }] },
        { "matcher": "compact", "hooks": [{ "type": "command", "command": "echo shorter" }] },
    ]});
    let hooked = Hooked::new(&hooks);
    let mut ask = hooked.at(HookPoint::SessionStarted);
    assert_eq!(hooked.ask(&ask).await, context("A hook (SessionStart) says:\nnew"));
    ask.seq.0 = 9;
    assert_eq!(hooked.ask(&ask).await, context("A hook (SessionStart) says:\nagain"));
    ask.point = HookPoint::AfterCompaction;
    assert_eq!(hooked.ask(&ask).await, context("A hook (SessionStart) says:\nshorter"));

    let hooked = Hooked::command(
        "PermissionRequest",
        r#"echo '{"hookSpecificOutput":{"decision":{"behavior":"allow"}}}'"#,
    );
    let ask = hooked.call(HookPoint::PermissionRequested, "bash", &json!({"command": "x"}));
    assert_eq!(hooked.ask(&ask).await, HookDecision::new(HookVerdict::Allow, ""));
    let other =
        r#"echo '{"hookSpecificOutput":{"decision":{"behavior":"allow","updatedInput":{"command":"y"}}}}'"#;
    let hooked = Hooked::command("PermissionRequest", other);
    assert_eq!(
        hooked.ask(&ask).await,
        HookDecision::default(),
        "another call is not what a person would be asked about"
    );
}

#[tokio::test]
async fn a_hook_that_always_keeps_a_run_from_ending_gives_up() {
    let hooked = Hooked::command("Stop", "cat > given.json; echo 'Test.' >&2; exit 2");
    let ask = hooked.words(HookPoint::BeforeStop, "Done.");
    for kept in 0..8 {
        assert_eq!(hooked.ask(&ask).await, deny("Test."));
        let given = hooked.given("given.json");
        assert_eq!(given["stop_hook_active"], json!(kept > 0));
        assert_eq!(given["last_assistant_message"], "Done.");
    }
    assert_eq!(hooked.ask(&ask).await.verdict, HookVerdict::Continue);
}

#[tokio::test]
async fn a_hook_can_end_the_run() {
    let stop = r#"echo '{"continue": false, "stopReason": "Enough."}'"#;
    let hooked = Hooked::command("PostToolUse", stop);
    assert!(!hooked.hooks.points().contains(&HookPoint::BeforeModel));
    hooked.ask(&hooked.call(HookPoint::AfterTool, "bash", &json!({"command": "x"}))).await;
    assert!(hooked.hooks.points().contains(&HookPoint::BeforeModel));
    assert_eq!(hooked.ask(&hooked.at(HookPoint::BeforeModel)).await, deny("Enough."));
    assert_eq!(hooked.ask(&hooked.at(HookPoint::BeforeModel)).await, HookDecision::default(), "once");

    let hooked = Hooked::command("PreToolUse", stop);
    assert_eq!(hooked.bash("x").await, deny("Enough."));
    assert_eq!(hooked.ask(&hooked.at(HookPoint::BeforeModel)).await, deny("Enough."));
    let hooked = Hooked::command("Stop", stop);
    assert_eq!(hooked.ask(&hooked.words(HookPoint::BeforeStop, "Done.")).await, HookDecision::default());
}

#[tokio::test]
async fn subagents_have_their_own_start_and_stop() {
    let command = |word: &str| json!([{ "hooks": [{ "type": "command", "command": format!("cat > given.json; echo {word} >&2; exit 2") }] }]);
    let hooks = json!({
        "SessionStart": command("session"), "SubagentStart": [{ "matcher": "reviewer", "hooks": [{
            "type": "command", "command": r#"echo '{"hookSpecificOutput":{"additionalContext":"Be strict."}}'"# }] }],
        "Stop": command("stop"), "SubagentStop": command("subagent"), "UserPromptSubmit": command("prompt"),
        "PreToolUse": command("tool"), "SessionEnd": command("end"),
    });
    let hooked = Hooked::new(&hooks);
    let below = hooked.hooks.below(SessionId::generate());
    let points = [HookPoint::SessionStarted, HookPoint::BeforeTool, HookPoint::BeforeStop];
    assert_eq!(below.points().into_iter().collect::<Vec<_>>(), points);
    let mut ask = hooked.at(HookPoint::SessionStarted);
    assert_eq!(asked(&*below, &ask).await, HookDecision::default(), "it is no reviewer");
    ask.metadata.insert(SUBAGENT_KEY.to_owned(), "reviewer".to_owned());
    assert_eq!(asked(&*below, &ask).await, context("A hook (SubagentStart) says:\nBe strict."));
    let ask = hooked.words(HookPoint::BeforeStop, "Done.");
    assert_eq!(asked(&*below, &ask).await, deny("subagent"));
    let given = hooked.given("given.json");
    assert_eq!(
        (&given["hook_event_name"], &given["agent_type"]),
        (&json!("SubagentStop"), &json!("general-purpose"))
    );
    assert_eq!(given["agent_id"], given["session_id"]);
    assert_eq!(hooked.ask(&ask).await, deny("stop"));
}

#[tokio::test]
async fn long_context_is_bounded() {
    let hooked = Hooked::command("UserPromptSubmit", "head -c 300000 /dev/zero | tr '\\0' x");
    let decision = hooked.ask(&hooked.words(HookPoint::BeforePrompt, "hi")).await;
    let length = decision.context.iter().filter_map(ContentBlock::as_text).map(str::len).sum::<usize>();
    assert!((9_000..11_000).contains(&length), "{length}");
}

#[tokio::test]
async fn one_that_is_detached_is_not_waited_for_and_ends_with_the_hooks() {
    let hook = json!({ "type": "command", "command": "echo $$ > pid; sleep 300", "async": true });
    let hooked = Hooked::new(&json!({ "PreToolUse": [{ "hooks": [hook] }] }));
    let start = Instant::now();
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    assert!(start.elapsed() < Duration::from_secs(10));
    until("it begins", || {
        std::fs::read_to_string(hooked.tree.at("pid")).is_ok_and(|pid| pid.ends_with('\n'))
    })
    .await;
    let Hooked { tree, hooks, .. } = hooked;
    drop(hooks);
    gone(&tree).await;
}

#[tokio::test]
async fn variables_of_settings_are_not_printed() {
    let hooked = Hooked::command("Stop", "true");
    assert!(!format!("{:?}", hooked.hooks).contains("/usr/bin"));
}

#[tokio::test]
async fn what_is_said_of_each_part_of_a_call_is_told() {
    let patch =
        json!({ "patch": "*** Begin Patch\n*** Update File: a\n@@\n*** Update File: b\n@@\n*** End Patch" });
    let hook = |event: &str, command: &str| {
        Hooked::new(
            &json!({ event: [{ "matcher": "Edit", "hooks": [{ "type": "command", "command": command }] }] }),
        )
    };
    let lint = r#"grep -o '"file_path":"[^"]*"' | sed 's/.*\///; s/"$/ is not formatted/' >&2; exit 2"#;
    let hooked = hook("PostToolUse", lint);
    let decision = hooked.ask(&hooked.call(HookPoint::AfterTool, "apply_patch", &patch)).await;
    let told: Vec<&str> = decision.context.iter().filter_map(ContentBlock::as_text).collect();
    let says = |file: &str| format!("A hook (PostToolUse) says:\n{file} is not formatted");
    assert_eq!(told, [says("a"), says("b")]);

    let stop = r#"if grep -q '"file_path":"[^"]*/b"'; then echo '{"continue": false, "stopReason": "b is frozen"}'; fi"#;
    let hooked = hook("PreToolUse", stop);
    let decision = hooked.ask(&hooked.call(HookPoint::BeforeTool, "apply_patch", &patch)).await;
    assert_eq!(decision, deny("b is frozen"), "whichever part it is said of");

    let long = r#"head -c 9000 /dev/zero | tr '\0' x >&2; grep -o '"file_path":"[^"]*"' >&2; exit 2"#;
    let hooked = hook("PostToolUse", long);
    let files: String = (0..20).map(|file| format!("*** Update File: {file}\n@@\n")).collect();
    let patch = json!({ "patch": format!("*** Begin Patch\n{files}*** End Patch") });
    let decision = hooked.ask(&hooked.call(HookPoint::AfterTool, "apply_patch", &patch)).await;
    let told: Vec<&str> = decision.context.iter().filter_map(ContentBlock::as_text).collect();
    assert_eq!(told.last(), Some(&"Hooks say more, which is left out."));
    assert!(told.len() < 9 && told.iter().map(|text| text.len()).sum::<usize>() < 61_000, "{}", told.len());
}

#[tokio::test]
async fn hooks_of_an_agent_are_asked_while_it_works_and_of_nobody_else() {
    let agent = "---\nname: reviewer\ndescription: d\nhooks:\n  PreToolUse:\n    - matcher: Bash\n      hooks:\n        \
                 - {type: command, command: \"echo reviewers run nothing >&2; exit 2\"}\n  Stop:\n    - hooks:\n        \
                 - {type: command, command: \"echo more >&2; exit 2\"}\n---\nReview.\n";
    let tree = Tree::new(&[(".claude/agents/reviewer.md", agent)]);
    let agents = AgentFolders::of_project(&tree.root, &tree.root).read();
    assert_eq!(tree.told(&agents.findings), Vec::<String>::new());
    assert_eq!(agents.hooks(Trust::Unknown).count(), 0, "a project's need trust");
    let host = HookHost::new(&tree.root, variables());
    let hooks = ProjectHooks::new(agents.hooks(Trust::Trusted).collect(), host);
    assert!(hooks.points().is_empty(), "the session has none");
    let below = hooks.below(SessionId::generate());
    let call = ToolCall::new(ToolCallId::new("c"), "bash", ToolArguments::from(json!({"command": "ls"})));
    for (kind, expected) in [("reviewer", deny("reviewers run nothing")), ("other", HookDecision::default())]
    {
        let about = HookSubject::Call { call_id: call.id.clone() };
        let mut ask = HookAsk::new(HookPoint::BeforeTool, SessionId::generate(), about);
        ask.call = Some(call.clone());
        ask.metadata.insert(SUBAGENT_KEY.to_owned(), kind.to_owned());
        assert_eq!(asked(&*below, &ask).await, expected, "{kind}");
    }
    assert!(below.points().contains(&HookPoint::BeforeStop), "its end is that of a subagent");
}
