//! What every transport does: one suite, over each of them.
//!
//! A check gets a transport that nobody uses, as two hubs see it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::BoxFuture;
use tau_orchestrate::hub::{
    Bridge, DeadLetterReason, Frames, HandlerError, Hub, HubErrorKind, InProcess, Message, OutboxOptions,
    Pattern, Subject, Transport, TransportError, TransportStatus,
};
use tokio::sync::watch;
use tokio::time::timeout;

use super::support::{Notes, SECOND, next_dead};

/// The two ends of a transport.
pub(super) type Ends = (Arc<dyn Transport>, Arc<dyn Transport>);

/// Time enough for a frame, and too much for a test that passes.
const SOON: Duration = Duration::from_secs(10);

macro_rules! suite {
    ($ends:path) => {
        $crate::hub::transports::suite!(
            $ends:
            frames_come_as_they_went,
            patterns_choose,
            a_subscription_ends_when_it_is_dropped,
            messages_go_where_their_participant_is,
            requests_are_answered_and_failures_told,
            what_is_for_many_reaches_each_once,
            what_must_arrive_does,
            a_late_reply_is_a_dead_letter,
            to_nobody_ends_with_the_deadline,
            who_left_is_not_reached,
            frames_that_are_none_are_counted,
            a_large_body_comes_whole,
            a_hub_on_it_may_be_bridged
        );
    };
    ($ends:path: $($check:ident),*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $check() {
            if let Some(ends) = $ends().await {
                $crate::hub::transports::$check(ends).await;
            }
        }
    )*};
}
pub(super) use suite;

async fn in_process() -> Option<Ends> {
    let transport = InProcess::new();
    Some((Arc::new(transport.clone()), Arc::new(transport)))
}

mod in_process {
    super::suite!(super::in_process);
}

/// On one thread nothing is taken in between the two calls: the message came through the first pattern alone.
#[tokio::test]
async fn a_subscription_that_begins_takes_no_message_away() {
    let (left, right) = hubs(in_process().await.unwrap()).await;
    let notes = Notes::new();
    right.register("there", notes.clone()).await.unwrap();
    right.subscribe("there", "news.>").await.unwrap();
    left.send(Message::on("news.eu").body("1")).await.unwrap();
    right.subscribe("there", "news.*").await.unwrap();
    assert_eq!(timeout(SOON, notes.after(1)).await.unwrap(), ["1"]);
}

/// A transport that takes no subscription before it is let.
struct Slow {
    transport: InProcess,
    gate: tokio::sync::Semaphore,
}

impl Transport for Slow {
    fn publish(&self, subject: Subject, frame: Bytes) -> BoxFuture<'_, Result<(), TransportError>> {
        self.transport.publish(subject, frame)
    }

    fn subscribe(&self, pattern: Pattern) -> BoxFuture<'_, Result<Frames, TransportError>> {
        Box::pin(async {
            self.gate.acquire().await.unwrap().forget();
            self.transport.subscribe(pattern).await
        })
    }

    fn status(&self) -> watch::Receiver<TransportStatus> {
        self.transport.status()
    }
}

/// Whoever gives up while it subscribes or registers leaves nothing behind that the next one takes for done.
#[tokio::test(start_paused = true)]
async fn a_subscription_that_was_given_up_is_made_anew() {
    let transport = InProcess::new();
    let slow = Arc::new(Slow { transport: transport.clone(), gate: tokio::sync::Semaphore::new(99) });
    let (left, right) = hubs((Arc::new(transport), Arc::clone(&slow) as _)).await;
    let notes = Notes::new();
    right.register("there", notes.clone()).await.unwrap();
    slow.gate.forget_permits(99);
    timeout(SECOND, right.subscribe("there", "news")).await.unwrap_err();
    timeout(SECOND, right.register("late", Notes::new())).await.unwrap_err();
    let here: Vec<String> = right.participants().iter().map(ToString::to_string).collect();
    assert_eq!(here, ["there"]);
    slow.gate.add_permits(1);
    right.subscribe("there", "news").await.unwrap();
    left.send(Message::on("news").body("1")).await.unwrap();
    assert_eq!(timeout(SOON, notes.after(1)).await.unwrap(), ["1"]);
}

