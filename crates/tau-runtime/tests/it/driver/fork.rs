//! A session that is copied while it works.

use tau_core::event::{Event, Seq};
use tau_core::{ContentBlock, EffectClass, Message, RunId};
use tau_runtime::kernel::Rejection;
use tau_runtime::{ForkError, HandleError, Head, Journals, Past, ResumeError, Session, Update};
use tokio_util::sync::CancellationToken;

use super::journal::{Journal, hash, waits_for};
use super::model::Model;
use super::support::{Running, hang, in_time, look, options, show};

#[tokio::test(start_paused = true)]
async fn a_copy_goes_its_own_way_while_the_original_works_on() {
    let (hang, begun, mut dropped) = hang(EffectClass::AtMostOnce);
    let mut original = Running::with([hang, look()], |_| {});
    original.prompt("Hi").await;
    original.model.asked().await.call(&[("a", "hang", "{}")]);
    begun.await.unwrap();
    let events = original.handle.events(Seq::default());

    let journals = Journals::default();
    let mut store = Journal::attach(&journals, "store").await;
    let mut model = Model::new();
    let mut forked = options(&model, [look()]);
    waits_for(1, &journals)(&mut forked);
    let (session, copy) = Session::fork(forked, Past::of(events.clone()).unwrap()).unwrap();
    assert_ne!(copy.session_id(), original.handle.session_id());

    // All of it in one append, whose chain holds.
    let appended = store.append().await;
    assert_eq!(appended.len(), events.len() + 3, "{appended:#?}");
    assert!(appended.windows(2).all(|pair| *pair[1].prev_hash == hash(&pair[0]).0));
    assert!(appended.iter().all(|event| event.session_id == copy.session_id().to_string()));
    store.ack(appended.last().unwrap()).await;

    tokio::spawn(session.run(CancellationToken::new()));
    let prompt = {
        let copy = copy.clone();
        tokio::spawn(async move { copy.prompt([ContentBlock::text("And you?")]).await })
    };
    store.take("model_requested").await;
    in_time(prompt).await.unwrap().unwrap();
    let asked = model.asked().await;
    let messages = asked.messages();
    assert!(
        messages[3].starts_with("tool: The session was copied while this call was under way"),
        "{messages:?}"
    );
    assert_eq!(messages[4], "user: And you?");
    let copied = copy.events(Seq(events.len() as u64));
    let lines: Vec<String> = copied.into_iter().map(|event| show(&Update::Event(event))).collect();
    assert!(lines[1].starts_with("tool_finished a Unknown"), "{lines:?}");
    assert_eq!(lines[2], "run_finished Cancelled");

    assert!(dropped.try_recv().is_err(), "the original's tool is still at work");
    assert_eq!(original.handle.events(Seq::default()), events);
}

#[tokio::test]
async fn what_is_not_the_beginning_of_a_session_cannot_be_copied() {
    let fork = Session::fork(options(&Model::new(), []), Past::default()).map(drop);
    assert_eq!(fork.unwrap_err(), ForkError::Events(ResumeError::Empty));
    let original = Running::new([]);
    let events: Vec<std::sync::Arc<Event>> = original.handle.events(Seq::default());
    let mut second = Event::clone(&events[0]);
    second.header.seq = Seq(2);
    let gap = ResumeError::Gap { expected: Seq(1), found: Seq(2) };
    assert_eq!(Past::of([second]).unwrap_err(), gap);
}

#[tokio::test(start_paused = true)]
async fn a_prompt_sent_again_under_its_id_does_not_run_twice() {
    let mut session = Running::new([]);
    let run = RunId::from_u128(7);
    let prompt = || in_time(session.handle.prompt_as(run, [ContentBlock::text("Hi")], Head::Any));
    assert_eq!(prompt().await, Ok(Seq(2)));
    assert_eq!(prompt().await, Err(HandleError::Rejected(Rejection::DuplicateRun(run))));
    session.model.asked().await.text("Hello.");
    session.until("run_finished").await;
    assert_eq!(
        in_time(session.handle.prompt_as(run, [ContentBlock::text("Hi")], Head::Any)).await,
        Err(HandleError::Rejected(Rejection::DuplicateRun(run)))
    );
    assert!(session.model.is_left_alone());
}

#[tokio::test(start_paused = true)]
async fn a_conversation_from_elsewhere_comes_first_in_the_request() {
    let mut session = Running::new([]);
    let said = [
        Message::user([ContentBlock::text("Who is there?")]),
        Message::assistant([ContentBlock::text("Nobody.")]),
    ];
    in_time(session.handle.import(said)).await.unwrap();
    session.prompt("Really?").await;
    let messages = session.model.asked().await.messages();
    assert_eq!(messages[1..], ["user: Who is there?", "assistant: Nobody.", "user: Really?"]);
}

#[tokio::test(start_paused = true)]
async fn a_change_to_a_session_that_went_on_is_refused() {
    let session = Running::new([]);
    let named = |name: &str| [("name".to_owned(), name.to_owned())].into();
    assert_eq!(in_time(session.handle.describe(named("a"), Head::At(Seq(1)))).await, Ok(Seq(2)));
    let moved = HandleError::Moved { head: Seq(2) };
    assert_eq!(in_time(session.handle.describe(named("b"), Head::At(Seq(1)))).await, Err(moved.clone()));
    let run = RunId::from_u128(1);
    let prompt = session.handle.prompt_as(run, [ContentBlock::text("Hi")], Head::At(Seq(9)));
    assert_eq!(in_time(prompt).await, Err(moved));
    assert_eq!(session.handle.events(Seq::default()).len(), 2);
}
