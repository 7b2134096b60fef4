//! Hooks in sessions: the driver asks them, a scripted model works, tools are real.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tau_agent::Agent;
use tau_core::ContentBlock;
use tau_core::config::{Config, PermissionConfig, PermissionMode, ProviderConfig};
use tau_core::event::{AgentProfile, EventBody, Seq, SessionConfig};
use tau_runtime::{Session, SessionOptions, Update, loop_tools};
use tau_testkit::{ModelServer, Reply};
use tau_tools::builtin;
use tau_tools::environment::LocalEnvironment;
use tokio_util::sync::CancellationToken;

use crate::hooks_support::{Hooked, variables};
use crate::tree::Tree;

/// What came of a run.
struct Ran {
    hooked: Hooked,
    /// The messages of each request to the model, as `role: content`.
    requests: Vec<Vec<String>>,
    /// The kinds of the session's events with what matters, in order.
    events: Vec<EventBody>,
}

fn bypass() -> PermissionConfig {
    let mut permissions = PermissionConfig::default();
    permissions.mode = Some(PermissionMode::Bypass);
    permissions
}

fn command(command: &str) -> Value {
    json!([{ "hooks": [{ "type": "command", "command": command, "timeout": 20 }] }])
}

/// Runs one prompt with the model's replies to its end, and ends the session.
async fn run(tree: Tree, hooks: &Value, permissions: PermissionConfig, replies: Vec<Reply>) -> Ran {
    let hooked = Hooked::of(tree, hooks);
    let server = ModelServer::with_replies(replies).await.unwrap();
    let mut config = Config::default();
    config.providers.insert("test".to_owned(), ProviderConfig::new(server.base_url()));
    let agent = Agent::new(&config.resolve("test/m").unwrap()).unwrap();
    let mut config = SessionConfig::new("test/m");
    config.system = "Be brief.".to_owned();
    config.permissions = permissions;
    config.agents.insert("reviewer".to_owned(), AgentProfile::new("Reviews."));
    config.tools = vec![loop_tools::task(&config.agents)];
    let environment = LocalEnvironment::new(&hooked.tree.root).unwrap().with_env(variables());
    let mut options = SessionOptions::new(config, agent, builtin::standard(), Arc::new(environment));
    options.hooks = Some(Arc::new(hooked.hooks.clone()));
    let (session, handle) = Session::new(options);
    let mut updates = handle.subscribe(Seq::default());
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(session.run(shutdown.clone()));
    handle.prompt([ContentBlock::text("Work")]).await.unwrap();
    let mut events = Vec::new();
    let followed = async {
        while let Some(update) = updates.next().await {
            if let Update::Event(event) = update {
                events.push(event.body.clone());
                if matches!(event.body, EventBody::RunFinished { .. }) {
                    break;
                }
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), followed).await.unwrap();
    shutdown.cancel();
    task.await.unwrap().unwrap();
    hooked.hooks.ended().await;
    let requests = server.requests().iter().map(|request| messages(&request.json())).collect();
    Ran { hooked, requests, events }
}

fn messages(body: &Value) -> Vec<String> {
    let messages = body["messages"].as_array().unwrap().iter();
    let text = |content: &Value| match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            blocks.iter().filter_map(|block| block["text"].as_str()).collect::<Vec<_>>().join(" | ")
        }
        _ => "-".to_owned(),
    };
    messages
        .map(|message| format!("{}: {}", message["role"].as_str().unwrap(), text(&message["content"])))
        .collect()
}

impl Ran {
    fn results(&self) -> Vec<String> {
        let result = |event: &EventBody| match event {
            EventBody::ToolFinished { result, .. } => Some(result.text()),
            _ => None,
        };
        self.events.iter().filter_map(result).collect()
    }

    fn outcome(&self) -> String {
        let Some(EventBody::RunFinished { outcome, .. }) = self.events.last() else {
            panic!("it did not end")
        };
        format!("{outcome:?}")
    }
}

fn bash(script: &str) -> Reply {
    Reply::tool_calls([("c1", "bash", json!({ "command": script }).to_string().as_str())])
}

