//! Cancels reach what is on, and leave a session that goes on.

use tau_core::event::CancelScope;
use tau_core::{EffectClass, ToolCallId};
use tau_runtime::HandleError;
use tau_runtime::kernel::Rejection;

use super::support::{Running, hang, in_time, look};

#[tokio::test(start_paused = true)]
async fn while_the_model_answers() {
    let mut session = Running::new([]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    exchange.say("Once upon");
    session.until("~ text").await;
    session.handle.cancel(CancelScope::Run).await.unwrap();
    exchange.given_up().await;
    exchange.text(" a time");
    assert_eq!(session.until("run_finished").await, ["cancel_requested", "run_finished Cancelled"]);

    session.prompt("Again").await;
    let next = session.model.asked().await;
    assert_eq!(next.messages(), ["system: Be brief.", "user: Hi", "user: Again"]);
    next.text("Yes?");
    assert_eq!(
        session.until("run_finished").await[3..],
        ["~ text Yes?", "model_replied 1", "run_finished Completed"],
        "nothing of the old answer"
    );
}

#[tokio::test(start_paused = true)]
async fn while_tools_run() {
    for effect in [EffectClass::Pure, EffectClass::AtMostOnce] {
        let (hang, begun, dropped) = hang(effect);
        let mut session = Running::new([hang, look()]);
        session.prompt("Hi").await;
        session.model.asked().await.call(&[("a", "look", "{}"), ("b", "hang", "{}")]);
        in_time(begun).await.unwrap();
        session.until("tool_finished a").await;
        session.handle.cancel(CancelScope::Run).await.unwrap();
        in_time(dropped).await.expect("its future is gone");
        let lines = session.until("run_finished").await;
        assert_eq!(lines[0], "cancel_requested");
        assert!(lines[1].starts_with("tool_finished b Cancelled"));
        assert_eq!(lines[2..], ["run_finished Cancelled"]);

        session.prompt("Again").await;
        let messages = session.model.asked().await.messages();
        assert_eq!(messages.len(), 6, "both calls have their results: {messages:#?}");
        assert!(messages[4].starts_with("tool: Cancelled by the user."));
        assert_eq!(messages[5], "user: Again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_for_another_never_begins() {
    let (hang, begun, dropped) = hang(EffectClass::AtMostOnce);
    let mut session = Running::new([hang]);
    session.prompt("Hi").await;
    // The tool panics when it is called twice.
    session.model.asked().await.call(&[("a", "hang", "{}"), ("b", "hang", "{}")]);
    in_time(begun).await.unwrap();
    let one = |id: &str| CancelScope::ToolCall { call_id: ToolCallId::new(id) };
    session.handle.cancel(one("b")).await.unwrap();
    session.handle.cancel(one("a")).await.unwrap();
    in_time(dropped).await.unwrap();
    let messages = session.model.asked().await.messages();
    assert!(
        messages[3..].iter().all(|message| message.starts_with("tool: Cancelled by the user.")),
        "{messages:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn one_call_alone() {
    let (hang, begun, dropped) = hang(EffectClass::AtMostOnce);
    let mut session = Running::new([hang, look()]);
    session.prompt("Hi").await;
    session.model.asked().await.call(&[("a", "hang", "{}"), ("b", "look", "{}")]);
    in_time(begun).await.unwrap();
    let scope = CancelScope::ToolCall { call_id: ToolCallId::new("a") };
    session.handle.cancel(scope.clone()).await.unwrap();
    in_time(dropped).await.unwrap();
    // What waited for it to end has its turn now.
    let messages = session.model.asked().await.messages();
    assert!(messages[3].starts_with("tool: Cancelled by the user."));
    assert_eq!(messages[4], "tool: seen");
    let twice = session.handle.cancel(scope).await;
    assert_eq!(twice, Err(HandleError::Rejected(Rejection::NothingToCancel)));
}

#[tokio::test(start_paused = true)]
async fn the_prompt_that_waits_is_next() {
    let mut session = Running::new([]);
    session.prompt("First").await;
    let first = session.model.asked().await;
    session.prompt("Second").await;
    session.handle.cancel(CancelScope::Run).await.unwrap();
    first.given_up().await;
    let second = session.model.asked().await;
    assert_eq!(second.messages()[1..], ["user: First", "user: Second"]);
    second.text("Done");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_on() {
    let session = Running::new([]);
    let nothing = session.handle.cancel(CancelScope::Run).await;
    assert_eq!(nothing, Err(HandleError::Rejected(Rejection::NothingToCancel)));
}
