//! Prompts that wait, context that comes between, and limits.

use std::collections::BTreeSet;

use tau_core::ContentBlock;
use tau_core::event::{EventBody, Seq};
use tau_runtime::HandleError;
use tau_runtime::kernel::Rejection;

use super::support::{Running, change, in_time, look};

#[tokio::test(start_paused = true)]
async fn prompts_run_one_after_the_other() {
    let mut session = Running::new([]);
    let mut submitted = Vec::new();
    for text in ["one", "two", "three"] {
        submitted.push(session.prompt(text).await);
    }
    for (number, text) in [(1, "one"), (2, "two"), (3, "three")] {
        let exchange = session.model.asked().await;
        assert!(session.model.is_left_alone(), "one request at a time");
        let messages = exchange.messages();
        assert_eq!(messages.last().unwrap(), &format!("user: {text}"));
        assert_eq!(messages.len(), 2 * number);
        exchange.text("ok");
        session.until("run_finished Completed").await;
    }
    let started: Vec<_> = session
        .handle
        .events(Seq::default())
        .iter()
        .filter_map(|event| match event.body {
            EventBody::RunStarted { run } => Some(run),
            _ => None,
        })
        .collect();
    assert_eq!(started, submitted);
    assert_eq!(submitted.iter().collect::<BTreeSet<_>>().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn context_is_read_with_the_next_request() {
    let mut session = Running::new([look()]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    session.handle.inject([ContentBlock::text("It rains.")]).await.unwrap();
    exchange.call(&[("a", "look", "{}")]);
    let exchange = session.model.asked().await;
    assert_eq!(exchange.messages()[2..], ["assistant: -", "tool: seen", "user: It rains."]);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_of_nothing_is_refused() {
    let session = Running::new([]);
    assert_eq!(session.handle.prompt([]).await, Err(HandleError::Rejected(Rejection::InvalidContent)));
    let blank = session.handle.inject([ContentBlock::text("\n")]).await;
    assert_eq!(blank, Err(HandleError::Rejected(Rejection::InvalidContent)));
}

#[tokio::test(start_paused = true)]
async fn a_run_ends_at_its_limit_of_turns() {
    let mut session = Running::with([change()], |options| options.config.budget.max_turns = Some(3));
    session.prompt("For ever").await;
    for _ in 0..3 {
        // The same id each time, as some servers have it.
        session.model.asked().await.call(&[("call_0", "change", "{}")]);
    }
    session.until("run_finished TurnLimit { limit: 3 }").await;
    assert!(session.model.is_left_alone());

    session.prompt("Once more").await;
    let exchange = session.model.asked().await;
    let body: serde_json::Value = serde_json::from_slice(&exchange.body).unwrap();
    let messages = body["messages"].as_array().unwrap();
    let calls: BTreeSet<_> = messages.iter().filter_map(|m| m["tool_calls"][0]["id"].as_str()).collect();
    let results: BTreeSet<_> = messages.iter().filter_map(|m| m["tool_call_id"].as_str()).collect();
    assert_eq!(calls.len(), 3, "each call has an id of its own");
    assert_eq!(calls, results);
}

#[tokio::test(start_paused = true)]
async fn events_have_a_place_a_session_and_a_cause() {
    let mut session = Running::new([look()]);
    session.prompt("Hi").await;
    session.model.asked().await.call(&[("a", "look", "{}")]);
    in_time(session.model.asked()).await.text("ok");
    session.until("run_finished").await;
    let events = session.handle.events(Seq::default());
    for (event, seq) in events.iter().zip(1..) {
        assert_eq!((event.header.seq, event.header.session), (Seq(seq), session.handle.session_id()));
    }
    let ids: BTreeSet<_> = events.iter().map(|event| event.header.id).collect();
    assert_eq!(ids.len(), events.len());
    let started = events.iter().position(|event| event.body.kind() == "run_started").unwrap();
    assert_eq!(events[started].header.cause, Some(events[started - 1].header.id), "the prompt");
}