/// The id of a registration that was given up may be somebody else's by then.
#[tokio::test(start_paused = true)]
async fn a_registration_that_was_given_up_takes_nobody_else_away() {
    let slow = Arc::new(Slow { transport: InProcess::new(), gate: tokio::sync::Semaphore::new(99) });
    let hub = Hub::builder("hub").transport(Arc::clone(&slow) as Arc<dyn Transport>).build().await.unwrap();
    slow.gate.forget_permits(99);
    let mut first = Box::pin(hub.register("id", Notes::new()));
    timeout(SECOND, &mut first).await.unwrap_err();
    hub.unregister("id").unwrap();
    let second = Notes::new();
    let mut registered = Box::pin(hub.register("id", second.clone()));
    timeout(SECOND, &mut registered).await.unwrap_err();
    drop(first);
    slow.gate.add_permits(1);
    registered.await.unwrap();
    hub.send(Message::to("id").body("1")).await.unwrap();
    assert_eq!(timeout(SOON, second.after(1)).await.unwrap(), ["1"]);
}

fn subject(text: &str) -> Subject {
    Subject::try_from(text).unwrap()
}

fn pattern(text: &str) -> Pattern {
    Pattern::try_from(text).unwrap()
}

async fn hubs((left, right): Ends) -> (Hub, Hub) {
    let options = OutboxOptions::default().retry(Duration::from_millis(100), SECOND);
    let left = Hub::builder("left").transport(left).outbox(options).build().await.unwrap();
    let right = Hub::builder("right").transport(right).outbox(options).build().await.unwrap();
    (left, right)
}

pub(super) async fn frames_come_as_they_went((left, right): Ends) {
    assert_eq!(*left.status().borrow(), TransportStatus::Connected);
    let mut frames = right.subscribe(pattern("a.b")).await.unwrap();
    let sent: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte; usize::from(byte)]).collect();
    for frame in &sent {
        left.publish(subject("a.b"), frame.clone().into()).await.unwrap();
    }
    for frame in sent {
        assert_eq!(timeout(SOON, frames.next()).await.unwrap().unwrap(), frame);
    }
}

pub(super) async fn patterns_choose((left, right): Ends) {
    let mut one = right.subscribe(pattern("a.*.c")).await.unwrap();
    let mut rest = right.subscribe(pattern("a.>")).await.unwrap();
    for text in ["a.b", "b.b.c", "a.x.c", "a", "a.x.d", "end"] {
        left.publish(subject(text), text.into()).await.unwrap();
    }
    left.publish(subject("a.end.c"), "end".into()).await.unwrap();
    let mut come = Vec::new();
    for frames in [&mut one, &mut rest] {
        let mut bodies = Vec::new();
        while bodies.last().is_none_or(|body| body != "end") {
            bodies.push(timeout(SOON, frames.next()).await.unwrap().unwrap());
        }
        come.push(bodies);
    }
    assert_eq!(come, [vec!["a.x.c", "end"], vec!["a.b", "a.x.c", "a.x.d", "end"]]);
}

pub(super) async fn a_subscription_ends_when_it_is_dropped((left, right): Ends) {
    let dropped = right.subscribe(pattern("a")).await.unwrap();
    let mut kept = right.subscribe(pattern("a")).await.unwrap();
    drop(dropped);
    // More than any subscription has room for: one that nobody reads would hold this up.
    for number in 0..3000 {
        left.publish(subject("a"), number.to_string().into()).await.unwrap();
        assert_eq!(timeout(SOON, kept.next()).await.unwrap().unwrap(), number.to_string());
    }
}

