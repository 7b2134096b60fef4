//! Following sessions over the interface.

use connectrpc::ErrorCode;
use tau_core::SessionId;
use tau_core::event::EventHash;
use tau_proto::runtime::v1::{self as pb, subscribe_response::Message};
use tau_runtime::journals::from_wire;

use super::support::{Served, Subscription, kind, prompt, reason};

fn cursor(session: SessionId, after_seq: u64) -> pb::SessionCursor {
    pb::SessionCursor { session_id: session.to_string(), after_seq, ..Default::default() }
}

/// What comes up to a message, as lines.
async fn until(subscription: &mut Subscription, last: &str) -> Vec<String> {
    let mut lines = Vec::new();
    while let Some(message) = subscription.next().await.unwrap() {
        lines.push(match &message {
            Message::Event(event) => format!("{} {}", event.seq, kind(event)),
            Message::Delta(_) => "~".to_owned(),
            Message::CaughtUp(at) => format!("caught up {}", at.seq),
            Message::Stopped(stopped) => format!("stopped {:?}", stopped.reason.as_known()),
            Message::Heartbeat(_) => "heartbeat".to_owned(),
            Message::Session(session) => format!("session {}", session.head.seq),
            Message::Lagged(_) => "lagged".to_owned(),
        });
        if lines.last().unwrap() == last {
            break;
        }
        assert!(lines.len() < 200, "{last} does not come: {lines:#?}");
    }
    lines
}

/// A session with a prompt that was answered.
async fn talked(served: &mut Served) -> SessionId {
    let session = served.create().await;
    let mut run = served.run(prompt(session, "Hi")).await.unwrap();
    served.process.model.asked().await.text("Hello.");
    run.rest().await;
    session
}

