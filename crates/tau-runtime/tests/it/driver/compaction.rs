//! A history that fills the window, and a run that takes too long.

use std::time::Duration;

use tau_core::event::{CompactionPolicy, CompactionStrategy};
use tau_runtime::SessionOptions;
use tau_runtime::kernel::Rejection;

use super::support::{Running, hang, look};

/// Every answer of the played model counts 110 tokens, so every second request is too long.
fn policy(strategy: CompactionStrategy) -> impl FnOnce(&mut SessionOptions) {
    move |options| options.config.compaction = Some(CompactionPolicy::new(100, 60, strategy))
}

#[tokio::test(start_paused = true)]
async fn a_model_writes_a_summary_before_the_request_that_would_be_too_long() {
    let mut session = Running::with([look()], policy(CompactionStrategy::Summary));
    session.prompt("Look around.").await;
    session.model.asked().await.call(&[("a", "look", "{}")]);
    let question = session.model.asked().await;
    let asked = question.messages();
    assert_eq!(asked[1..asked.len() - 1], ["user: Look around."], "what goes is sent again as it was");
    assert!(asked.last().unwrap().starts_with("user: This conversation is about to be shortened"));
    question.text("I looked.");
    let exchange = session.model.asked().await;
    let messages = exchange.messages();
    assert!(messages[1].contains("Summary:\nI looked."), "{messages:?}");
    assert!(messages[1].contains("- Look around."), "what was asked for is there word for word");
    assert_eq!(messages[2..], ["assistant: -", "tool: seen"], "the call and its result stay together");
    exchange.text("Done.");
    let lines = session.until("run_finished").await;
    assert!(lines.contains(&"compacted".to_owned()), "{lines:?}");
    assert!(
        !lines.iter().any(|line| line.contains("I looked.")),
        "a summary is not said to those who follow"
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_summary_the_oldest_go_and_the_run_goes_on() {
    let mut session = Running::with([], policy(CompactionStrategy::Summary));
    session.small_talk().await;
    session.prompt("More").await;
    session.model.asked().await.text(" ");
    let exchange = session.model.asked().await;
    assert!(exchange.messages()[1].contains("left out, to make room"), "{:?}", exchange.messages());
    exchange.text("Done.");
    session.until("run_finished Completed").await;
}

#[tokio::test(start_paused = true)]
async fn a_rule_asks_nobody() {
    let mut session = Running::with([], policy(CompactionStrategy::Truncation));
    session.small_talk().await;
    session.prompt("More").await;
    let exchange = session.model.asked().await;
    assert!(exchange.messages()[1].contains("left out, to make room"), "{:?}", exchange.messages());
    exchange.text("Done.");
    let lines = session.until("run_finished Completed").await;
    assert_eq!(lines[..4], ["prompt_submitted", "run_started", "compacted", "model_requested 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_gives_the_summary_up() {
    let mut session = Running::with([look()], policy(CompactionStrategy::Summary));
    session.small_talk().await;
    session.prompt("More").await;
    let question = session.model.asked().await;
    session.handle.cancel(tau_core::event::CancelScope::Run).await.unwrap();
    question.given_up().await;
    session.until("run_finished Cancelled").await;
    assert!(session.model.is_left_alone());
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_run_ends_what_is_on() {
    let (hang, begun, dropped) = hang(tau_core::EffectClass::AtMostOnce);
    let mut session = Running::with([hang], |options| {
        options.config.budget.max_time = Some(tau_core::HumanDuration::from_secs(20));
        options.tool_timeout = Duration::from_secs(3_600);
    });
    session.prompt("Wait").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    begun.await.unwrap();
    let lines = session.until("run_finished").await;
    assert_eq!(
        lines[lines.len() - 2..],
        [
            "tool_finished a Cancelled: Stopped by the time limit of the run. It was stopped on its way and may have \
             done a part of its work.",
            "run_finished BudgetExceeded { limit: WallTime }"
        ]
    );
    dropped.await.unwrap();
    // The next run has its own time, and a timer that is over ends nothing.
    session.small_talk().await;
    assert_eq!(
        session.handle.cancel(tau_core::event::CancelScope::Run).await.unwrap_err(),
        Rejection::NothingToCancel.into()
    );
}