pub(super) async fn messages_go_where_their_participant_is(ends: Ends) {
    let (left, right) = hubs(ends).await;
    let notes = Notes::new();
    right.register("bob", notes.clone()).await.unwrap();
    for number in 0..50 {
        let sent = left.send(Message::to("bob").body(number.to_string())).await.unwrap();
        assert_eq!((sent.accepted, sent.is_forwarded), (0, true));
    }
    let expected: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(timeout(SOON, notes.after(50)).await.unwrap(), expected);
    left.register("bob", Notes::new()).await.unwrap();
    assert_eq!(left.send(Message::to("bob").body("here")).await.unwrap().accepted, 1, "the nearer one");
}

#[expect(clippy::panic, reason = "it is what is tested")]
pub(super) async fn requests_are_answered_and_failures_told(ends: Ends) {
    let (left, right) = hubs(ends).await;
    right
        .register("bob", async |message: Message| match message.text()? {
            "fail" => Err("no mood".into()),
            "panic" => panic!("no luck"),
            text => Ok::<_, HandlerError>(format!("{text} {}", message.header("who").unwrap_or_default())),
        })
        .await
        .unwrap();
    let ask = async |body: &'static str| {
        timeout(SOON, left.request(Message::to("bob").body(body).header("who", "you"))).await.unwrap()
    };
    let reply = ask("hello").await.unwrap();
    assert_eq!((reply.text().unwrap(), reply.from().unwrap().as_str()), ("hello you", "bob"));
    let error = ask("fail").await.unwrap_err();
    assert_eq!((error.kind(), error.detail()), (HubErrorKind::HandlerFailed, Some("no mood")));
    let error = ask("panic").await.unwrap_err();
    assert_eq!((error.kind(), error.detail()), (HubErrorKind::HandlerPanicked, Some("no luck")));
    let many = (0..100).map(|number| {
        let left = left.clone();
        async move {
            let reply = left.request(Message::to("bob").body(number.to_string())).await.unwrap();
            assert_eq!(reply.text().unwrap(), format!("{number} "));
        }
    });
    timeout(SOON, futures::future::join_all(many)).await.unwrap();
}

pub(super) async fn what_is_for_many_reaches_each_once(ends: Ends) {
    let (left, right) = hubs(ends).await;
    let (here, there) = (Notes::new(), Notes::new());
    left.register("here", here.clone()).await.unwrap();
    right.register("there", there.clone()).await.unwrap();
    left.subscribe("here", "news.*").await.unwrap();
    for pattern in ["news.*", "news.>", "news.eu"] {
        right.subscribe("there", pattern).await.unwrap();
    }
    left.send(Message::on("news.eu").body("1")).await.unwrap();
    right.send(Message::on("news.eu").body("2")).await.unwrap();
    right.unsubscribe("there", "news.*").unwrap();
    timeout(SOON, there.after(2)).await.unwrap();
    left.send(Message::on("news.us").body("3")).await.unwrap();
    left.send(Message::to_everyone().body("all")).await.unwrap();
    timeout(SOON, there.after(4)).await.unwrap();
    right.send(Message::to_everyone().body("end")).await.unwrap();
    let sorted = |mut bodies: Vec<String>| {
        bodies.sort();
        bodies
    };
    assert_eq!(sorted(timeout(SOON, here.after(5)).await.unwrap()), ["1", "2", "3", "all", "end"]);
    assert_eq!(sorted(timeout(SOON, there.after(5)).await.unwrap()), ["1", "2", "3", "all", "end"]);
}

