//! Names and arguments of other agents.

use serde_json::{Value, json};
use tau_core::{ToolArguments, ToolCall, ToolCallId};
use tau_tools::{OutputBounds, ToolContext, builtin, resolve_alias, tool_of_alias};

use std::sync::Arc;

use crate::support::memory;

const LOOP_TOOLS: [&str; 3] = ["ask_user", "task", "skill"];

fn call(name: &str, arguments: Value) -> ToolCall {
    ToolCall::new(ToolCallId::new("call"), name, ToolArguments::from(arguments))
}

fn resolved(name: &str, arguments: Value) -> Option<(String, Value)> {
    let tools = builtin::all();
    let has_tool = |name: &str| tools.get(name).is_some() || LOOP_TOOLS.contains(&name);
    let call = resolve_alias(&call(name, arguments), has_tool)?;
    Some((call.name, call.arguments.value().unwrap()))
}

#[test]
fn calls_of_other_agents_mean_the_tools_that_are_here() {
    let edit = json!({"old_string": "a", "new_string": "b"});
    let rows = [
        ("Read", json!({"file_path": "/r/a", "limit": 3}), "read", json!({"path": "/r/a", "limit": 3})),
        (
            "Write",
            json!({"file_path": "/r/a", "content": ""}),
            "write",
            json!({"path": "/r/a", "content": ""}),
        ),
        (
            "Edit",
            json!({"file_path": "/r/a", "old_string": "a", "new_string": "b", "replace_all": true}),
            "edit",
            json!({"path": "/r/a", "old_string": "a", "new_string": "b", "replace_all": true}),
        ),
        (
            "MultiEdit",
            json!({"file_path": "a", "edits": [edit]}),
            "edit",
            json!({"path": "a", "edits": [edit]}),
        ),
        (
            "Bash",
            json!({"command": "make", "timeout": 1_500, "run_in_background": true, "description": "Builds"}),
            "bash",
            json!({"command": "make", "timeout_seconds": 2, "background": true, "description": "Builds"}),
        ),
        (
            "Bash",
            json!({"command": "make", "timeout": 6_000_000}),
            "bash",
            json!({"command": "make", "timeout_seconds": 600}),
        ),
        ("BashOutput", json!({"bash_id": "3"}), "jobs", json!({"id": 3, "action": "output"})),
        ("KillShell", json!({"shell_id": "3"}), "jobs", json!({"id": 3, "action": "kill"})),
        ("Glob", json!({"pattern": "*"}), "glob", json!({"pattern": "*"})),
        (
            "Grep",
            json!({"pattern": "x", "-i": true, "-n": true, "-A": 2, "-B": 1, "output_mode": "files_with_matches", "head_limit": 9}),
            "grep",
            json!({"pattern": "x", "ignore_case": true, "context": 2, "output": "files", "limit": 9}),
        ),
        ("LS", json!({"path": "/r", "ignore": ["x"]}), "ls", json!({"path": "/r"})),
        (
            "WebFetch",
            json!({"url": "https://a.b", "prompt": "?"}),
            "web_fetch",
            json!({"url": "https://a.b"}),
        ),
        (
            "TodoWrite",
            json!({"todos": [{"content": "a", "status": "pending", "activeForm": "doing a"}]}),
            "todo",
            json!({"todos": [{"content": "a", "status": "pending"}]}),
        ),
        (
            "Task",
            json!({"description": "d", "prompt": "p", "subagent_type": "Explore"}),
            "task",
            json!({"prompt": "p", "agent": "Explore"}),
        ),
        ("Agent", json!({"prompt": "p"}), "task", json!({"prompt": "p"})),
        ("Skill", json!({"skill": "s", "args": "a"}), "skill", json!({"name": "s", "arguments": "a"})),
        (
            "AskUserQuestion",
            json!({"questions": [{"question": "Which?", "options": [{"label": "A", "description": ""}, {"label": "B"}]}]}),
            "ask_user",
            json!({"question": "Which?", "choices": ["A", "B"]}),
        ),
    ];
    for (name, arguments, tool, expected) in rows {
        assert_eq!(resolved(name, arguments), Some((tool.to_owned(), expected)), "{name}");
        assert_eq!(tool_of_alias(name), Some(tool));
    }
}

#[test]
fn what_is_there_is_never_taken_for_something_else() {
    for name in ["read", "bash", "Unknown", "readfile", "READ", ""] {
        assert_eq!(resolved(name, json!({"file_path": "a"})), None, "{name}");
    }
    let own = resolve_alias(&call("Read", json!({})), |name| ["read", "Read"].contains(&name));
    assert_eq!(own, None, "a tool of that very name is meant");
    assert_eq!(resolve_alias(&call("Read", json!({})), |_| false), None);
    let broken = ToolCall::new(ToolCallId::new("call"), "Read", ToolArguments::parse("{\"file_pa"));
    let broken = resolve_alias(&broken, |name| name == "read").unwrap();
    assert_eq!((broken.name.as_str(), broken.arguments.raw()), ("read", "{\"file_pa"));
    let both = resolved("Read", json!({"file_path": "a", "path": "b"})).unwrap().1;
    assert_eq!(both, json!({"file_path": "a", "path": "b"}), "the tool itself says what is wrong");
}

/// Whoever judges a call must see what runs, so running it resolves nothing.
#[tokio::test]
async fn running_a_call_resolves_no_name() {
    let tools = builtin::all();
    let context = ToolContext::new(Arc::new(memory([("a", b"a")])));
    let done = tools.run(&call("Read", json!({"file_path": "a"})), &context, OutputBounds::default()).await;
    assert!(done.result.is_error);
    assert_eq!(done.result.text(), "There is no tool `Read`; here it is `read`.");
}

#[test]
fn lists_of_tools_may_name_them_either_way() {
    let chosen = builtin::all().select(&["Grep".to_owned(), "read".to_owned(), "Read".to_owned()]).unwrap();
    assert_eq!(chosen.names().collect::<Vec<_>>(), ["read", "grep"]);
    assert!(builtin::standard().select(&["WebFetch".to_owned()]).is_err());
}