#[tokio::test]
async fn a_real_script_denies_a_call_and_the_model_goes_on() {
    let tree = Tree::new(&[]);
    tree.script(
        ".claude/hooks/guard.sh",
        "grep -q 'touch made' && { echo 'Make nothing.' >&2; exit 2; }\nexit 0",
    );
    let hooks = json!({ "PreToolUse": [{ "matcher": "Bash", "hooks": [
        { "type": "command", "command": "\"$CLAUDE_PROJECT_DIR\"/.claude/hooks/guard.sh" }] }] });
    let ran =
        run(tree, &hooks, bypass(), vec![bash("touch made"), bash("touch other"), Reply::text("Done.")])
            .await;
    assert!(!ran.hooked.tree.at("made").exists());
    assert!(ran.hooked.tree.at("other").exists());
    assert_eq!(ran.results()[0], "Not run: a hook does not allow this call. It said: Make nothing.");
    assert_eq!(ran.outcome(), "Completed");
}

#[tokio::test]
async fn what_a_hook_allows_rules_can_still_deny() {
    let allow = r#"echo '{"hookSpecificOutput":{"permissionDecision":"allow"}}'"#;
    let hooks = json!({ "PreToolUse": command(allow), "PermissionRequest": command("echo asked >> asked") });
    let mut permissions = PermissionConfig::default();
    permissions.deny = vec!["Bash(touch denied)".to_owned()];
    let replies = vec![bash("touch allowed"), bash("touch denied"), Reply::text("Done.")];
    let ran = run(Tree::new(&[]), &hooks, permissions, replies).await;
    assert!(ran.hooked.tree.at("allowed").exists(), "{:?}", ran.results());
    assert!(!ran.hooked.tree.at("denied").exists(), "{:?}", ran.results());
}

#[tokio::test]
async fn a_hook_that_rewrites_a_call_into_one_that_is_denied_gains_nothing() {
    let rewrite = r#"echo '{"hookSpecificOutput":{"permissionDecision":"allow","updatedInput":{"command":"touch denied"}}}'"#;
    let mut permissions = bypass();
    permissions.deny = vec!["Bash(touch denied)".to_owned()];
    let replies = vec![bash("touch fine"), Reply::text("Done.")];
    let ran = run(Tree::new(&[]), &json!({ "PreToolUse": command(rewrite) }), permissions, replies).await;
    assert!(
        !ran.hooked.tree.at("denied").exists() && !ran.hooked.tree.at("fine").exists(),
        "{:?}",
        ran.results()
    );
}

