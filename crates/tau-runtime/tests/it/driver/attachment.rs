//! Attachments: who may, how they are continued, and how they end.

use std::time::Duration;

use futures::FutureExt;
use tau_core::ContentBlock;
use tau_core::event::Seq;
use tau_proto::runtime::v1::{
    Ack, ExtensionRole, FencedReason, Heartbeat, Hello, Nack, NackReason, SessionPosition, attach_request,
    attach_response,
};
use tau_runtime::Journals;
use tau_runtime::attach::{Attachments, AttachmentsOptions};
use tau_runtime::journals::{AttachEnd, AttachErrorKind, Violation};

use super::journal::{Journal, a_moment, hello, hello_at, position, refusal, waits_for};
use super::support::{Running, in_time};

async fn failed(journal: Journal) -> AttachErrorKind {
    in_time(journal.attachment).await.unwrap().unwrap_err().kind()
}

/// A session of which one journal holds everything so far: that it was created.
async fn created(journals: &Journals) -> (Running, Journal) {
    let mut journal = Journal::attach(journals, "store").await;
    let mut session = Running::with([], waits_for(1, journals));
    journal.take("session_created").await;
    session.until("session_created").await;
    (session, journal)
}

#[tokio::test(start_paused = true)]
async fn it_is_welcomed() {
    let mut options = AttachmentsOptions::default();
    options.heartbeat_interval = Duration::from_millis(2_500);
    let hub = Attachments::new(Journals::default(), options);
    for (spoken, expected) in [(1, 1), (7, 1)] {
        let mut journal = Journal::connect_to(hub.clone());
        journal.say(Hello { protocol_version: spoken, ..hello("store") }).await;
        let welcome = journal.welcome().await;
        assert_eq!(welcome.protocol_version, expected);
        assert_eq!(welcome.server_name, "tau-runtime");
        let interval = &welcome.heartbeat_interval;
        assert_eq!((interval.seconds, interval.nanos), (2, 500_000_000));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_interface_does_not_allow_ends_it() {
    let journals = Journals::default();
    let long = "x".repeat(129);
    let twice = vec![ExtensionRole::default(), ExtensionRole::default()];
    let repeated = vec![SessionPosition { session_id: "s".into(), ..Default::default() }; 2];
    let first: [(Option<attach_request::Message>, Violation); 11] = [
        (None, Violation::NoHello),
        (Some(Heartbeat::default().into()), Violation::NoHello),
        (Some(Hello { protocol_version: 0, ..hello("a") }.into()), Violation::Version),
        (Some(hello("").into()), Violation::Client),
        (Some(hello(&long).into()), Violation::Client),
        (Some(Hello { client_name: String::new(), ..hello("a") }.into()), Violation::Client),
        (Some(Hello { client_version: long, ..hello("a") }.into()), Violation::Client),
        (Some(Hello { roles: vec![], ..hello("a") }.into()), Violation::Roles),
        (Some(Hello { roles: vec![ExtensionRole::default()], ..hello("a") }.into()), Violation::Roles),
        (Some(Hello { roles: twice, ..hello("a") }.into()), Violation::Roles),
        (Some(hello_at("a", repeated.clone()).into()), Violation::RepeatedPosition),
    ];
    for (message, violation) in first {
        let mut journal = Journal::connect(&journals);
        journal.say_any(message).await;
        assert_eq!(failed(journal).await, AttachErrorKind::Protocol(violation));
    }

    let (_session, mut known) = created(&journals).await;
    known.attachment.abort();
    let created = known.events.pop().unwrap();
    let beyond = tau_proto::runtime::v1::Event { seq: 2, ..created };
    let positions = vec![SessionPosition { hash: vec![].into(), ..position(&beyond) }];
    let later: [(Option<attach_request::Message>, Violation); 6] = [
        (None, Violation::UnknownMessage),
        (Some(hello("store").into()), Violation::HelloTwice),
        (Some(Ack::default().into()), Violation::EmptyAck),
        (Some(Ack { positions: repeated, ..Default::default() }.into()), Violation::RepeatedPosition),
        (Some(Ack { positions, ..Default::default() }.into()), Violation::AckBeyondSent),
        (Some(refusal(&beyond, NackReason::Fenced).into()), Violation::NackBeyondSent),
    ];
    for (message, violation) in later {
        let mut journal = Journal::attach(&journals, "store").await;
        journal.say_any(message).await;
        assert_eq!(failed(journal).await, AttachErrorKind::Protocol(violation));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_of_other_sessions_and_epochs_is_ignored() {
    let journals = Journals::default();
    let (session, mut journal) = created(&journals).await;
    let created = journal.events[0].clone();
    let of = |session_id: &str, epoch| SessionPosition {
        session_id: session_id.into(),
        seq: 99,
        epoch,
        ..Default::default()
    };
    let upper = created.session_id.to_uppercase();
    for position in [of("no-id", 1), of(&upper, 1), of(&created.session_id, 2), of(&created.session_id, 0)] {
        let SessionPosition { session_id, seq, epoch, .. } = position.clone();
        journal.say(Ack { positions: vec![position], ..Default::default() }).await;
        let reason = NackReason::Fenced.into();
        journal.say(Nack { session_id, seq, epoch, reason, ..Default::default() }).await;
    }
    a_moment().await;
    assert!(!session.task.is_finished() && !journal.attachment.is_finished());
}

#[tokio::test(start_paused = true)]
async fn both_sides_give_signs_of_life() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let start = tokio::time::Instant::now();
    for seconds in [10, 20] {
        assert!(matches!(journal.next().await, Some(attach_response::Message::Heartbeat(_))));
        assert_eq!(start.elapsed().as_secs(), seconds);
    }
    journal.say(Heartbeat::default()).await;
    while journal.next().await.is_some() {}
    assert_eq!(failed(journal).await, AttachErrorKind::Lost);
    assert_eq!(start.elapsed().as_secs(), 50);
    // Or it never says hello.
    let journal = Journal::connect(&journals);
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(failed(journal).await, AttachErrorKind::Lost);
}

#[tokio::test(start_paused = true)]
async fn the_newer_of_two_attachments_goes_on() {
    let journals = Journals::default();
    let (mut session, first) = created(&journals).await;
    let handle = session.handle.clone();
    let prompt = tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    let mut first = first;
    first.until("model_requested").await;
    let mut second = Journal::attach(&journals, "store").await;
    assert_eq!(failed(first).await, AttachErrorKind::Replaced);
    // What the first was sent may be acknowledged over the second, and is sent again.
    second.take("model_requested").await;
    assert_eq!(second.events[0].seq, 2);
    let _exchange = session.model.asked().await;
    in_time(prompt).await.unwrap().unwrap();
    assert_eq!(second.detach().await.unwrap(), AttachEnd::Detached);
}

/// One that hangs on a message that it does not read is replaced all the same.
#[tokio::test(start_paused = true)]
async fn an_attachment_that_does_not_read_is_replaced() {
    let journals = Journals::default();
    let first = Journal::attach(&journals, "store").await;
    let session = Running::with([], waits_for(0, &journals));
    for _ in 0..200 {
        in_time(session.handle.inject([ContentBlock::text("x")])).await.unwrap();
        a_moment().await;
    }
    let mut second = Journal::attach(&journals, "store").await;
    assert_eq!(failed(first).await, AttachErrorKind::Replaced);
    second.until("context_injected").await;
    let seqs: Vec<u64> = second.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=201).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_after_what_the_journal_holds() {
    let journals = Journals::default();
    let (mut session, mut journal) = created(&journals).await;
    let handle = session.handle.clone();
    tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    let requested = journal.until("model_requested").await;
    let started = journal.events[2].clone();
    journal.crash().await;
    // It had stored a part, and could not say so.
    let mut journal = Journal::attach_with(&journals, hello_at("store", vec![position(&started)])).await;
    session.until("run_started").await;
    assert_eq!(journal.append().await, std::slice::from_ref(&requested));
    journal.crash().await;
    // It had stored all of it.
    let mut journal = Journal::attach_with(&journals, hello_at("store", vec![position(&requested)])).await;
    let _exchange = session.model.asked().await;
    journal.hears_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_holds_something_else_is_told() {
    let journals = Journals::default();
    let (session, journal) = created(&journals).await;
    let held = position(&journal.events[0]);
    journal.crash().await;
    let other = SessionPosition { hash: vec![1; 32].into(), ..held.clone() };
    let cases = [
        (SessionPosition { session_id: "s".into(), ..held.clone() }, FencedReason::NotRunning),
        (SessionPosition { epoch: 2, ..held.clone() }, FencedReason::NotRunning),
        (SessionPosition { seq: 2, hash: vec![].into(), ..held.clone() }, FencedReason::Diverged),
        (SessionPosition { hash: vec![1; 7].into(), ..held.clone() }, FencedReason::Diverged),
        (other.clone(), FencedReason::Diverged),
    ];
    for (said, reason) in cases {
        let mut journal = Journal::attach_with(&journals, hello_at("store", vec![said.clone()])).await;
        let fenced = journal.fenced().await;
        assert_eq!((&fenced.session_id, fenced.epoch), (&said.session_id, said.epoch));
        assert_eq!(fenced.reason.as_known(), Some(reason), "{said:?}");
        journal.crash().await;
    }
    // One that diverged is sent nothing, so the session waits for another.
    let mut journal = Journal::attach_with(&journals, hello_at("store", vec![other])).await;
    journal.fenced().await;
    let asked = session.handle.prompt([ContentBlock::text("Hi")]);
    let mut asked = Box::pin(asked);
    assert!(asked.as_mut().now_or_never().is_none());
    journal.hears_nothing().await;
    journal.crash().await;
    let mut journal = Journal::attach_with(&journals, hello_at("store", vec![held])).await;
    journal.take("model_requested").await;
    in_time(asked).await.unwrap();
}

/// A journal that attaches when events are gone that it lacks does not hold the session up for another.
#[tokio::test(start_paused = true)]
async fn what_is_not_kept_cannot_be_had() {
    let journals = Journals::default();
    let (mut session, mut journal) = created(&journals).await;
    let mut late = Journal::attach(&journals, "late").await;
    let created = journal.events[0].clone();
    let mut gap = refusal(&created, NackReason::Gap);
    let handle = session.handle.clone();
    tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    journal.take("model_requested").await;
    let _exchange = session.model.asked().await;
    late.until("model_requested").await;
    gap.seq = 2;
    gap.held = SessionPosition { session_id: created.session_id.clone(), ..Default::default() }.into();
    late.say(gap).await;
    let fenced = late.fenced().await;
    assert_eq!(fenced.reason.as_known(), Some(FencedReason::Diverged));
    a_moment().await;
    assert!(!session.task.is_finished());
}

/// Decisions stay together, and an append stays small.
#[tokio::test(start_paused = true)]
async fn appends_are_whole_decisions_up_to_a_bound() {
    let journals = Journals::default();
    let mut session = Running::with([], waits_for(0, &journals));
    let large = "x".repeat(700_000);
    for text in ["a", "b", &large, &large, "c"] {
        session.handle.inject([ContentBlock::text(text)]).await.unwrap();
    }
    for _ in 0..254 {
        session.handle.inject([ContentBlock::text("d")]).await.unwrap();
    }
    session.small_talk().await;
    for _ in 0..50 {
        session.handle.inject([ContentBlock::text("e")]).await.unwrap();
    }
    let mut journal = Journal::attach(&journals, "store").await;
    let mut appends = Vec::new();
    while journal.events.len() < session.handle.events(Seq::default()).len() {
        appends.push(journal.append().await.len());
    }
    // To the second large text; then 256 and the rest of a prompt's three; then what is left.
    assert_eq!(appends, [5, 258, 52]);
}

#[tokio::test(start_paused = true)]
async fn closing_sends_what_there_is_and_waits_for_the_journal() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let mut session = Running::with([], waits_for(0, &journals));
    session.small_talk().await;
    session.shutdown.cancel();
    in_time(session.task).await.unwrap().unwrap();
    journals.close();
    journal.until("run_finished").await;
    assert!(journal.next().await.is_none());
    let last = journal.events.last().unwrap().clone();
    journal.ack(&last).await;
    assert!(!journal.attachment.is_finished());
    assert_eq!(journal.detach().await.unwrap(), AttachEnd::Closed);
}

/// A refusal and an acknowledgement of the same events cross each other.
#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_after_a_refusal_is_not_sent_again() {
    let journals = Journals::default();
    let (mut session, mut journal) = created(&journals).await;
    let handle = session.handle.clone();
    tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await });
    let requested = journal.until("model_requested").await;
    journal.say(refusal(&journal.events[1].clone(), NackReason::StorageFull)).await;
    journal.ack(&requested).await;
    let exchange = session.model.asked().await;
    journal.hears_nothing().await;
    exchange.text("Hello.");
    journal.take("run_finished").await;
    assert_eq!(journal.events.iter().map(|event| event.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
}