#[tokio::test(start_paused = true)]
async fn what_happened_and_then_what_happens() {
    let mut served = Served::new();
    let session = talked(&mut served).await;
    let request = pb::SubscribeRequest { sessions: vec![cursor(session, 4)], ..Default::default() };
    let mut subscription = served.subscribe(request).await.unwrap();
    assert_eq!(
        until(&mut subscription, "caught up 6").await,
        ["5 model_replied", "6 run_finished", "caught up 6"]
    );
    let _run = served.run(prompt(session, "And?")).await.unwrap();
    assert_eq!(
        until(&mut subscription, "9 model_requested").await,
        ["7 prompt_submitted", "8 run_started", "9 model_requested"]
    );
    served.process.model.asked().await.text("Well.");
    let lines = until(&mut subscription, "11 run_finished").await;
    assert!(lines.contains(&"~".to_owned()), "words stream between: {lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_replay_ends_by_itself_and_a_filter_leaves_out() {
    let mut served = Served::new();
    let session = talked(&mut served).await;
    let request = pb::SubscribeRequest {
        sessions: vec![cursor(session, 0)],
        event_kinds: vec!["model_replied".to_owned()],
        end: pb::SubscribeEnd::AtHead.into(),
        ..Default::default()
    };
    let mut subscription = served.subscribe(request).await.unwrap();
    assert_eq!(until(&mut subscription, "").await, ["5 model_replied", "caught up 6"]);
}

#[tokio::test(start_paused = true)]
async fn what_came_after_the_head_is_not_told_with_it() {
    let mut served = Served::new();
    let session = talked(&mut served).await;
    let request = pb::SubscribeRequest {
        sessions: vec![cursor(session, 4)],
        end: pb::SubscribeEnd::AtHead.into(),
        ..Default::default()
    };
    let mut subscription = served.subscribe(request).await.unwrap();
    // The session goes on before anything was read.
    let mut run = served.run(prompt(session, "And?")).await.unwrap();
    served.process.model.asked().await.text("Well.");
    run.rest().await;
    assert_eq!(until(&mut subscription, "").await, ["5 model_replied", "6 run_finished", "caught up 6"]);
}

#[tokio::test(start_paused = true)]
async fn one_subscription_follows_many_sessions_those_of_later_too() {
    let mut served = Served::new();
    let (first, _) = (talked(&mut served).await, served.create().await);
    let request = pb::SubscribeRequest {
        sessions: vec![cursor(first, 6)],
        selector: Some(pb::SessionSelector::default()).into(),
        include_sessions: true,
        deltas: pb::DeltaMode::Excluded.into(),
        ..Default::default()
    };
    let mut subscription = served.subscribe(request).await.unwrap();
    let mut lines = vec![];
    for _ in 0..2 {
        lines.push(format!("{:?}", subscription.next().await.unwrap().unwrap()).contains("CaughtUp"));
    }
    assert_eq!(lines, [true, true]);
    let third = talked(&mut served).await;
    let lines = until(&mut subscription, "6 run_finished").await;
    assert_eq!(lines[0], "1 session_created", "nothing of it is missed");
    until(&mut subscription, "session 6").await;
    let close = pb::CloseRequest {
        session_id: third.to_string(),
        mode: pb::CloseMode::Final.into(),
        ..Default::default()
    };
    served.sessions.close(close).await.unwrap();
    until(&mut subscription, "stopped Some(STOP_REASON_CLOSED)").await;
}

#[tokio::test(start_paused = true)]
async fn silence_is_broken_by_heartbeats() {
    let mut served = Served::new();
    let session = talked(&mut served).await;
    let request = pb::SubscribeRequest { sessions: vec![cursor(session, 5)], ..Default::default() };
    let mut subscription = served.subscribe(request).await.unwrap();
    until(&mut subscription, "caught up 6").await;
    let Message::Heartbeat(heartbeat) = subscription.next().await.unwrap().unwrap() else {
        panic!("no heartbeat")
    };
    assert_eq!(heartbeat.positions[0].seq, 6);
    let Message::Heartbeat(heartbeat) = subscription.next().await.unwrap().unwrap() else {
        panic!("no heartbeat")
    };
    assert_eq!(heartbeat.positions.len(), 0, "nothing moved since");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_followed_says_why() {
    let served = Served::new();
    let session = served.create().await;
    let nobody = SessionId::from_u128(404);
    let cases = [
        (vec![cursor(nobody, 0)], vec![], ErrorCode::NotFound, "session_not_found"),
        (vec![cursor(session, 9)], vec![], ErrorCode::OutOfRange, "no_such_place"),
        (
            vec![cursor(session, 0)],
            vec!["model_sang".to_owned()],
            ErrorCode::InvalidArgument,
            "unknown_event_kind",
        ),
        (vec![], vec![], ErrorCode::InvalidArgument, "invalid_request"),
    ];
    for (sessions, event_kinds, code, name) in cases {
        let request = pb::SubscribeRequest { sessions, event_kinds, ..Default::default() };
        let error = match served.subscribe(request).await {
            Ok(mut subscription) => subscription.next().await.unwrap_err(),
            Err(error) => error,
        };
        assert_eq!((error.code, reason(&error).as_str()), (code, name));
    }
}

#[tokio::test(start_paused = true)]
async fn why_a_session_stopped_is_known_before_its_store_has_it_back_and_it_is_told_once() {
    let mut served = Served::new();
    let request = pb::SubscribeRequest {
        selector: Some(pb::SessionSelector::default()).into(),
        event_kinds: vec!["session_closed".to_owned(), "session_created".to_owned()],
        deltas: pb::DeltaMode::Excluded.into(),
        ..Default::default()
    };
    let mut subscription = served.subscribe(request).await.unwrap();
    let session = talked(&mut served).await;
    *served.process.store.delay.lock().unwrap() = std::time::Duration::from_secs(2);
    let close = pb::CloseRequest {
        session_id: session.to_string(),
        mode: pb::CloseMode::Final.into(),
        ..Default::default()
    };
    let lines = async {
        let lines = until(&mut subscription, "stopped Some(STOP_REASON_CLOSED)").await;
        (lines, until(&mut subscription, "1 session_created").await)
    };
    let other = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        served.create().await
    };
    let (_, _, (lines, later)) = futures::join!(served.sessions.close(close), other, lines);
    assert_eq!(lines.iter().filter(|line| line.ends_with("session_created")).count(), 1, "{lines:?}");
    assert_eq!(later, ["1 session_created"]);
}

/// The records that a subscription tells up to its end.
async fn records(served: &Served, request: pb::SubscribeRequest) -> Vec<pb::Event> {
    let request =
        pb::SubscribeRequest { include_records: true, end: pb::SubscribeEnd::AtHead.into(), ..request };
    let mut subscription = served.subscribe(request).await.unwrap();
    let mut records = Vec::new();
    while let Some(message) = subscription.next().await.unwrap() {
        if let Message::Event(event) = message {
            let record = event.record.as_option().expect("it carries its record").clone();
            let same = (&event.session_id, event.seq, &event.event_id, event.epoch);
            assert_eq!((&record.session_id, record.seq, &record.event_id, record.epoch), same);
            assert_eq!(record.kind, kind(&event));
            records.push(record);
        }
    }
    records
}

#[tokio::test(start_paused = true)]
async fn records_are_those_of_the_journal_from_any_place_on() {
    let mut served = Served::new();
    let session = talked(&mut served).await;
    let from = |after| pb::SubscribeRequest { sessions: vec![cursor(session, after)], ..Default::default() };
    let all = records(&served, from(0)).await;
    let mut last_hash = EventHash::ZERO;
    for (record, event) in all.iter().zip(served.process.runtime.events(session).await.unwrap()) {
        let record = from_wire(record.clone()).unwrap();
        assert_eq!((record.prev_hash, &record.open().unwrap()), (last_hash, &*event));
        last_hash = record.hash();
    }
    assert_eq!(all.len(), 6);
    assert_eq!(records(&served, from(3)).await, all[3..]);
    let replies = pb::SubscribeRequest { event_kinds: vec!["model_replied".to_owned()], ..from(2) };
    assert_eq!(records(&served, replies).await, all[4..5]);

    // The same of a session that only a store knows.
    let events = served.process.runtime.events(session).await.unwrap();
    let events = events.iter().map(|event| (**event).clone()).collect();
    let cold = Served::new();
    cold.process.store.journals.lock().unwrap().insert(session, events);
    assert_eq!(records(&cold, from(0)).await, all);
    assert_eq!(records(&cold, from(4)).await, all[4..]);
}
