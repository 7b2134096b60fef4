//! Messages that must arrive, in one hub and over its end.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::BoxFuture;
use tau_orchestrate::hub::{
    DeadLetterReason, Handled, Hub, HubErrorKind, InProcess, MemoryStore, Message, MessageId, MessageStore,
    OutboxOptions, Overflow, ParticipantOptions, StoreError, StoreErrorKind, Stored,
};

use super::support::{Notes, SECOND, next_dead};

async fn with_store(store: impl MessageStore) -> Hub {
    Hub::builder("test").store(store).build().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_waits_for_its_participant() {
    let hub = Hub::new("test");
    let sent = hub.send(Message::to("late").body("1").must_arrive().header("a", "b")).await.unwrap();
    assert!(sent.is_kept);
    tokio::time::sleep(SECOND * 3600).await;
    assert_eq!((hub.metrics().outbox_depth, hub.metrics().resent), (1, 0), "nobody tries in vain");
    let notes = Notes::new();
    hub.register("late", notes.clone()).await.unwrap();
    assert_eq!(notes.after(1).await, ["1"]);
    assert!(hub.shutdown(SECOND).await.is_drained);
    assert_eq!(hub.metrics().outbox_depth, 0);
    assert_eq!(notes.bodies(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn it_survives_its_hub_and_is_handled_once() {
    let store = MemoryStore::new();
    let first = with_store(store.clone()).await;
    let notes = Notes::gated();
    first.register("desk", notes.clone()).await.unwrap();
    for number in 0..3 {
        first.send(Message::to("desk").body(number.to_string()).must_arrive()).await.unwrap();
    }
    notes.after(1).await;
    notes.let_go(1);
    notes.after(2).await;
    // One is done with, one is in hand, one waits.
    let report = first.shutdown(SECOND).await;
    assert_eq!((report.is_drained, report.unhandled, report.in_outbox), (false, 2, 2));
    assert!(first.metrics().dead_letters.is_empty(), "what is kept is not given up");

    let second = with_store(store.clone()).await;
    let again = Notes::new();
    second.register("desk", again.clone()).await.unwrap();
    assert_eq!(again.after(2).await, ["1", "2"]);
    second.send(Message::to("desk").body("3").must_arrive()).await.unwrap();
    assert_eq!(again.after(3).await, ["1", "2", "3"]);
    assert!(second.shutdown(SECOND).await.is_drained);
    assert_eq!(store.load().await.unwrap().outgoing, []);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_comes_after_a_restart_is_known_again() {
    let transport = InProcess::new();
    // Its acknowledgements never come: the sender is deaf to them.
    let (sent, received) = (MemoryStore::new(), MemoryStore::new());
    let receiver = async || {
        Hub::builder("right").transport(transport.clone()).store(received.clone()).build().await.unwrap()
    };
    let sender =
        async || Hub::builder("left").transport(transport.clone()).store(sent.clone()).build().await.unwrap();
    let (left, right) = (sender().await, receiver().await);
    let notes = Notes::gated();
    right.register("desk", notes.clone()).await.unwrap();
    left.send(Message::to("desk").body("once").must_arrive()).await.unwrap();
    notes.after(1).await;
    left.stop();
    left.stopped().await;
    notes.let_go(1);
    assert!(right.shutdown(SECOND).await.is_drained, "handled, and acknowledged to nobody");
    assert_eq!(sent.load().await.unwrap().outgoing.len(), 1);

    let (left, right) = (sender().await, receiver().await);
    right.register("desk", notes.clone()).await.unwrap();
    tokio::time::sleep(SECOND * 60).await;
    assert_eq!((notes.bodies(), left.metrics().outbox_depth), (vec!["once".to_owned()], 0));
    assert!(right.metrics().duplicates > 0);
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_is_tried_again() {
    for overflow in [Overflow::Wait, Overflow::Reject, Overflow::DropNewest, Overflow::DropOldest] {
        let hub = Hub::new("test");
        let mut letters = hub.dead_letters();
        let notes = Notes::gated();
        let options = ParticipantOptions::default().capacity(NonZeroUsize::MIN).overflow(overflow);
        hub.register_with("desk", options, notes.clone()).await.unwrap();
        for number in 0..5 {
            hub.send(Message::to("desk").body(number.to_string()).must_arrive()).await.unwrap();
        }
        notes.after(1).await;
        tokio::time::sleep(SECOND * 2).await;
        notes.let_go(99);
        let mut bodies = notes.after(5).await;
        tokio::time::sleep(SECOND * 100).await;
        bodies.sort();
        assert_eq!((bodies.concat(), notes.bodies().len()), ("01234".to_owned(), 5), "{overflow:?}");
        assert_eq!(hub.metrics().outbox_depth, 0);
        assert!(letters.next().now_or_never().is_none(), "what is tried again is no dead letter");
    }
}

#[tokio::test(start_paused = true)]
async fn its_deadline_ends_it() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    let begin = tokio::time::Instant::now();
    hub.send(Message::to("nobody").body("1").must_arrive().deadline_in(SECOND * 90)).await.unwrap();
    assert_eq!(next_dead(&mut letters).await, (DeadLetterReason::Expired, None, "1".into()));
    assert_eq!(begin.elapsed().as_secs(), 90);
    assert_eq!(hub.metrics().outbox_depth, 0);
}

/// A handler that fails was handed the message: that is what was promised, and the dead letter says the rest.
#[tokio::test]
async fn a_handler_that_fails_is_not_asked_again() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    hub.register("ill", async |_: Message| Err::<(), _>("no")).await.unwrap();
    hub.register("mad", async |_: Message| -> () { panic!("no") }).await.unwrap();
    hub.send(Message::to("ill").body("1").must_arrive()).await.unwrap();
    assert_eq!(next_dead(&mut letters).await.0, DeadLetterReason::HandlerFailed);
    hub.send(Message::to("mad").body("2").must_arrive()).await.unwrap();
    assert_eq!(next_dead(&mut letters).await.0, DeadLetterReason::HandlerPanicked);
    assert!(hub.shutdown(SECOND).await.is_drained);
    assert_eq!(hub.metrics().outbox_depth, 0);
}

#[tokio::test]
async fn there_is_room_for_so_many() {
    let options = OutboxOptions::default().capacity(NonZeroUsize::new(2).unwrap());
    let hub = Hub::builder("test").outbox(options).build().await.unwrap();
    for _ in 0..2 {
        hub.send(Message::to("nobody").must_arrive()).await.unwrap();
    }
    let error = hub.send(Message::to("nobody").must_arrive()).await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::OutboxFull);
}

/// A store that fails while it is broken.
#[derive(Clone, Default)]
struct Breakable {
    store: MemoryStore,
    is_broken: Arc<AtomicBool>,
}

impl Breakable {
    fn check(&self) -> Result<(), StoreError> {
        if self.is_broken.load(Ordering::SeqCst) {
            Err(StoreError::new(StoreErrorKind::Unavailable).with_source("disk full"))
        } else {
            Ok(())
        }
    }
}

impl MessageStore for Breakable {
    fn load(&self) -> BoxFuture<'_, Result<Stored, StoreError>> {
        async { self.check().map(|()| self.store.load())?.await }.boxed()
    }

    fn put(&self, id: MessageId, frame: Bytes) -> BoxFuture<'_, Result<(), StoreError>> {
        async move { self.check().map(|()| self.store.put(id, frame))?.await }.boxed()
    }

    fn settle(&self, ids: Vec<MessageId>) -> BoxFuture<'_, Result<(), StoreError>> {
        async move { self.check().map(|()| self.store.settle(ids))?.await }.boxed()
    }

    fn handled(&self, handled: Vec<Handled>) -> BoxFuture<'_, Result<(), StoreError>> {
        async move { self.check().map(|()| self.store.handled(handled))?.await }.boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn without_its_store_nothing_is_promised_and_nothing_doubled() {
    let store = Breakable::default();
    store.is_broken.store(true, Ordering::SeqCst);
    let error = Hub::builder("test").store(store.clone()).build().await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::StoreFailed);

    store.is_broken.store(false, Ordering::SeqCst);
    let hub = with_store(store.clone()).await;
    let notes = Notes::gated();
    hub.register("desk", notes.clone()).await.unwrap();
    hub.send(Message::to("desk").body("kept").must_arrive()).await.unwrap();
    notes.after(1).await;
    store.is_broken.store(true, Ordering::SeqCst);
    let error = hub.send(Message::to("desk").body("not kept").must_arrive()).await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::StoreFailed);
    assert_eq!(
        error.to_string(),
        "the store of messages that must arrive failed: the store of messages does not answer: disk full; see its error"
    );
    notes.let_go(9);
    tokio::time::sleep(SECOND * 100).await;
    assert_eq!(hub.metrics().outbox_depth, 1, "handled, and that could not be kept: it is tried again");
    store.is_broken.store(false, Ordering::SeqCst);
    tokio::time::sleep(SECOND * 100).await;
    assert_eq!((hub.metrics().outbox_depth, notes.bodies()), (0, vec!["kept".to_owned()]));
}

#[tokio::test]
async fn a_store_with_what_is_no_message_is_refused() {
    let store = MemoryStore::new();
    store.put(MessageId::from_parts(1, 1), Bytes::from_static(b"\x01\x00garbage")).await.unwrap();
    let error = Hub::builder("test").store(store).build().await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::StoreFailed);
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn it_survives_in_a_database() {
    use tau_orchestrate::hub::SqliteStore;

    let folder = tempfile::tempdir().unwrap();
    let open = || SqliteStore::open(&folder.path().join("outbox.sqlite")).unwrap();
    let first = with_store(open()).await;
    for number in 0..50 {
        first.send(Message::to("desk").body(format!("{number:02}")).must_arrive()).await.unwrap();
    }
    first.stop();
    first.stopped().await;
    let second = with_store(open()).await;
    let notes = Notes::new();
    second.register("desk", notes.clone()).await.unwrap();
    let expected: Vec<String> = (0..50).map(|number| format!("{number:02}")).collect();
    assert_eq!(notes.after(50).await, expected);
    assert!(second.shutdown(SECOND * 60).await.is_drained);
    let stored = open().load().await.unwrap();
    assert_eq!(stored.outgoing, []);
}
