//! When extensions may forget what they did.

use std::time::Duration;

use tau_core::{ContentBlock, SessionId};
use tau_proto::runtime::v1::attach_response::Message;
use tau_runtime::runtime::{Beginning, DurabilityChoice, LiveSession, NewSession};

use super::support::Process;
use crate::attach::support::{Extension, hello, offer};
use crate::driver::journal::{Journal, hello as journal};
use crate::driver::support::in_time;

/// A session that waits for one journal, with a call of an extension's tool that has ended. Nobody wrote that down yet.
async fn called(process: &mut Process) -> (LiveSession, Journal, Extension) {
    let hub = process.runtime.attachments().clone();
    let (mut extension, _) = Extension::attach(&hub, hello("worker", vec![offer("work")])).await;
    let mut store = Journal::connect_to(hub);
    store.say(journal("store")).await;
    store.welcome().await;
    let runtime = process.runtime.clone();
    let mut durability = DurabilityChoice::default();
    durability.required_acks = Some(1);
    let request = NewSession::new(SessionId::from_u128(7));
    let created = tokio::spawn(async move { runtime.create(request, Beginning::Nothing, durability).await });
    store.take("session_created").await;
    let live = in_time(created).await.unwrap().unwrap();
    let handle = live.handle().clone();
    let prompt = tokio::spawn(async move { handle.prompt([ContentBlock::text("Work")]).await });
    store.take("model_requested").await;
    in_time(prompt).await.unwrap().unwrap();
    process.model.asked().await.call(&[("a", "work", "{}")]);
    store.take("tool_requested").await;
    let call = extension.call().await;
    extension.finish(&call, "done").await;
    store.until("model_requested").await;
    (live, store, extension)
}

#[tokio::test(start_paused = true)]
async fn a_call_is_settled_when_its_result_is_durable() {
    let mut process = Process::new();
    let (_live, mut store, mut extension) = called(&mut process).await;
    extension.hears_nothing().await;
    // Nor is it forgotten when the connection breaks meanwhile.
    let last = store.events.last().unwrap().clone();
    store.ack(&last).await;
    let settled = extension.settled().await;
    assert_eq!(settled.len(), 1);
    let _asked = process.model.asked().await;
    extension.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_ends_before_that_leaves_the_result_with_its_extension() {
    let mut process = Process::new();
    let (live, store, mut extension) = called(&mut process).await;
    store.crash().await;
    live.release();
    let _ended = in_time(live.ended()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    extension.hears_nothing().await;
    // Nothing of it is left here: the extension may leave at once.
    extension.say(tau_proto::runtime::v1::Detach::default()).await;
    assert!(matches!(extension.next().await, Message::Detach(_)));
}
