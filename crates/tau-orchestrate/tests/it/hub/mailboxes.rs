//! What happens when a mailbox is full.

use std::num::NonZeroUsize;
use std::time::Duration;

use futures::FutureExt;
use tau_orchestrate::hub::{
    DeadLetterReason, DeadLetters, Hub, HubErrorKind, Message, Overflow, ParticipantOptions, Priority,
};

use super::support::{Notes, SECOND, next_dead};

/// A participant that works on "in hand", and whose mailbox has room for two.
async fn full(overflow: Overflow) -> (Hub, Notes, DeadLetters) {
    let hub = Hub::new("test");
    let notes = Notes::gated();
    let options = ParticipantOptions::default().capacity(NonZeroUsize::new(2).unwrap()).overflow(overflow);
    hub.register_with("desk", options, notes.clone()).await.unwrap();
    hub.send(Message::to("desk").body("in hand")).await.unwrap();
    notes.after(1).await;
    hub.send(Message::to("desk").body("one")).await.unwrap();
    hub.send(Message::to("desk").body("two")).await.unwrap();
    let letters = hub.dead_letters();
    (hub, notes, letters)
}

#[tokio::test]
async fn wait_holds_the_sender_until_there_is_room() {
    let (hub, notes, _) = full(Overflow::Wait).await;
    let mut third = Box::pin(hub.send(Message::to("desk").body("three")));
    let mut fourth = Box::pin(hub.send(Message::to("desk").body("four")));
    assert!((&mut third).now_or_never().is_none() && (&mut fourth).now_or_never().is_none());
    assert_eq!(hub.metrics().participants["desk"].depth, 2);
    notes.let_go(1);
    assert_eq!(third.await.unwrap().accepted, 1);
    assert!((&mut fourth).now_or_never().is_none(), "room for one");
    notes.let_go(9);
    fourth.await.unwrap();
    assert_eq!(notes.after(5).await, ["in hand", "one", "two", "three", "four"]);
}

#[tokio::test(start_paused = true)]
async fn wait_ends_with_the_deadline_of_the_message() {
    let (hub, notes, mut letters) = full(Overflow::Wait).await;
    let begin = tokio::time::Instant::now();
    let error = hub.send(Message::to("desk").body("late").deadline_in(SECOND)).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed()), (HubErrorKind::DeadlineExceeded, SECOND));
    assert_eq!(next_dead(&mut letters).await.0, DeadLetterReason::Expired);
    // A sender that does not wait to the end has sent nothing.
    let given_up = hub.send(Message::to("desk").body("given up"));
    assert!(tokio::time::timeout(SECOND, given_up).await.is_err());
    assert_eq!(next_dead(&mut letters).await.0, DeadLetterReason::Abandoned);
    notes.let_go(9);
    assert_eq!(notes.after(3).await, ["in hand", "one", "two"]);
}

#[tokio::test]
async fn reject_tells_the_sender() {
    let (hub, notes, mut letters) = full(Overflow::Reject).await;
    let error = hub.send(Message::to("desk").body("three")).await.unwrap_err();
    assert_eq!((error.kind(), error.about_whom()), (HubErrorKind::MailboxFull, Some("desk")));
    assert_eq!(error.to_string(), "`desk`: the mailbox is full; send later, or give it more room");
    let dead = (DeadLetterReason::MailboxFull, Some("desk".into()), "three".into());
    assert_eq!(next_dead(&mut letters).await, dead);
    notes.let_go(9);
    assert_eq!(notes.after(3).await, ["in hand", "one", "two"]);
}

#[tokio::test]
async fn drop_newest_leaves_what_is_there() {
    let (hub, notes, mut letters) = full(Overflow::DropNewest).await;
    let sent = hub.send(Message::to("desk").body("three")).await.unwrap();
    assert_eq!((sent.accepted, sent.dropped), (0, 1));
    assert_eq!(next_dead(&mut letters).await.2, "three");
    assert_eq!(hub.request(Message::to("desk")).await.unwrap_err().kind(), HubErrorKind::MailboxFull);
    notes.let_go(9);
    assert_eq!(notes.after(3).await, ["in hand", "one", "two"]);
    assert_eq!(hub.metrics().participants["desk"].dropped, 2);
}

