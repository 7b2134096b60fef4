//! Hooks as settings declare them.

use std::time::Duration;

use serde_json::{Value, json};
use tau_project::hooks::{HookDeclaration, HookEvent};
use tau_project::settings::SettingsFiles;
use tau_project::trust::Trust;
use tau_runtime::hooks::FailurePolicy;

use crate::tree::Tree;

fn declared(hooks: &Value) -> (Vec<HookDeclaration>, Vec<String>) {
    let tree = Tree::new(&[(".claude/settings.json", &json!({ "hooks": hooks }).to_string())]);
    let layers = SettingsFiles::of_project(&tree.root, &tree.root).read();
    let told = tree.told(&layers.findings).into_iter();
    let told = told.map(|line| line.replace(".claude/settings.json: ", "")).collect();
    (layers.effective(Trust::Trusted).hooks, told)
}

#[test]
fn every_event_of_the_reference_is_known_or_told_of() {
    let names = "SessionStart Setup UserPromptSubmit UserPromptExpansion PreToolUse PermissionRequest PermissionDenied \
        PostToolUse PostToolUseFailure PostToolBatch Notification MessageDisplay SubagentStart SubagentStop TaskCreated \
        TaskCompleted Stop StopFailure TeammateIdle InstructionsLoaded ConfigChange CwdChanged DirectoryAdded FileChanged \
        WorktreeCreate WorktreeRemove PreCompact PostCompact Elicitation ElicitationResult SessionEnd";
    let names: Vec<&str> = names.split_whitespace().collect();
    assert_eq!(names.len(), 31);
    for name in names {
        let (found, told) =
            declared(&json!({ name: [{ "hooks": [{ "type": "command", "command": "x" }] }] }));
        match HookEvent::of_name(name) {
            Some(event) => assert_eq!((found[0].event, told.len()), (event, 0), "{name}"),
            None => assert_eq!(told, [format!("`hooks.{name}` does not count: tau has no such event")]),
        }
    }
}

#[test]
fn handlers_have_times_and_policies() {
    let (found, told) = declared(&json!({
        "PreToolUse": [{ "matcher": "Bash", "hooks": [
            { "type": "command", "command": "a" },
            { "type": "command", "command": "b", "args": ["c d"], "timeout": 1.5, "on_failure": "block", "if": "Bash(rm *)" },
            { "type": "command", "command": "e", "async": true, "statusMessage": "..." }] }],
        "UserPromptSubmit": [{ "hooks": [{ "type": "command", "command": "a" }] }],
        "SessionEnd": [{ "matcher": "", "hooks": [{ "type": "command", "command": "a" }] }],
    }));
    assert_eq!(told, Vec::<String>::new());
    let shape = |hook: &HookDeclaration| (hook.shown(), hook.timeout, hook.on_failure, hook.is_detached);
    assert_eq!(
        found.iter().map(shape).collect::<Vec<_>>(),
        [
            ("a".to_owned(), Duration::from_mins(10), FailurePolicy::Continue, false),
            (r#""b" "c d""#.to_owned(), Duration::from_millis(1_500), FailurePolicy::Block, false),
            ("e".to_owned(), Duration::from_mins(10), FailurePolicy::Continue, true),
            ("a".to_owned(), Duration::from_millis(1_500), FailurePolicy::Continue, false),
            ("a".to_owned(), Duration::from_secs(30), FailurePolicy::Continue, false),
        ]
    );
}

#[test]
fn what_does_not_count_is_told_with_its_place() {
    let (found, told) = declared(&json!({
        "PreToolUse": [
            { "matcher": "Bash(", "hooks": [{ "type": "command", "command": "x", "if": "Bash([" }] },
            { "matcher": "mcp__memory|Bash", "hooks": [{ "type": "prompt", "prompt": "x" }] },
            { "matcher": 1, "hooks": [] },
            { "hooks": [{ "type": "command" }, { "type": "command", "command": "x", "timeout": -1, "on_failure": "maybe" }, 1] },
            { "hooks": [{ "type": "command", "command": "x", "shell": "powershell" }, { "type": "http", "url": "ftp://x" }] },
        ],
        "Stop": [{ "hooks": [{ "type": "command", "command": "x", "if": "Bash" }] }],
        "Foo": [],
        "SessionEnd": {},
    }));
    let expected = [
        "`hooks.Foo` is not known and does not count",
        "the matcher `Bash(` is not understood, so its hooks are asked about every call",
        "the permission rule `Bash([` is not understood: calls it could be about are asked about",
        "the matcher `mcp__memory` is compared letter by letter and no tool has such a name; write `mcp__memory__.*`",
        "`hooks.PreToolUse[1].hooks[0]` does not count: hooks are commands or servers here",
        "`hooks.PreToolUse[2].matcher` must be a text; it does not count",
        "`hooks.PreToolUse[3].hooks[0].command` must be a text; it does not count",
        "`hooks.PreToolUse[3].hooks[1].timeout` must be a number of seconds; it does not count",
        "`hooks.PreToolUse[3].hooks[1].on_failure` must be `block` or `allow`; it is taken for `block`; it does not count",
        "`hooks.PreToolUse[3].hooks[2]` must be an object; it does not count",
        "`hooks.PreToolUse[4].hooks[0].shell` does not count: commands run in bash",
        "`hooks.PreToolUse[4].hooks[1].url` must be an address of http or https; it does not count",
        "`hooks.SessionEnd` must be a list; it does not count",
        "`hooks.Stop[0].hooks[0].if` does not count: only events about calls have a condition",
    ];
    let told: Vec<&str> =
        told.iter().map(String::as_str).filter(|line| !line.contains("built without")).collect();
    let expected: Vec<&str> =
        expected.into_iter().filter(|line| cfg!(feature = "http") || !line.contains(".url`")).collect();
    assert_eq!(told, expected);
    assert_eq!(found.len(), 2);
}
