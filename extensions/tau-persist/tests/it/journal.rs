//! The journal over an in-process transport, against a runtime that is played by the test.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc::{Receiver, Sender, channel};
use futures::{SinkExt as _, StreamExt as _};
use tau_persist::{
    Append, Journal, JournalEnd, JournalError, JournalErrorKind, JournalOptions, JournalReport, MemoryStore,
    SqliteOptions, SqliteStore, Store, StoreOptions, Violation, event_hash, held_positions,
};
use tau_proto::buffa_types::google::protobuf::Duration as WireDuration;
use tau_proto::runtime::v1::{
    Ack, Append as AppendMessage, AttachRequest, AttachResponse, Event, Fenced, FencedReason, Hello, Nack,
    NackReason, SessionPosition, Welcome, attach_request, attach_response, extension_role,
};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::{Folder, Writer, id, open, read_all};

/// The runtime's side of an attachment.
struct Runtime {
    to: Sender<AttachResponse>,
    from: Receiver<AttachRequest>,
    stop: Option<oneshot::Sender<()>>,
    journal: JoinHandle<Result<JournalReport, JournalError>>,
}

impl Runtime {
    /// Starts a journal over the store; it has said nothing yet.
    fn start(store: Arc<dyn Store>, options: JournalOptions) -> Self {
        let (to, incoming) = channel(1_000);
        let (outgoing, from) = channel(0);
        let (stop, stopped) = oneshot::channel::<()>();
        let journal = Journal::new(store, options);
        let journal = tokio::spawn(journal.run(incoming, outgoing, async move { drop(stopped.await) }));
        Self { to, from, stop: Some(stop), journal }
    }

    /// An attachment that was welcomed.
    async fn attached(store: Arc<dyn Store>) -> Self {
        let mut runtime = Self::start(store, JournalOptions::new("store-1"));
        runtime.hello().await;
        runtime.send(welcome(10)).await;
        runtime
    }

    async fn send(&mut self, message: impl Into<attach_response::Message>) {
        self.to.send(AttachResponse { message: Some(message.into()), ..Default::default() }).await.unwrap();
    }

    async fn append(&mut self, events: Vec<Event>) {
        self.send(AppendMessage { events, ..Default::default() }).await;
    }

    async fn next(&mut self) -> attach_request::Message {
        self.from.next().await.expect("the journal has ended").message.unwrap()
    }

    async fn hello(&mut self) -> Hello {
        let attach_request::Message::Hello(hello) = self.next().await else { panic!("no hello") };
        hello
    }

    async fn ack(&mut self) -> Ack {
        match self.next().await {
            attach_request::Message::Ack(ack) => ack,
            other => panic!("no ack but {other:?}"),
        }
    }

    async fn nack(&mut self) -> Nack {
        match self.next().await {
            attach_request::Message::Nack(nack) => nack,
            other => panic!("no nack but {other:?}"),
        }
    }

    /// Ends the stream; what the journal says until then, and at its end.
    async fn end(mut self) -> (Vec<attach_request::Message>, Result<JournalReport, JournalError>) {
        self.to.close_channel();
        let rest = self.from.map(|request| request.message.unwrap()).collect().await;
        (rest, self.journal.await.unwrap())
    }
}

fn welcome(seconds: i64) -> Welcome {
    Welcome {
        protocol_version: 1,
        heartbeat_interval: WireDuration { seconds, ..Default::default() }.into(),
        ..Default::default()
    }
}

fn memory() -> Arc<MemoryStore> {
    Arc::new(MemoryStore::default())
}

fn position(writer: &Writer) -> SessionPosition {
    writer.at.to_wire(&writer.session)
}

fn reason(nack: &Nack) -> NackReason {
    nack.reason.as_known().unwrap()
}