#[tokio::test]
async fn drop_oldest_makes_room_where_it_matters_least() {
    let (hub, notes, mut letters) = full(Overflow::DropOldest).await;
    let send = async |body: &'static str, priority| {
        hub.send(Message::to("desk").body(body).priority(priority)).await.unwrap().accepted
    };
    assert_eq!(send("low", Priority::Low).await, 0, "lower than everything there");
    assert_eq!(send("high", Priority::High).await, 1);
    assert_eq!(send("normal", Priority::Normal).await, 1);
    assert_eq!(send("high 2", Priority::High).await, 1);
    let mut dead = Vec::new();
    for _ in 0..4 {
        let (reason, _, body) = next_dead(&mut letters).await;
        dead.push((reason, body));
    }
    let evicted = |body: &str| (DeadLetterReason::Evicted, body.to_owned());
    let first = (DeadLetterReason::MailboxFull, "low".to_owned());
    assert_eq!(dead, [first, evicted("one"), evicted("two"), evicted("normal")]);
    notes.let_go(9);
    assert_eq!(notes.after(3).await, ["in hand", "high", "high 2"]);
}

#[tokio::test]
async fn whoever_waits_for_an_evicted_request_is_told_at_once() {
    let (hub, _notes, _) = full(Overflow::DropOldest).await;
    hub.send(Message::to("desk").body("three")).await.unwrap();
    let mut request = Box::pin(hub.request(Message::to("desk").body("four")));
    assert!((&mut request).now_or_never().is_none());
    for body in ["five", "six"] {
        hub.send(Message::to("desk").body(body)).await.unwrap();
    }
    assert_eq!(request.await.unwrap_err().kind(), HubErrorKind::MailboxFull);
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_holds_up_nobody_else() {
    let (hub, notes, _) = full(Overflow::Wait).await;
    let other = Notes::new();
    hub.register("other", other.clone()).await.unwrap();
    let mut broadcast = Box::pin(hub.send(Message::to_everyone().body("all")));
    assert!((&mut broadcast).now_or_never().is_none(), "it waits for the full one");
    assert_eq!(other.after(1).await, ["all"]);
    notes.let_go(9);
    assert_eq!(broadcast.await.unwrap().accepted, 2);
}

/// Many senders, several workers, a small mailbox: each message once, for every policy that loses nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_nothing_is_lost_or_doubled() {
    let hub = Hub::new("test");
    let notes = Notes::new();
    let two = NonZeroUsize::new(2).unwrap();
    let options = ParticipantOptions::default().capacity(two).concurrency(two);
    hub.register_with("desk", options, notes.clone()).await.unwrap();
    let senders = (0..8).map(|sender| {
        let hub = hub.clone();
        tokio::spawn(async move {
            for number in 0..500 {
                let message = Message::to("desk").body(format!("{sender} {number}"));
                if number % 2 == 0 {
                    hub.send(message).await.unwrap();
                } else {
                    hub.request(message).await.unwrap();
                }
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.unwrap();
    }
    assert!(hub.shutdown(Duration::from_secs(30)).await.is_drained);
    let mut bodies = notes.bodies();
    bodies.sort();
    let mut expected: Vec<String> =
        (0..8).flat_map(|sender| (0..500).map(move |number| format!("{sender} {number}"))).collect();
    expected.sort();
    assert_eq!(bodies, expected);
}

/// The same for the policy that drops: what is not handled is a dead letter, and each message is one of both.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn under_load_every_message_is_handled_or_a_dead_letter() {
    for overflow in [Overflow::DropOldest, Overflow::DropNewest, Overflow::Reject] {
        let hub = Hub::new("test");
        let options =
            ParticipantOptions::default().capacity(NonZeroUsize::new(2).unwrap()).overflow(overflow);
        hub.register_with("desk", options, async |_: Message| tokio::task::yield_now().await).await.unwrap();
        let senders = (0..4).map(|_| {
            let hub = hub.clone();
            tokio::spawn(async move {
                for number in 0..2000 {
                    let priority = if number % 3 == 0 { Priority::High } else { Priority::Low };
                    let _ = hub.send(Message::to("desk").priority(priority)).await;
                }
            })
        });
        for sender in senders.collect::<Vec<_>>() {
            sender.await.unwrap();
        }
        let handled = |hub: &Hub| hub.metrics().participants["desk"].handled;
        while hub.metrics().participants["desk"].depth > 0 {
            tokio::task::yield_now().await;
        }
        let before = handled(&hub);
        assert!(before > 0);
        let dead: u64 = hub.metrics().dead_letters.values().sum();
        assert!(hub.shutdown(Duration::from_secs(30)).await.is_drained);
        // At most one was in hand when it was counted.
        assert!((8000 - dead).abs_diff(before) <= 1, "{overflow:?}: {before} + {dead}");
    }
}