#[tokio::test]
async fn what_hooks_add_reaches_the_model_at_its_place() {
    let hooks = json!({
        "SessionStart": command("echo The branch is main."),
        "UserPromptSubmit": command("echo It rains."),
        "PostToolUse": command(r#"echo '{"decision":"block","reason":"Lint it."}'"#),
        "Stop": command("test -e stopped && exit 0; touch stopped; echo 'Test it.' >&2; exit 2"),
    });
    let replies = vec![bash("echo hi"), Reply::text("Done."), Reply::text("Tested.")];
    let ran = run(Tree::new(&[]), &hooks, bypass(), replies).await;
    assert_eq!(ran.outcome(), "Completed");
    let asked = |index: usize| ran.requests[index].join("\n");
    assert!(asked(0).contains("A hook (SessionStart) says:\nThe branch is main."), "{}", asked(0));
    assert!(asked(0).contains("A hook (UserPromptSubmit) says:\nIt rains."), "{}", asked(0));
    assert!(asked(1).contains("A hook (PostToolUse) says:\nLint it."), "{}", asked(1));
    assert!(asked(2).contains("Test it."), "{}", asked(2));
    assert!(asked(2).starts_with(&asked(1)), "what was sent stays as it was");
}

#[tokio::test]
async fn hooks_are_asked_inside_subagents() {
    let hooks = json!({
        "PreToolUse": command("echo call >> calls"),
        "SubagentStart": [
            { "matcher": "reviewer", "hooks": [{ "type": "command",
                "command": r#"echo '{"hookSpecificOutput":{"additionalContext":"Be strict."}}'"# }] },
            { "matcher": "general-purpose", "hooks": [{ "type": "command", "command": "touch general" }] }],
        "SubagentStop": command("cat >> stops; echo >> stops"),
        "PostToolUse": [{ "matcher": "Task", "hooks": [{ "type": "command", "command": "cat > task" }] }],
        "UserPromptSubmit": command("echo prompt >> prompts"),
        "SessionStart": command("echo start >> starts"),
    });
    let replies = vec![
        Reply::tool_calls([("t1", "task", r#"{"prompt":"Look","agent":"reviewer"}"#)]),
        bash("echo in the subagent"),
        Reply::text("Looked."),
        Reply::text("Done."),
    ];
    let ran = run(Tree::new(&[]), &hooks, bypass(), replies).await;
    let file = |name: &str| std::fs::read_to_string(ran.hooked.tree.at(name)).unwrap();
    assert_eq!(ran.outcome(), "Completed");
    assert_eq!(file("calls"), "call\ncall\n", "the call of the subagent, and the one that started it");
    assert_eq!(
        (file("prompts"), file("starts")),
        ("prompt\n".to_owned(), "start\n".to_owned()),
        "of the session alone"
    );
    assert!(
        ran.requests[1].join("\n").contains("A hook (SubagentStart) says:\nBe strict."),
        "{:?}",
        ran.requests[1]
    );
    let stop: Value = serde_json::from_str(file("stops").trim()).unwrap();
    assert_eq!(
        (&stop["hook_event_name"], &stop["last_assistant_message"]),
        (&json!("SubagentStop"), &json!("Looked."))
    );
    assert!(!ran.hooked.tree.at("general").exists(), "it is a reviewer");
    let task = ran.hooked.given("task");
    assert_eq!((&task["tool_name"], &task["tool_input"]["prompt"]), (&json!("Task"), &json!("Look")));
    assert_eq!(task["tool_response"]["content"], "Looked.");
}

#[tokio::test]
async fn a_denial_inside_a_subagent_counts() {
    let hooks = json!({ "PreToolUse": [{ "matcher": "Bash", "hooks": [{ "type": "command", "command": "exit 2" }] }] });
    let replies = vec![
        Reply::tool_calls([("t1", "task", r#"{"prompt":"Make it"}"#)]),
        bash("touch made"),
        Reply::text("It was denied."),
        Reply::text("Done."),
    ];
    let ran = run(Tree::new(&[]), &hooks, bypass(), replies).await;
    assert!(!ran.hooked.tree.at("made").exists());
    assert!(ran.requests[2].join("\n").contains("a hook does not allow this call"), "{:?}", ran.requests[2]);
}

#[tokio::test]
async fn a_hook_ends_the_run_before_the_model_is_asked_again() {
    let hooks = json!({ "PostToolUse": command(r#"echo '{"continue": false, "stopReason": "Enough."}'"#) });
    let ran = run(Tree::new(&[]), &hooks, bypass(), vec![bash("echo hi"), Reply::text("Never said.")]).await;
    assert_eq!(ran.outcome(), r#"Denied { message: "Enough." }"#);
    assert_eq!(ran.requests.len(), 1);
}

#[tokio::test]
async fn a_prompt_that_a_hook_denies_never_reaches_the_model() {
    let hooks = json!({ "UserPromptSubmit": command("echo 'Not today.' >&2; exit 2") });
    let ran = run(Tree::new(&[]), &hooks, bypass(), vec![Reply::text("Never said.")]).await;
    assert_eq!((ran.outcome().as_str(), ran.requests.len()), (r#"Denied { message: "Not today." }"#, 0));
}

#[tokio::test]
async fn the_end_is_told_before_the_program_goes() {
    let hooks = json!({ "SessionEnd": command("cat > end.json") });
    let ran = run(Tree::new(&[]), &hooks, bypass(), vec![Reply::text("Done.")]).await;
    assert_eq!(ran.hooked.given("end.json")["reason"], "other");
}

#[tokio::test]
async fn twenty_calls_at_once_are_asked_about_each() {
    let hooks = json!({ "PreToolUse": command("grep -o 'echo [0-9]*' >> asked; exit 0") });
    let calls: Vec<(String, String)> = (0..20)
        .map(|index| (format!("c{index}"), json!({ "command": format!("echo {index}") }).to_string()))
        .collect();
    let calls = calls.iter().map(|(id, arguments)| (id.as_str(), "bash", arguments.as_str()));
    let ran =
        run(Tree::new(&[]), &hooks, bypass(), vec![Reply::tool_calls(calls), Reply::text("Done.")]).await;
    assert_eq!(std::fs::read_to_string(ran.hooked.tree.at("asked")).unwrap().lines().count(), 20);
    assert_eq!(ran.results().len(), 20);
}
