//! A session that stops anywhere and is taken up again.

use tau_core::event::{Event, EventBody, Seq};
use tau_core::{ContentBlock, EffectClass};
use tau_runtime::{Handle, Head, Past, Session};
use tokio_util::sync::CancellationToken;

use super::model::Model;
use super::support::{Running, change, hang, in_time, look, options, show};

/// The journal so far, as a store gives it back.
fn journal(handle: &Handle) -> Vec<Event> {
    let stored: Vec<String> =
        handle.events(Seq::default()).iter().map(|event| serde_json::to_string(&**event).unwrap()).collect();
    stored.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Takes a journal up with a new model and the tools `look` and `change`.
fn take_up(model: &Model, journal: Vec<Event>) -> Handle {
    let past = Past::of(journal).unwrap();
    let (session, handle) = Session::resume(options(model, [look(), change()]), past).unwrap();
    tokio::spawn(session.run(CancellationToken::new()));
    handle
}

async fn after(handle: &Handle, seq: u64) -> Vec<String> {
    let mut updates = handle.subscribe(Seq(seq));
    let mut lines = Vec::new();
    loop {
        lines.push(show(&in_time(updates.next()).await.unwrap()));
        if lines.last().unwrap().starts_with("run_finished") {
            lines.retain(|line| !line.starts_with('~'));
            return lines;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_asked_for_again_with_the_same_bytes() {
    let mut first = Running::new([look(), change()]);
    first.prompt("Hi").await;
    first.model.asked().await.call(&[("a", "look", "{}")]);
    let lost = first.model.asked().await;
    let stored = journal(&first.handle);
    let seq = stored.len() as u64;
    drop(first);

    let mut model = Model::new();
    let handle = take_up(&model, stored);
    let again = model.asked().await;
    assert_eq!(again.body, lost.body);
    again.text("Hello.");
    assert_eq!(after(&handle, seq).await, ["session_resumed", "model_replied 2", "run_finished Completed"]);
    let newest = handle.events(Seq(seq));
    assert!(newest.iter().all(|event| event.header.epoch == 2), "a new writer has a new epoch");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_have_run_is_told_as_unknown_and_one_that_changes_nothing_runs_again() {
    let (hang, begun, _dropped) = hang(EffectClass::AtMostOnce);
    // Under the name of a tool that the second writer has.
    let mut first = Running::with([hang, look()], |_| {});
    first.prompt("Hi").await;
    first.model.asked().await.call(&[("a", "hang", "{}"), ("b", "look", "{}")]);
    begun.await.unwrap();
    let stored = journal(&first.handle);
    let seq = stored.len() as u64;
    drop(first);

    let mut model = Model::new();
    let handle = take_up(&model, stored);
    let exchange = model.asked().await;
    let messages = exchange.messages();
    assert!(messages[3].starts_with("tool: Outcome unknown: the agent was interrupted"), "{messages:?}");
    assert_eq!(messages[4], "tool: seen");
    exchange.text("I will look what happened.");
    let lines = after(&handle, seq).await;
    assert!(lines[1].starts_with("tool_finished a Unknown"), "{lines:?}");
    assert!(lines[2].starts_with("tool_finished b Succeeded"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_finished_session_takes_prompts() {
    let mut first = Running::new([look(), change()]);
    first.small_talk().await;
    let stored = journal(&first.handle);
    drop(first);
    let mut model = Model::new();
    let handle = take_up(&model, stored);
    handle.prompt([ContentBlock::text("More")]).await.unwrap();
    let exchange = model.asked().await;
    assert_eq!(exchange.messages()[1..], ["user: And?", "assistant: Well.", "user: More"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_went_back_goes_on_from_there() {
    let mut first = Running::new([look(), change()]);
    first.small_talk().await;
    let place = first.handle.events(Seq::default()).last().unwrap().header.seq;
    first.prompt("Taken back").await;
    first.model.asked().await.text("Also taken back.");
    first.until("run_finished").await;
    first.handle.rewind(place, Head::Any).await.unwrap();
    first.prompt("Instead").await;
    let asked = first.model.asked().await;
    let stored = journal(&first.handle);
    drop(first);

    let mut model = Model::new();
    let _handle = take_up(&model, stored);
    let again = model.asked().await;
    assert_eq!(again.body, asked.body);
    assert_eq!(again.messages().last().unwrap(), "user: Instead");
    assert!(!again.messages().iter().any(|message| message.contains("aken back")));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_journal_is_refused() {
    let mut first = Running::new([]);
    first.small_talk().await;
    let stored = journal(&first.handle);
    let model = Model::new();
    let refused = |events: Vec<Event>| {
        let resumed = Past::of(events).and_then(|past| Session::resume(options(&model, []), past));
        resumed.unwrap_err().to_string()
    };
    assert_eq!(refused(Vec::new()), "the journal is empty");
    let mut gap = stored.clone();
    gap.remove(2);
    assert_eq!(refused(gap), "event 3 should come next in the journal, and event 4 came");
    let mut mixed = stored;
    mixed[1].header.session = tau_core::SessionId::from_u128(9);
    assert_eq!(refused(mixed), "event 2 of the journal belongs to another session");
    assert!(matches!(journal(&first.handle)[0].body, EventBody::SessionCreated(_)));
}
