//! How sessions become live, and how they stop being so.

use std::sync::Arc;
use std::time::Duration;

use tau_core::event::{Event, EventBody, EventHash, Seq};
use tau_core::{ContentBlock, Message, SessionId};
use tau_runtime::kernel::Rejection;
use tau_runtime::runtime::{
    Beginning, Claim, DurabilityChoice, FactoryErrorKind, LiveSession, NewSession, Revival, RuntimeError,
    StoreErrorKind,
};
use tau_runtime::{HandleError, OpenedSession, Past, ResumeError, SessionEnd, Update};

use super::support::Process;
use crate::driver::support::in_time;

const ID: SessionId = SessionId::from_u128(7);

async fn create(process: &Process, id: SessionId) -> Result<LiveSession, RuntimeError> {
    let created =
        process.runtime.create(NewSession::new(id), Beginning::Nothing, DurabilityChoice::default());
    in_time(created).await
}

/// Asks, answers, and waits until the run is over.
async fn small_talk(process: &mut Process, live: &LiveSession) {
    let mut updates = live.handle().subscribe(live.handle().overview().seq);
    in_time(live.handle().prompt([ContentBlock::text("Hi")])).await.unwrap();
    process.model.asked().await.text("Hello.");
    while live.handle().overview().has_work() || live.handle().overview().spent.turns == 0 {
        in_time(updates.next()).await.unwrap();
    }
}

/// Lets a session go, and puts what it left into the store.
async fn release(process: &Process, live: &LiveSession) -> Vec<Event> {
    let events: Vec<Event> =
        live.handle().events(Seq::default()).iter().map(|event| Event::clone(event)).collect();
    live.release();
    assert!(matches!(in_time(live.ended()).await, Ok(SessionEnd::Shutdown)));
    process.store.journals.lock().unwrap().insert(live.id(), events.clone());
    events
}

#[tokio::test(start_paused = true)]
async fn a_session_is_found_while_it_is_live_and_its_id_is_its_own() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    assert_eq!(process.runtime.get(ID).await.unwrap().id(), ID);
    assert!(process.store.is_held(ID));
    assert!(matches!(create(&process, ID).await, Err(RuntimeError::Exists(ID))));

    release(&process, &live).await;
    assert!(matches!(process.runtime.get(ID).await, Err(RuntimeError::NotLive(ID))));
    assert!(matches!(process.runtime.last_end(ID), Some(Ok(SessionEnd::Shutdown))));
    assert!(!process.store.is_held(ID), "it is given back");
    let again = create(&process, ID).await;
    assert!(matches!(again, Err(RuntimeError::Exists(ID))), "the store knows it: {again:?}");
    assert!(!process.store.is_held(ID), "and is given back that it was asked");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_made_leaves_no_trace() {
    let process = Process::with(|options| options.max_sessions = 1);
    let mut request = NewSession::new(ID);
    request.agent = Some("nobody".to_owned());
    let refused =
        in_time(process.runtime.create(request, Beginning::Nothing, DurabilityChoice::default())).await;
    let Err(RuntimeError::Factory(error)) = refused else { panic!("{refused:?}") };
    assert_eq!((error.kind(), error.hint()), (FactoryErrorKind::UnknownAgent, "take `tester`"));

    let torn = Beginning::Messages(vec![Message::assistant([ContentBlock::text("Hi")])]);
    let refused =
        in_time(process.runtime.create(NewSession::new(ID), torn, DurabilityChoice::default())).await;
    let invalid = RuntimeError::Session(ID, HandleError::Rejected(Rejection::AlreadyBegun));
    assert!(
        matches!(
            refused,
            Err(RuntimeError::Session(ID, HandleError::Rejected(Rejection::InvalidConversation(_))))
        ),
        "{refused:?}, not {invalid:?}"
    );

    create(&process, ID).await.unwrap();
    let full = create(&process, SessionId::from_u128(8)).await;
    assert!(matches!(full, Err(RuntimeError::TooManySessions { limit: 1 })), "{full:?}");
}

#[tokio::test(start_paused = true)]
async fn a_session_begins_with_a_conversation() {
    let mut process = Process::new();
    let said =
        vec![Message::user([ContentBlock::text("Who?")]), Message::assistant([ContentBlock::text("Me.")])];
    let made =
        process.runtime.create(NewSession::new(ID), Beginning::Messages(said), DurabilityChoice::default());
    let live = in_time(made).await.unwrap();
    in_time(live.handle().prompt([ContentBlock::text("Really?")])).await.unwrap();
    let messages = process.model.asked().await.messages();
    assert_eq!(messages[1..], ["user: Who?", "assistant: Me.", "user: Really?"]);
}