#[tokio::test(start_paused = true)]
async fn says_who_it_is_and_what_it_holds() {
    let store = memory();
    let mut writer = Writer::new("s");
    writer.append(&*store, 3);
    let positions = held_positions(&*store, &[id("s"), id("unknown")]).await.unwrap();
    assert_eq!(positions, [position(&writer)]);
    let options = JournalOptions::new("store-1").with_positions(positions.clone()).with_client("test", "9");
    let mut runtime = Runtime::start(store, options);
    let hello = runtime.hello().await;
    assert_eq!((hello.protocol_version, hello.client_id.as_str()), (1, "store-1"));
    assert_eq!((hello.client_name.as_str(), hello.client_version.as_str()), ("test", "9"));
    let [role] = &hello.roles[..] else { panic!("{hello:?}") };
    let Some(extension_role::Role::Journal(role)) = &role.role else { panic!("{role:?}") };
    assert_eq!(role.positions, positions);
}

#[tokio::test(start_paused = true)]
async fn what_is_durable_is_acknowledged_in_one_message() {
    let store = memory();
    let mut runtime = Runtime::attached(store.clone()).await;
    // All of it is there before the journal gets to run: one batch.
    let mut writers: Vec<Writer> = (0..20).map(|index| Writer::new(&format!("s-{index:02}"))).collect();
    for writer in &mut writers {
        for count in 1..4 {
            let events = writer.events(count);
            let message = AppendMessage { events, ..Default::default() };
            let message = AttachResponse { message: Some(message.into()), ..Default::default() };
            runtime.to.try_send(message).unwrap();
        }
    }
    // Each session once, with its last event.
    let last: Vec<SessionPosition> = writers.iter().map(position).collect();
    assert_eq!(runtime.ack().await.positions, last);
    let (rest, report) = runtime.end().await;
    assert_eq!(rest, []);
    let report = report.unwrap();
    assert_eq!((report.end, report.events, report.acks, report.nacks), (JournalEnd::Ended, 120, 1, 0));
    for writer in &writers {
        assert_eq!(read_all(&*store, &writer.session).len(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_told_once_and_closed_by_sending_again() {
    let store = memory();
    let mut runtime = Runtime::attached(store.clone()).await;
    let mut writer = Writer::new("s");
    let events = writer.events(6);
    runtime.append(events[..2].to_vec()).await;
    assert_eq!(runtime.ack().await.positions[0].seq, 2);
    // The third got lost: the others are behind a gap, and one answer says so.
    for event in &events[3..] {
        runtime.append(vec![event.clone()]).await;
    }
    let nack = runtime.nack().await;
    assert_eq!((reason(&nack), nack.seq, nack.epoch), (NackReason::NACK_REASON_GAP, 4, 0));
    assert_eq!((nack.held.seq, &nack.held.hash[..]), (2, &event_hash(&events[1]).0[..]));
    assert!(!nack.detail.is_empty() && nack.detail.len() <= 1_024);
    // What was under way then is passed over, and no reason to ask for it all again.
    runtime.append(events[4..5].to_vec()).await;
    runtime.append(events[5..].to_vec()).await;
    // Another session is not affected.
    let mut other = Writer::new("t");
    runtime.append(other.events(1)).await;
    assert_eq!(runtime.ack().await.positions, [position(&other)]);

    runtime.append(events[2..4].to_vec()).await;
    runtime.append(events[4..].to_vec()).await;
    let mut last = runtime.ack().await.positions;
    while last[0].seq < 6 {
        last = runtime.ack().await.positions;
    }
    assert_eq!(last, [position(&writer)]);
    let (rest, report) = runtime.end().await;
    assert_eq!((rest, report.unwrap().nacks), (vec![], 1));
    assert_eq!(read_all(&*store, &id("s")), events);
}

#[tokio::test(start_paused = true)]
async fn a_repetition_is_acknowledged_as_far_as_it_was_sent() {
    let store = memory();
    let mut writer = Writer::new("s");
    let events = writer.append(&*store, 9);
    let mut runtime = Runtime::attached(store.clone()).await;
    // After a reconnection: events 3 to 5 again. The store holds 9, and the runtime has not sent those here.
    runtime.append(events[2..5].to_vec()).await;
    let acknowledged = runtime.ack().await.positions;
    assert_eq!((acknowledged[0].seq, &acknowledged[0].hash[..]), (5, &event_hash(&events[4]).0[..]));
    runtime.append(events[5..].to_vec()).await;
    assert_eq!(runtime.ack().await.positions, [position(&writer)]);
    // Everything at once and out of order.
    for index in [8, 0, 4, 4] {
        runtime.append(vec![events[index].clone()]).await;
    }
    assert_eq!(runtime.ack().await.positions.len(), 1);
    let (_, report) = runtime.end().await;
    assert_eq!(report.unwrap().nacks, 0);
    assert_eq!(read_all(&*store, &id("s")), events);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_lost_the_session_is_told() {
    let store = memory();
    let mut writer = Writer::new("s");
    writer.append(&*store, 2);
    let mut old = writer.clone();
    let lease = store.open_session(open("s", "elsewhere")).wait().unwrap();
    let mut runtime = Runtime::attached(store.clone()).await;
    for _ in 0..3 {
        runtime.append(old.events(1)).await;
    }
    let nack = runtime.nack().await;
    assert_eq!((reason(&nack), nack.seq, nack.epoch), (NackReason::NACK_REASON_FENCED, 3, 0));
    assert_eq!((nack.held.epoch, nack.held.seq), (lease.epoch, 2));
    // The new owner goes on over the same attachment.
    writer.at = lease.head;
    runtime.append(writer.events(2)).await;
    assert_eq!(runtime.ack().await.positions, [position(&writer)]);
    // And the old one stays out.
    runtime.append(old.events(1)).await;
    assert_eq!(reason(&runtime.nack().await), NackReason::NACK_REASON_FENCED);
    let (rest, _) = runtime.end().await;
    assert_eq!(rest, []);
}

// Not with a clock that jumps while other threads work.
#[tokio::test]
async fn each_refusal_has_its_reason() {
    let folder = Folder::new();
    let options = StoreOptions::default().with_max_event_bytes(100_000).with_max_bytes(400_000);
    let store = Arc::new(folder.open_with(options));
    let mut writer = Writer::new("s");
    let events = writer.append(&*store, 3);
    store.append(Append::new(Writer::new("gone").events(1))).wait().unwrap();
    store.delete(&id("gone")).wait().unwrap();
    let mut runtime = Runtime::attached(store.clone()).await;

    let mut fork = Writer::new("s");
    fork.at.seq = 1;
    fork.at.hash = event_hash(&events[0]);
    let mut stranger = writer.clone();
    stranger.at.hash = tau_persist::Sha256Hash::of(b"x");
    let mut bad = writer.clone().event("bad");
    bad.kind.clear();
    let mut nameless = writer.clone().event("bad");
    nameless.session_id = "a/b".into();
    let mut far = writer.clone();
    far.at.seq = 17;
    for (event, wanted, seq) in [
        (fork.event("fork"), NackReason::NACK_REASON_CONFLICT, 2),
        (stranger.event("stranger"), NackReason::NACK_REASON_HASH_MISMATCH, 4),
        (bad, NackReason::NACK_REASON_INVALID, 4),
        (nameless, NackReason::NACK_REASON_INVALID, 4),
        (writer.clone().event(vec![0; 100_001]), NackReason::NACK_REASON_TOO_LARGE, 4),
        (Writer::new("gone").event("again"), NackReason::NACK_REASON_FENCED, 1),
    ] {
        // Of another session than the one before, so that no refusal covers the next.
        let session = event.session_id.clone();
        runtime.append(vec![event]).await;
        let nack = runtime.nack().await;
        assert_eq!((reason(&nack), nack.seq, &nack.session_id), (wanted, seq, &session));
        // What is held is sent again, which ends the refusal.
        runtime.append(events.clone()).await;
        assert_eq!(runtime.ack().await.positions[0].seq, 3);
    }
    // No room: the event and what follows it wait, until it is sent again and there is room.
    let large = writer.clone().event(vec![1; 99_999]);
    let mut fill = Writer::new("fill");
    let full = loop {
        match store.append(Append::new(vec![fill.event(vec![2; 30_000])])).wait() {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), &tau_persist::StoreErrorKind::StorageFull);
    runtime.append(vec![large.clone()]).await;
    let nack = runtime.nack().await;
    assert_eq!((reason(&nack), nack.seq), (NackReason::NACK_REASON_STORAGE_FULL, 4));
    store.delete(&id("fill")).wait().unwrap();
    store.vacuum().wait().unwrap();
    runtime.append(vec![large]).await;
    assert_eq!(runtime.ack().await.positions[0].seq, 4);
    let (rest, _) = runtime.end().await;
    assert_eq!(rest, []);
    drop(store);

    let options = SqliteOptions::default().read_only();
    let store = Arc::new(SqliteStore::open(folder.path(), options).unwrap());
    let mut runtime = Runtime::attached(store).await;
    runtime.append(far.events(1)).await;
    assert_eq!(reason(&runtime.nack().await), NackReason::NACK_REASON_READ_ONLY);
}

#[tokio::test(start_paused = true)]
async fn what_waits_of_a_fenced_session_is_forgotten() {
    let store = memory();
    let mut runtime = Runtime::attached(store.clone()).await;
    let mut writer = Writer::new("s");
    let events = writer.events(2);
    let message =
        |message: attach_response::Message| AttachResponse { message: Some(message), ..Default::default() };
    let fenced = Fenced {
        session_id: "s".into(),
        epoch: 0,
        reason: FencedReason::FENCED_REASON_SUPERSEDED.into(),
        ..Default::default()
    };
    // Behind a gap, so refused; the end of the session forgets that.
    runtime.append(events[1..].to_vec()).await;
    assert_eq!(reason(&runtime.nack().await), NackReason::NACK_REASON_GAP);
    runtime.to.try_send(message(fenced.into())).unwrap();
    let mut next = Writer::new("s");
    next.at.epoch = 1;
    runtime.append(next.events(2)).await;
    assert_eq!(runtime.ack().await.positions, [position(&next)]);
    let (_, report) = runtime.end().await;
    assert_eq!(report.unwrap().fenced, 1);
    assert_eq!(read_all(&*store, &id("s")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn both_sides_are_heard_of_while_nothing_happens() {
    let mut runtime = Runtime::attached(memory()).await;
    let start = tokio::time::Instant::now();
    let mut beats = Vec::new();
    for _ in 0..2 {
        assert!(matches!(runtime.next().await, attach_request::Message::Heartbeat(_)));
        beats.push(start.elapsed().as_secs());
    }
    assert_eq!(beats, [10, 20]);
    runtime.send(tau_proto::runtime::v1::Heartbeat::default()).await;
    assert!(matches!(runtime.next().await, attach_request::Message::Heartbeat(_)));
    // Then the runtime falls silent.
    let (_to, from) = (runtime.to, runtime.from);
    drop(from.collect::<Vec<_>>().await);
    let error = runtime.journal.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Lost);
    assert_eq!(start.elapsed().as_secs(), 50);
}

// Not with a clock that jumps while other threads work.
#[tokio::test]
async fn told_to_stop_it_stores_what_it_has_and_says_so() {
    let folder = Folder::new();
    let mut runtime = Runtime::attached(Arc::new(folder.open())).await;
    let mut writer = Writer::new("s");
    runtime.append(writer.events(1)).await;
    assert_eq!(runtime.ack().await.positions, [position(&writer)]);
    // Somebody else writes; the commit waits, and behind it what comes next.
    let other = rusqlite::Connection::open(folder.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    for _ in 0..5 {
        runtime.append(writer.events(1)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(runtime.stop.take());
    tokio::time::sleep(Duration::from_millis(50)).await;
    other.execute_batch("ROLLBACK").unwrap();
    let mut last = Vec::new();
    while let Some(message) = runtime.from.next().await {
        let Some(attach_request::Message::Ack(ack)) = message.message else { panic!("{message:?}") };
        last = ack.positions;
    }
    assert_eq!(last, [position(&writer)]);
    let report = runtime.journal.await.unwrap().unwrap();
    assert_eq!((report.end, report.events), (JournalEnd::Detached, 6));
    assert_eq!(read_all(&folder.open(), &id("s")).len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_breaks_the_interface_is_left() {
    let append = || AppendMessage { events: Writer::new("s").events(1), ..Default::default() };
    let first: [(Option<attach_response::Message>, Violation); 5] = [
        (Some(append().into()), Violation::NotWelcomed),
        (None, Violation::NotWelcomed),
        (Some(Welcome { protocol_version: 2, ..welcome(10) }.into()), Violation::Version),
        (Some(welcome(0).into()), Violation::Heartbeat),
        (Some(welcome(-1).into()), Violation::Heartbeat),
    ];
    for (message, violation) in first {
        let mut runtime = Runtime::start(memory(), JournalOptions::new("store-1"));
        runtime.hello().await;
        runtime.to.send(AttachResponse { message, ..Default::default() }).await.unwrap();
        let error = runtime.journal.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Protocol(violation));
    }
    let later: [(Option<attach_response::Message>, Violation); 3] = [
        (Some(welcome(10).into()), Violation::WelcomedTwice),
        (None, Violation::UnknownMessage),
        (Some(AppendMessage::default().into()), Violation::EmptyAppend),
    ];
    for (message, violation) in later {
        let mut runtime = Runtime::attached(memory()).await;
        runtime.to.send(AttachResponse { message, ..Default::default() }).await.unwrap();
        let error = runtime.journal.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Protocol(violation));
    }
    // Or never answers at all.
    let options = JournalOptions::new("store-1").with_welcome_timeout(Duration::from_secs(3));
    let mut runtime = Runtime::start(memory(), options);
    runtime.hello().await;
    assert_eq!(runtime.journal.await.unwrap().unwrap_err().kind(), JournalErrorKind::Lost);
}

/// A runtime that does not read: the journal stops reading too, and goes on where both do.
#[tokio::test(start_paused = true)]
async fn what_waits_is_bounded() {
    let store = memory();
    let options = JournalOptions::new("store-1").with_max_queued_bytes(10_000);
    let (mut to, incoming) = channel(0);
    let (outgoing, mut from) = channel(0);
    let journal =
        tokio::spawn(Journal::new(store.clone(), options).run(incoming, outgoing, std::future::pending()));
    drop(from.next().await);
    let send =
        |message: attach_response::Message| AttachResponse { message: Some(message), ..Default::default() };
    to.send(send(welcome(1_000_000).into())).await.unwrap();
    let mut writer = Writer::new("s");
    let mut taken = 0;
    // Until it takes no more.
    loop {
        let events = vec![writer.event(vec![1; 1_000])];
        let message = send(AppendMessage { events, ..Default::default() }.into());
        match tokio::time::timeout(Duration::from_secs(1), to.send(message)).await {
            Ok(sent) => sent.unwrap(),
            Err(_) => break,
        }
        taken += 1;
        assert!(taken < 5_000, "nothing stops it");
    }
    assert!(taken > 60, "it stopped after {taken}");
    // Then the acknowledgements are read, and all of it goes through.
    drop(to);
    let mut last = 0;
    while let Some(message) = from.next().await {
        if let Some(attach_request::Message::Ack(ack)) = message.message {
            last = ack.positions[0].seq;
        }
    }
    assert_eq!(journal.await.unwrap().unwrap().end, JournalEnd::Ended);
    assert!(last >= taken, "{last} of {taken} were acknowledged");
    assert_eq!(store.head(&id("s")).wait().unwrap().unwrap().seq, last);
}
