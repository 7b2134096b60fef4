//! How a session ends, and what it leaves behind: nothing.

use tau_core::event::{CancelScope, Seq};
use tau_core::{ContentBlock, EffectClass};
use tau_runtime::{HandleError, Session, SessionEnd};
use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::support::{Running, hang, in_time, options};

#[tokio::test(start_paused = true)]
async fn shutdown_stops_tools() {
    let (hang, begun, mut dropped) = hang(EffectClass::AtMostOnce);
    let mut session = Running::new([hang]);
    session.prompt("Hi").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    in_time(begun).await.unwrap();
    session.shutdown.cancel();
    in_time(&mut session.task).await.unwrap().unwrap();
    assert_eq!(dropped.try_recv(), Ok(()));
    session.until("tool_requested a").await;
    assert!(in_time(session.updates.next()).await.is_none(), "the subscription ends");
    let late = session.handle.prompt([ContentBlock::text("Still there?")]).await;
    assert_eq!(late, Err(HandleError::Ended));
}

/// In one task with the session, so that nothing else runs between its end and the look at what is left.
#[tokio::test(start_paused = true)]
async fn its_end_waits_for_its_tools() {
    let (hang, begun, mut dropped) = hang(EffectClass::AtMostOnce);
    let mut model = Model::new();
    let (session, handle) = Session::new(options(&model, [hang]));
    let shutdown = CancellationToken::new();
    let work = async {
        handle.prompt([ContentBlock::text("Hi")]).await.unwrap();
        model.asked().await.call(&[("a", "hang", "{}")]);
        in_time(begun).await.unwrap();
        shutdown.cancel();
    };
    let (ended, ()) = tokio::join!(session.run(shutdown.clone()), work);
    assert_eq!(ended, Ok(SessionEnd::Shutdown));
    assert_eq!(dropped.try_recv(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn shutdown_gives_the_model_up() {
    let mut session = Running::new([]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    session.shutdown.cancel();
    exchange.given_up().await;
    in_time(session.task).await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_nobody_can_reach_it() {
    let (hang, begun, mut dropped) = hang(EffectClass::Pure);
    let mut session = Running::new([hang]);
    session.prompt("Hi").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    in_time(begun).await.unwrap();
    let second = session.handle.clone();
    drop(session.handle);
    tokio::task::yield_now().await;
    assert!(!session.task.is_finished(), "one handle is left");
    drop(second);
    in_time(&mut session.task).await.unwrap().unwrap();
    assert_eq!(dropped.try_recv(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_it_is_closed() {
    let mut session = Running::new([]);
    session.prompt("Hi").await;
    let exchange = session.model.asked().await;
    session.prompt("Then").await;
    session.handle.cancel(CancelScope::Session).await.unwrap();
    exchange.given_up().await;
    in_time(&mut session.task).await.unwrap().unwrap();
    let lines = session.until("session_closed").await;
    assert_eq!(
        lines[lines.len() - 5..],
        [
            "cancel_requested",
            "run_finished Cancelled",
            "run_started",
            "run_finished Cancelled",
            "session_closed"
        ]
    );
    assert!(in_time(session.updates.next()).await.is_none());
    let late = session.handle.inject([ContentBlock::text("News")]).await;
    assert_eq!(late, Err(HandleError::Ended));
}

#[tokio::test(start_paused = true)]
async fn subscriptions_end_when_it_never_runs() {
    let model = Model::new();
    let (session, handle) = Session::new(options(&model, []));
    let mut updates = handle.subscribe(Seq::default());
    assert!(in_time(updates.next()).await.is_some(), "it was created");
    drop(session);
    assert!(in_time(updates.next()).await.is_none());
    assert_eq!(handle.prompt([ContentBlock::text("Hi")]).await, Err(HandleError::Ended));
}

#[tokio::test(start_paused = true)]
async fn subscriptions_end_when_its_task_is_torn_down() {
    let model = Model::new();
    let (session, handle) = Session::new(options(&model, []));
    let mut updates = handle.subscribe(Seq(1));
    let task = tokio::spawn(session.run(CancellationToken::new()));
    tokio::task::yield_now().await;
    task.abort();
    assert!(in_time(updates.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn what_happened_can_be_read_after_the_end() {
    let mut session = Running::new([]);
    session.small_talk().await;
    session.shutdown.cancel();
    in_time(&mut session.task).await.unwrap().unwrap();
    let events = session.handle.events(Seq::default());
    let seqs: Vec<u64> = events.iter().map(|event| event.header.seq.0).collect();
    assert_eq!(seqs, (1..=6).collect::<Vec<_>>());
    let mut late = session.handle.subscribe(Seq(4));
    assert!(in_time(late.next()).await.is_some());
    assert!(in_time(late.next()).await.is_some());
    assert!(in_time(late.next()).await.is_none());
}
