//! What waits until journals hold the events of a session, and what does not.

use std::time::Duration;

use futures::FutureExt;
use tau_core::event::{CancelScope, Event, EventHash, Seq};
use tau_core::{ContentBlock, EffectClass, RunId, SessionId};
use tau_proto::runtime::v1::{FencedReason, NackReason};
use tau_runtime::kernel::gate::StopReason;
use tau_runtime::{
    Durability, Handle, HandleError, Journals, Past, ResumeError, Session, SessionEnd, SessionErrorKind,
    Subscription, Update,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::journal::{Journal, a_moment, hash, refusal, waits_for};
use super::model::Model;
use super::support::{Running, change, hang, in_time, look, options, show, tool, tool_with_progress};

type Asked = JoinHandle<Result<RunId, HandleError>>;

/// A prompt whose answer waits.
fn ask(handle: &Handle) -> Asked {
    let handle = handle.clone();
    tokio::spawn(async move { handle.prompt([ContentBlock::text("Hi")]).await })
}

/// What a subscriber sees at once.
fn seen(updates: &mut Subscription) -> Vec<String> {
    std::iter::from_fn(|| updates.next().now_or_never().flatten()).map(|update| show(&update)).collect()
}

fn kinds(append: &[tau_proto::runtime::v1::Event]) -> Vec<&str> {
    append.iter().map(|event| event.kind.as_str()).collect()
}

/// A session that was created and asked, with one journal that has acknowledged nothing yet.
async fn asked(
    tools: impl IntoIterator<Item = std::sync::Arc<dyn tau_tools::ToolExecutor>>,
) -> (Running, Journal, Asked) {
    let journals = Journals::default();
    let journal = Journal::attach(&journals, "store").await;
    let session = Running::with(tools, waits_for(1, &journals));
    let prompt = ask(&session.handle);
    (session, journal, prompt)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_noticed_before_it_is_acknowledged() {
    let (mut session, mut journal, prompt) = asked([]).await;
    let requested = journal.until("model_requested").await;
    a_moment().await;
    assert!(session.model.is_left_alone());
    assert_eq!(seen(&mut session.updates), Vec::<String>::new());
    assert_eq!(session.handle.events(Seq::default()), vec![]);
    assert!(!prompt.is_finished());

    // A part of it.
    let created = journal.events[0].clone();
    journal.ack(&created).await;
    a_moment().await;
    assert!(session.model.is_left_alone());
    assert_eq!(seen(&mut session.updates), ["session_created"]);
    assert!(!prompt.is_finished());

    journal.ack(&requested).await;
    session.model.asked().await.text("Hello.");
    prompt.await.unwrap().unwrap();
    journal.take("run_finished").await;
    assert_eq!(
        session.until("run_finished").await,
        [
            "prompt_submitted",
            "run_started",
            "model_requested 1",
            "~ text Hello.",
            "model_replied 1",
            "run_finished Completed"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_tool_does_not_run_before_its_intent_is_acknowledged() {
    let (hang, mut begun, _dropped) = hang(EffectClass::AtMostOnce);
    let (mut session, mut journal, _prompt) = asked([hang]).await;
    journal.take("model_requested").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    // The reply and its intents are one append.
    let append = journal.append().await;
    assert_eq!(kinds(&append), ["model_replied", "tool_requested"]);
    journal.ack(&append[0]).await;
    a_moment().await;
    assert!(begun.try_recv().is_err());
    journal.ack(&append[1]).await;
    in_time(begun).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_changes_nothing_runs_at_once_and_is_stored_soon() {
    let (hang, begun, _dropped) = hang(EffectClass::Pure);
    let (mut session, mut journal, _prompt) = asked([hang]).await;
    journal.take("model_requested").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    let asked = tokio::time::Instant::now();
    in_time(begun).await.unwrap();
    assert_eq!(asked.elapsed(), Duration::ZERO, "nothing was stored yet");
    assert_eq!(kinds(&journal.append().await), ["model_replied", "tool_requested"]);
    assert_eq!(asked.elapsed(), Duration::from_millis(5), "its result may take for ever");
}

#[tokio::test(start_paused = true)]
async fn calls_that_change_nothing_are_one_append_with_their_results() {
    let (mut session, mut journal, _prompt) = asked([look()]).await;
    journal.take("model_requested").await;
    session.model.asked().await.call(&[("a", "look", "{}"), ("b", "look", "{}")]);
    let called = ["model_replied", "tool_requested", "tool_requested"];
    let ended = ["tool_finished", "tool_finished", "model_requested"];
    assert_eq!(kinds(&journal.append().await), [called, ended].concat());
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_others_stand_in_for_keeps_nobody_waiting() {
    let journals = Journals::default();
    let mut one = Journal::attach(&journals, "one").await;
    let two = Journal::attach(&journals, "two").await;
    let mut session = Running::with([], waits_for(1, &journals));
    let _prompt = ask(&session.handle);
    one.take("model_requested").await;
    session.until("model_requested").await;
    drop((one, two));
    assert_eq!(session.until("~ Paused").await.last().unwrap(), "~ Paused { reason: JournalLost }");
    let _three = Journal::attach(&journals, "three").await;
    assert_eq!(session.until("~ Resumed").await.last().unwrap(), "~ Resumed");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_before_its_intent_is_acknowledged_never_runs() {
    let (hang, mut begun, _dropped) = hang(EffectClass::AtMostOnce);
    let (mut session, mut journal, _prompt) = asked([hang]).await;
    journal.take("model_requested").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    journal.until("tool_requested").await;
    let handle = session.handle.clone();
    let cancelled = tokio::spawn(async move { handle.cancel(CancelScope::Run).await });
    journal.take("run_finished").await;
    in_time(cancelled).await.unwrap().unwrap();
    let lines = session.until("run_finished").await;
    assert!(lines.iter().any(|line| line.starts_with("tool_finished a Cancelled")), "{lines:?}");
    a_moment().await;
    assert!(begun.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn stopping_does_not_wait_for_a_journal_that_hangs() {
    let (hang, begun, dropped) = hang(EffectClass::AtMostOnce);
    let (mut session, mut journal, _prompt) = asked([hang]).await;
    journal.take("model_requested").await;
    session.model.asked().await.call(&[("a", "hang", "{}")]);
    journal.take("tool_requested").await;
    in_time(begun).await.unwrap();
    session.until("tool_requested").await;

    let handle = session.handle.clone();
    let cancelled = tokio::spawn(async move { handle.cancel(CancelScope::Run).await });
    in_time(dropped).await.expect("its future is gone");
    a_moment().await;
    assert_eq!(seen(&mut session.updates), Vec::<String>::new());
    assert!(!cancelled.is_finished());
    journal.take("run_finished").await;
    in_time(cancelled).await.unwrap().unwrap();
    assert_eq!(session.until("run_finished").await[0], "cancel_requested");
}

#[tokio::test(start_paused = true)]
async fn a_model_is_stopped_while_the_journal_hangs() {
    let (mut session, mut journal, _prompt) = asked([]).await;
    journal.take("model_requested").await;
    let exchange = session.model.asked().await;
    let handle = session.handle.clone();
    tokio::spawn(async move { handle.cancel(CancelScope::Run).await });
    exchange.given_up().await;
}

/// Deltas belong between the events that they came between, also while those wait.
#[tokio::test(start_paused = true)]
async fn what_streams_waits_behind_the_events_before_it() {
    let (go, gone) = tokio::sync::watch::channel(false);
    let talker = tool_with_progress("talk", EffectClass::Pure, move |_, progress| {
        let mut gone = gone.clone();
        async move {
            gone.wait_for(|gone| *gone).await.unwrap();
            progress.report("more");
            std::future::pending().await
        }
    });
    let (mut session, mut journal, _prompt) = asked([look(), talker]).await;
    journal.take("model_requested").await;
    session.model.asked().await.call(&[("a", "look", "{}"), ("b", "talk", "{}")]);
    let append = journal.append().await;
    assert_eq!(kinds(&append), ["model_replied", "tool_requested", "tool_requested", "tool_finished"]);
    a_moment().await;
    assert_eq!(seen(&mut session.updates).last().unwrap(), "~ arguments {}", "nothing of the reply itself");
    go.send(true).unwrap();
    a_moment().await;
    assert_eq!(seen(&mut session.updates), Vec::<String>::new());
    journal.ack(append.last().unwrap()).await;
    let shown = session.until("~ output").await;
    assert_eq!(shown[shown.len() - 2..], ["tool_finished a Succeeded: seen", "~ output b more"]);
}

#[tokio::test(start_paused = true)]
async fn as_many_journals_as_are_required_must_hold_an_event() {
    let journals = Journals::default();
    let mut one = Journal::attach(&journals, "one").await;
    let mut two = Journal::attach(&journals, "two").await;
    let mut session = Running::with([], waits_for(2, &journals));
    ask(&session.handle);
    one.take("model_requested").await;
    let requested = two.until("model_requested").await;
    a_moment().await;
    assert!(session.model.is_left_alone());
    two.ack(&requested).await;
    let _exchange = session.model.asked().await;
}

#[tokio::test(start_paused = true)]
async fn a_journal_without_room_is_tried_again_later_and_later() {
    let (mut session, mut journal, prompt) = asked([]).await;
    let requested = journal.until("model_requested").await;
    let first = journal.events[0].clone();
    let mut delays = Vec::new();
    for reason in [NackReason::StorageFull; 7] {
        let refused = tokio::time::Instant::now();
        journal.say(refusal(&first, reason)).await;
        // What was on its way is refused too, which changes nothing.
        journal.say(refusal(&requested, reason)).await;
        let again = journal.append().await;
        assert_eq!(again[0], first);
        assert_eq!(again.last(), Some(&requested), "all of it at once");
        delays.push(refused.elapsed().as_millis());
    }
    assert_eq!(delays, [50, 100, 200, 400, 800, 1_000, 1_000]);
    assert!(session.model.is_left_alone());
    assert_eq!(seen(&mut session.updates), ["~ Paused { reason: StorageFull }"], "said once");
    let mut late = session.handle.subscribe(Seq::default());
    assert_eq!(seen(&mut late), ["~ Paused { reason: StorageFull }"], "whoever comes late is told, too");
    journal.ack(&requested).await;
    let _exchange = session.model.asked().await;
    prompt.await.unwrap().unwrap();
    assert_eq!(session.until("~ Resumed").await.last().unwrap(), "~ Resumed");
    let mut late = session.handle.subscribe(Seq::default());
    assert!(!seen(&mut late).iter().any(|told| told.starts_with("~ Paused")));
    // Then it begins with short waits again.
    let handle = session.handle.clone();
    tokio::spawn(async move { handle.inject([ContentBlock::text("!")]).await });
    let injected = journal.until("context_injected").await;
    let refused = tokio::time::Instant::now();
    journal.say(refusal(&injected, NackReason::Unavailable)).await;
    assert_eq!(journal.append().await, [injected]);
    assert_eq!(refused.elapsed(), Duration::from_millis(50));
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_filled_at_once() {
    let (mut session, mut journal, _prompt) = asked([]).await;
    let requested = journal.until("model_requested").await;
    let mut gap = refusal(&requested, NackReason::Gap);
    gap.held = super::journal::position(&journal.events[0].clone()).into();
    let now = tokio::time::Instant::now();
    journal.say(gap).await;
    let again = journal.append().await;
    assert_eq!(again.iter().map(|event| event.seq).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(now.elapsed(), Duration::ZERO);
    journal.ack(&requested).await;
    let _exchange = session.model.asked().await;
}

#[tokio::test(start_paused = true)]
async fn final_refusals_end_the_session() {
    let cases = [
        (NackReason::Fenced, StopReason::Fenced, "journal_fenced"),
        (NackReason::Conflict, StopReason::Conflict, "journal_conflict"),
        (NackReason::HashMismatch, StopReason::HashMismatch, "journal_hash_mismatch"),
        (NackReason::Gap, StopReason::HistoryLost, "journal_history_lost"),
        (NackReason::ReadOnly, StopReason::ReadOnly, "journal_read_only"),
        (NackReason::TooLarge, StopReason::TooLarge, "journal_too_large"),
        (NackReason::Invalid, StopReason::Invalid, "journal_invalid"),
        (NackReason::Unspecified, StopReason::Unspecified, "journal_refused"),
    ];
    for (nack, stop, code) in cases {
        let (hang, begun, dropped) = hang(EffectClass::AtMostOnce);
        let (mut session, mut journal, _prompt) = asked([hang]).await;
        journal.take("model_requested").await;
        session.model.asked().await.call(&[("a", "hang", "{}")]);
        let last = journal.take("tool_requested").await;
        in_time(begun).await.unwrap();

        let prompt = ask(&session.handle);
        let submitted = journal.until("prompt_submitted").await;
        let mut refused = refusal(&submitted, nack);
        if nack == NackReason::Gap {
            refused.held = super::journal::position(&journal.events[2].clone()).into();
        }
        journal.say(refused).await;
        let kind = SessionErrorKind::Refused(stop);
        assert_eq!(in_time(prompt).await.unwrap(), Err(HandleError::Failed(kind)), "{nack:?}");
        in_time(dropped).await.expect("the tool is stopped");
        let error = in_time(session.task).await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.client(), error.detail()), (kind, "store", "says the test"));
        assert_eq!(kind.code(), code);
        // Its journal is told to forget the rest.
        let fenced = journal.fenced().await;
        let reason = match stop {
            StopReason::Fenced => FencedReason::Superseded,
            _ => FencedReason::Unspecified,
        };
        assert_eq!((fenced.epoch, fenced.reason.as_known()), (1, Some(reason)));
        // What was seen is what is durable.
        let mut seqs = Vec::new();
        while let Some(update) = in_time(session.updates.next()).await {
            if let Update::Event(event) = update {
                seqs.push(event.header.seq.0);
            }
        }
        assert_eq!(seqs, (1..=last.seq).collect::<Vec<_>>());
        let late = session.handle.inject([ContentBlock::text("Still there?")]).await;
        assert_eq!(late, Err(HandleError::Ended));
    }
}

#[tokio::test(start_paused = true)]
async fn an_acknowledgement_of_something_else_ends_the_session() {
    let (session, mut journal, _prompt) = asked([]).await;
    let mut requested = journal.until("model_requested").await;
    requested.body = b"{}".to_vec().into();
    journal.ack(&requested).await;
    let error = in_time(session.task).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), SessionErrorKind::Refused(StopReason::Conflict));
}

#[tokio::test(start_paused = true)]
async fn without_its_journal_a_session_waits_and_then_ends() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let mut session = Running::with([], waits_for(1, &journals));
    let prompt = ask(&session.handle);
    journal.take("model_requested").await;
    session.model.asked().await.text("Hello.");
    journal.take("run_finished").await;
    session.until("run_finished").await;
    prompt.await.unwrap().unwrap();
    journal.crash().await;
    // Nothing waits, so nothing ends.
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(session.until("~ Paused").await, ["~ Paused { reason: JournalLost }"]);
    let lost = tokio::time::Instant::now();
    let prompt = ask(&session.handle);
    let ended = session.task.await.unwrap().unwrap_err();
    assert_eq!((ended.kind(), lost.elapsed()), (SessionErrorKind::JournalLost, Duration::from_secs(30)));
    assert_eq!(prompt.await.unwrap(), Err(HandleError::Failed(SessionErrorKind::JournalLost)));
    assert!(session.model.is_left_alone());
    assert!(in_time(session.updates.next()).await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_journal_comes_back_goes_on() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let mut session = Running::with([], waits_for(1, &journals));
    ask(&session.handle);
    let requested = journal.until("model_requested").await;
    let submitted = journal.events[1].clone();
    journal.ack(&submitted).await;
    session.until("prompt_submitted").await;
    journal.crash().await;
    tokio::time::sleep(Duration::from_secs(29)).await;
    assert!(session.model.is_left_alone());

    // Nothing that it acknowledged is sent again.
    let mut journal = Journal::attach(&journals, "store").await;
    assert_eq!(journal.append().await[0].seq, submitted.seq + 1);
    journal.ack(&requested).await;
    session.model.asked().await.text("Hello.");
    assert_eq!(
        session.until("model_requested").await,
        ["~ Paused { reason: JournalLost }", "~ Resumed", "run_started", "model_requested 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn shutting_down_does_not_wait_long_for_a_journal_that_hangs() {
    let (session, mut journal, prompt) = asked([]).await;
    journal.until("model_requested").await;
    let now = tokio::time::Instant::now();
    session.shutdown.cancel();
    assert_eq!(session.task.await.unwrap(), Ok(SessionEnd::Shutdown));
    assert_eq!(now.elapsed(), Duration::from_secs(1));
    assert_eq!(prompt.await.unwrap(), Err(HandleError::Ended));
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_closed_ends_once_that_is_durable() {
    let (mut session, mut journal, _prompt) = asked([]).await;
    journal.take("model_requested").await;
    session.until("model_requested").await;
    let handle = session.handle.clone();
    let closed = tokio::spawn(async move { handle.cancel(CancelScope::Session).await });
    let last = journal.until("session_closed").await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert!(!session.task.is_finished() && !closed.is_finished());
    journal.ack(&last).await;
    in_time(closed).await.unwrap().unwrap();
    assert_eq!(in_time(session.task).await.unwrap(), Ok(SessionEnd::Closed));
}

/// Every event names the hash of the one before as the interface defines it, over a resume too.
#[tokio::test(start_paused = true)]
async fn the_chain_goes_on_where_the_journal_ends() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let id = SessionId::from_u128(7);
    let mut first = Running::with([look(), change()], |options| {
        waits_for(1, &journals)(options);
        options.durability.session = Some(id);
        options.durability.epoch = Some(5);
    });
    ask(&first.handle);
    journal.take("model_requested").await;
    first.model.asked().await.call(&[("a", "look", "{}"), ("b", "change", "{}")]);
    journal.take("tool_requested").await;
    let last = journal.take("model_requested").await;
    first.until("model_requested 2").await;
    assert_eq!(first.handle.session_id(), id);
    let stored: Vec<Event> =
        first.handle.events(Seq::default()).iter().map(|event| Event::clone(event)).collect();
    first.shutdown.cancel();
    in_time(first.task).await.unwrap().unwrap();

    let mut model = Model::new();
    let resume = |epoch, last_hash| {
        let mut options = options(&model, [look(), change()]);
        waits_for(1, &journals)(&mut options);
        options.durability.epoch = Some(epoch);
        options.durability.last_hash = last_hash;
        Session::resume(options, Past::of(stored.clone()).unwrap())
    };
    assert_eq!(resume(6, None).unwrap_err(), ResumeError::UnknownHash);
    assert_eq!(
        resume(4, Some(hash(&last))).unwrap_err().to_string(),
        "the session was written under epoch 5, so it cannot go on under epoch 4"
    );
    let (session, handle) = resume(9, Some(hash(&last))).unwrap();
    tokio::spawn(session.run(CancellationToken::new()));
    journal.take("session_resumed").await;
    model.asked().await.text("Hello.");
    journal.take("run_finished").await;

    let mut before = EventHash::ZERO;
    for (index, event) in journal.events.iter().enumerate() {
        assert_eq!(event.session_id, id.to_string());
        assert_eq!(event.seq, index as u64 + 1);
        assert_eq!(event.epoch, if event.seq <= last.seq { 5 } else { 9 });
        assert_eq!(*event.prev_hash, before.0, "of event {}", event.seq);
        before = hash(event);
        let known = handle.events(Seq::default());
        if let Some(known) = known.get(index) {
            assert_eq!(event.event_id, known.header.id.to_string());
            assert_eq!(event.kind, known.body.kind());
            assert_eq!(event.cause_event_id, known.header.cause.map(|cause| cause.to_string()));
            let time = known.header.time.0;
            assert_eq!(event.time.seconds * 1_000 + i64::from(event.time.nanos) / 1_000_000, time as i64);
        }
    }
    assert!(journal.events.len() > last.seq as usize);
}

/// Of two writers in one process the newer goes on.
#[tokio::test(start_paused = true)]
async fn a_session_that_is_taken_up_again_ends_the_one_before() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let first = Running::with([], waits_for(1, &journals));
    ask(&first.handle);
    let requested = journal.take("model_requested").await;
    a_moment().await;
    let stored: Vec<Event> =
        first.handle.events(Seq::default()).iter().map(|event| Event::clone(event)).collect();
    let model = Model::new();
    let mut again = options(&model, []);
    waits_for(1, &journals)(&mut again);
    again.durability.last_hash = Some(hash(&requested));
    let (second, _handle) = Session::resume(again, Past::of(stored).unwrap()).unwrap();
    tokio::spawn(second.run(CancellationToken::new()));
    let fenced = journal.fenced().await;
    assert_eq!((fenced.epoch, fenced.reason.as_known()), (1, Some(FencedReason::Superseded)));
    let ended = in_time(first.task).await.unwrap().unwrap_err();
    assert_eq!(ended.kind(), SessionErrorKind::Refused(StopReason::Fenced));
    assert_eq!(journal.take("session_resumed").await.epoch, 2);
}

/// With nothing required, a session neither waits for a journal nor is slowed by one that does not read.
#[tokio::test(start_paused = true)]
async fn a_journal_that_does_not_read_slows_nothing_that_does_not_need_it() {
    let journals = Journals::default();
    let mut journal = Journal::attach(&journals, "store").await;
    let mut session =
        Running::with([tool("t", EffectClass::Pure, |_| async { unreachable!() })], waits_for(0, &journals));
    for _ in 0..500 {
        in_time(session.handle.inject([ContentBlock::text("x".repeat(10_000))])).await.unwrap();
    }
    session.until("context_injected").await;
    session.small_talk().await;
    while journal.events.last().is_none_or(|event| event.kind != "run_finished") {
        journal.append().await;
    }
    let seqs: Vec<u64> = journal.events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=506).collect::<Vec<_>>());
}

#[test]
fn defaults() {
    let durability = Durability::default();
    assert_eq!((durability.required_acks, durability.grace), (0, Duration::from_secs(30)));
    assert!(durability.journals.is_none());
}
