//! Calls that wait for a person.

use tau_core::ToolCallId;
use tau_core::config::PermissionMode;
use tau_core::event::PermissionAnswer;
use tau_runtime::HandleError;
use tau_runtime::kernel::Rejection;

use super::support::{Running, change, look};

fn careful() -> Running {
    Running::with([look(), change()], |options| {
        options.config.permissions.mode = Some(PermissionMode::Default);
    })
}

fn id(id: &str) -> ToolCallId {
    ToolCallId::new(id)
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_for_its_answer() {
    let mut session = careful();
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "change", "{}"), ("b", "look", "{}")]);
    // The pure call runs meanwhile.
    session.until("tool_finished b").await;
    assert!(session.model.is_left_alone());
    session.handle.answer_permission(id("a"), PermissionAnswer::Allow).await.unwrap();
    assert_eq!(
        session.until("model_requested").await,
        ["permission_answered a Allow", "tool_finished a Succeeded: changed", "model_requested 2"]
    );
    let again = session.handle.answer_permission(id("a"), PermissionAnswer::Allow).await;
    assert_eq!(again, Err(HandleError::Rejected(Rejection::NotWaiting(id("a")))));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_told_to_the_model() {
    let table = [
        (PermissionAnswer::Deny { message: "Not today.".to_owned() }, "They said: Not today."),
        (PermissionAnswer::NobodyToAsk, "nobody is there to give it"),
    ];
    for (answer, words) in table {
        let mut session = careful();
        session.prompt("Work").await;
        session.model.asked().await.call(&[("a", "change", "{}")]);
        session.until("permission_requested a").await;
        session.handle.answer_permission(id("a"), answer).await.unwrap();
        let exchange = session.model.asked().await;
        let result = exchange.messages().pop().unwrap();
        assert!(result.starts_with("tool: Not run:") && result.contains(words), "{result}");
        exchange.text("All right.");
        session.until("run_finished Completed").await;
    }
}

#[tokio::test(start_paused = true)]
async fn always_is_for_the_whole_session() {
    let mut session = careful();
    session.prompt("Work").await;
    session.model.asked().await.call(&[("a", "change", "{}")]);
    session.until("permission_requested a").await;
    session.handle.answer_permission(id("a"), PermissionAnswer::AllowAlways).await.unwrap();
    session.model.asked().await.text("Done.");
    session.until("run_finished").await;

    session.prompt("More").await;
    session.model.asked().await.call(&[("b", "change", "{}")]);
    let lines = session.until("tool_finished b Succeeded").await;
    assert!(!lines.iter().any(|line| line.starts_with("permission_requested")), "{lines:#?}");
}