pub(super) async fn what_must_arrive_does(ends: Ends) {
    let (left, right) = hubs(ends).await;
    for number in 0..20 {
        let sent = left.send(Message::to("bob").body(number.to_string()).must_arrive()).await.unwrap();
        assert_eq!((sent.is_kept, sent.is_forwarded), (true, false));
    }
    assert_eq!(left.metrics().outbox_depth, 20, "nobody is there yet");
    let notes = Notes::new();
    right.register("bob", notes.clone()).await.unwrap();
    timeout(SOON, notes.after(20)).await.unwrap();
    timeout(SOON, async {
        while left.metrics().outbox_depth > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    let mut numbers: Vec<u32> = notes.bodies().iter().map(|body| body.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
}

pub(super) async fn a_late_reply_is_a_dead_letter(ends: Ends) {
    let (left, right) = hubs(ends).await;
    let notes = Notes::gated();
    right.register("bob", notes.clone()).await.unwrap();
    let mut letters = left.dead_letters();
    let request = Message::to("bob").body("late").deadline_in(Duration::from_millis(300));
    assert_eq!(left.request(request).await.unwrap_err().kind(), HubErrorKind::DeadlineExceeded);
    timeout(SOON, notes.after(1)).await.unwrap();
    notes.let_go(1);
    let dead = timeout(SOON, next_dead(&mut letters)).await.unwrap();
    assert_eq!(dead, (DeadLetterReason::LateReply, None, "late".into()));
}

pub(super) async fn to_nobody_ends_with_the_deadline(ends: Ends) {
    let (left, _right) = hubs(ends).await;
    let request = Message::to("nobody").deadline_in(Duration::from_millis(50));
    assert_eq!(left.request(request).await.unwrap_err().kind(), HubErrorKind::DeadlineExceeded);
}

pub(super) async fn who_left_is_not_reached(ends: Ends) {
    let (left, right) = hubs(ends).await;
    let (old, new) = (Notes::new(), Notes::new());
    right.register("bob", old.clone()).await.unwrap();
    left.request(Message::to("bob").body("old")).await.unwrap();
    right.unregister("bob").unwrap();
    right.register("bob", new.clone()).await.unwrap();
    left.request(Message::to("bob").body("new")).await.unwrap();
    assert_eq!((old.bodies(), new.bodies()), (vec!["old".to_owned()], vec!["new".to_owned()]));
    // A hub that drains says so to whoever asks.
    assert!(right.shutdown(SECOND).await.is_drained);
}

pub(super) async fn frames_that_are_none_are_counted((left, right): Ends) {
    let hub = Hub::builder("right").transport(right).build().await.unwrap();
    let notes = Notes::new();
    hub.register("bob", notes.clone()).await.unwrap();
    for frame in [&b""[..], b"{}", b"\x01\x00", &[1, 0, 255, 255], &[0xff; 1000]] {
        left.publish(subject("to.bob"), frame.into()).await.unwrap();
        left.publish(subject("all"), frame.into()).await.unwrap();
    }
    let left = Hub::builder("left").transport(left).build().await.unwrap();
    left.request(Message::to("bob").body("well")).await.unwrap();
    assert_eq!(notes.bodies(), ["well"]);
    timeout(SOON, async {
        while hub.metrics().frames_malformed < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap();
    assert_eq!(hub.metrics().frames_malformed, 10);
}

pub(super) async fn a_large_body_comes_whole(ends: Ends) {
    let (left, right) = hubs(ends).await;
    right.register("bob", async |message: Message| message.body().clone()).await.unwrap();
    let body: Vec<u8> = (0..900_000u32).map(|number| number.to_le_bytes()[0]).collect();
    let reply = left.request(Message::to("bob").body(body.clone())).await.unwrap();
    assert_eq!(reply.body(), &body);
}

pub(super) async fn a_hub_on_it_may_be_bridged(ends: Ends) {
    let (left, right) = hubs(ends).await;
    let inner = Hub::new("inner");
    let notes = Notes::new();
    right.register("far", notes.clone()).await.unwrap();
    inner.register("far", Bridge::to(&left)).await.unwrap();
    let reply = timeout(SOON, inner.request(Message::to("far").body("hello"))).await.unwrap().unwrap();
    assert_eq!((reply.text().unwrap(), reply.from().unwrap().as_str()), ("hello", "far"));
    inner.send(Message::to("far").body("must").must_arrive()).await.unwrap();
    assert_eq!(timeout(SOON, notes.after(2)).await.unwrap(), ["hello", "must"]);
}