#[tokio::test(start_paused = true)]
async fn a_session_is_resumed_from_the_store_once() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    let stored = release(&process, &live).await;

    let resume = |claim| process.runtime.resume(ID, Revival::default(), claim);
    let (live, was_resumed) = in_time(resume(Claim::IfFree)).await.unwrap();
    assert!(was_resumed);
    assert!(!in_time(resume(Claim::IfFree)).await.unwrap().1, "it is live by now");
    let mut updates = live.handle().subscribe(stored.last().unwrap().header.seq);
    let Some(Update::Event(next)) = in_time(updates.next()).await else { panic!("nothing came") };
    assert!(matches!(next.body, EventBody::SessionResumed));
    assert!(next.header.epoch > stored.last().unwrap().header.epoch);

    let nobody = SessionId::from_u128(404);
    let missing = in_time(process.runtime.resume(nobody, Revival::default(), Claim::IfFree)).await;
    assert!(matches!(missing, Err(RuntimeError::NotFound(id)) if id == nobody), "{missing:?}");
    assert!(!process.store.is_held(nobody));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_another_has_is_only_taken_over() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    release(&process, &live).await;
    process.store.held.lock().unwrap().push(ID);

    let polite = in_time(process.runtime.resume(ID, Revival::default(), Claim::IfFree)).await;
    let Err(RuntimeError::InUse { session: ID, error }) = polite else { panic!("{polite:?}") };
    assert_eq!(error.kind(), StoreErrorKind::InUse);
    assert!(in_time(process.runtime.resume(ID, Revival::default(), Claim::TakeOver)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_closed_session_stays_closed_but_can_be_copied() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    in_time(live.handle().cancel(tau_core::event::CancelScope::Session)).await.unwrap();
    assert!(matches!(in_time(live.ended()).await, Ok(SessionEnd::Closed)));
    let events = live.handle().events(Seq::default()).iter().map(|event| Event::clone(event)).collect();
    process.store.journals.lock().unwrap().insert(ID, events);

    let resumed = in_time(process.runtime.resume(ID, Revival::default(), Claim::IfFree)).await;
    assert!(matches!(resumed, Err(RuntimeError::Closed(ID))), "{resumed:?}");
    assert!(!process.store.is_held(ID));

    let copy = SessionId::from_u128(8);
    let forked = in_time(process.runtime.fork(ID, Seq::default(), copy, Revival::default())).await.unwrap();
    small_talk(&mut process, &forked).await;
    let beyond = process.runtime.fork(ID, Seq(1_000), SessionId::from_u128(9), Revival::default());
    let beyond = in_time(beyond).await;
    let place = Rejection::NoSuchPlace(Seq(1_000));
    assert!(
        matches!(&beyond, Err(RuntimeError::Session(_, HandleError::Rejected(why))) if *why == place),
        "{beyond:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_live_session_is_copied_up_to_a_place() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    let copy = SessionId::from_u128(8);
    let forked = in_time(process.runtime.fork(ID, Seq(1), copy, Revival::default())).await.unwrap();
    let bodies: Vec<&'static str> =
        forked.handle().events(Seq::default()).iter().map(|event| event.body.kind()).collect();
    assert_eq!(bodies, ["session_created", "session_forked"]);
    assert_eq!(process.runtime.live().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_the_caller_has_is_adopted() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    let events = release(&process, &live).await;

    let mut other = Process::new();
    let journal = OpenedSession::new(9).with_past(Past::of(events).unwrap(), EventHash::ZERO);
    let adopted = in_time(other.runtime.adopt(journal, Revival::default())).await.unwrap();
    small_talk(&mut other, &adopted).await;
    assert_eq!(adopted.id(), ID);
    let newest: Arc<Event> = adopted.handle().events(Seq::default()).pop().unwrap();
    assert_eq!(newest.header.epoch, 9);
    assert!(matches!(newest.body, EventBody::RunFinished { .. }));

    let nothing = in_time(other.runtime.adopt(OpenedSession::new(1), Revival::default())).await;
    assert!(matches!(nothing, Err(RuntimeError::Events(ResumeError::Empty))), "{nothing:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_resumes_while_another_does_or_lets_go_waits_for_that() {
    let mut process = Process::new();
    let live = create(&process, ID).await.unwrap();
    small_talk(&mut process, &live).await;
    let events = live.handle().events(Seq::default()).iter().map(|event| Event::clone(event)).collect();
    process.store.journals.lock().unwrap().insert(ID, events);
    *process.store.delay.lock().unwrap() = Duration::from_secs(1);
    live.release();
    let mut updates = live.handle().subscribe(live.handle().overview().seq);
    while in_time(updates.next()).await.is_some() {}
    let resume = || process.runtime.resume(ID, Revival::default(), Claim::IfFree);
    let (first, second) = in_time(futures::future::join(resume(), resume())).await;
    let mut resumed = [first.unwrap().1, second.unwrap().1];
    resumed.sort_unstable();
    assert_eq!(resumed, [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_while_the_store_answers_leaves_nothing_taken() {
    let process = Process::new();
    *process.store.delay.lock().unwrap() = Duration::from_secs(1);
    let given_up = tokio::time::timeout(Duration::from_millis(500), create(&process, ID)).await;
    assert!(given_up.is_err() && process.store.is_held(ID));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!process.store.is_held(ID));
    assert!(in_time(create(&process, ID)).await.is_ok());
}
