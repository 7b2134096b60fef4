//! Hooks that are servers.

use serde_json::{Value, json};
use tau_core::event::HookDecision;
use tau_testkit::{ModelServer, Reply};

use crate::hooks_support::{Hooked, context, deny};

fn hooked(url: &str, event: &str, more: &Value) -> Hooked {
    let mut hook = json!({ "type": "http", "url": url, "timeout": 10 });
    hook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Hooked::new(&json!({ event: [{ "hooks": [hook] }] }))
}

#[tokio::test]
async fn a_server_reads_and_answers_as_a_command_does() {
    let answer =
        json!({ "hookSpecificOutput": { "permissionDecision": "deny", "permissionDecisionReason": "no" } });
    let server = ModelServer::with_replies([Reply::json(200, &answer), Reply::status(200)]).await.unwrap();
    let headers = json!({ "headers": { "authorization": "Bearer $PATH", "x-other": "$HOME" }, "allowedEnvVars": ["PATH"] });
    let hooked = hooked(&server.base_url(), "PreToolUse", &headers);
    assert_eq!(hooked.bash("make").await, deny("no"));
    assert_eq!(hooked.bash("make").await, HookDecision::default(), "no words are no objection");
    let request = &server.requests()[0];
    assert_eq!(request.json()["tool_input"], json!({ "command": "make" }));
    assert_eq!(request.header("authorization"), Some("Bearer /usr/local/bin:/usr/bin:/bin"));
    assert_eq!(request.header("x-other"), Some(""));
}

#[tokio::test]
async fn a_server_that_does_not_answer_blocks_nothing_but_where_it_guards() {
    let server = ModelServer::with_replies([Reply::status(500), Reply::status(500)]).await.unwrap();
    let open = hooked(&server.base_url(), "PreToolUse", &json!({}));
    assert_eq!(open.bash("make").await, HookDecision::default());
    assert_eq!(open.shown(), ["PreToolUse: it failed: the server answered 500 Internal Server Error"]);
    let guard = hooked(&server.base_url(), "PreToolUse", &json!({ "on_failure": "block" }));
    let decision = guard.bash("make").await;
    assert!(
        decision
            .message
            .ends_with("guards this, and it failed: the server answered 500 Internal Server Error."),
        "{decision:?}"
    );
    let nobody = hooked("http://127.0.0.1:1/?key=secret", "PreToolUse", &json!({}));
    assert_eq!(nobody.bash("make").await, HookDecision::default());
    assert_eq!(nobody.shown(), ["PreToolUse: it failed: the server cannot be reached"]);
}

#[tokio::test]
async fn one_that_hangs_takes_its_time_and_no_more() {
    let server = ModelServer::with_replies([Reply::status(200).hang()]).await.unwrap();
    let hooked = hooked(&server.base_url(), "PreToolUse", &json!({ "timeout": 0.5 }));
    assert_eq!(hooked.bash("make").await, HookDecision::default());
    assert_eq!(hooked.shown(), ["PreToolUse: it took too long"]);
}

#[tokio::test]
async fn words_of_a_server_are_context() {
    let server = ModelServer::with_replies([Reply::status(200).bytes("It rains.")]).await.unwrap();
    let hooked = hooked(&server.base_url(), "PreToolUse", &json!({}));
    assert_eq!(hooked.bash("make").await, context("A hook (PreToolUse) says:\nIt rains."));
}
