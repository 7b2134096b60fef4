//! Point to point, requests, broadcasts, topics; what a message carries.

use std::num::NonZeroUsize;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tau_orchestrate::hub::{
    Destination, HandlerError, Hub, HubErrorKind, Message, ParticipantOptions, Priority, Reply,
};

use super::support::{Notes, SECOND};

#[tokio::test]
async fn one_participant_gets_what_is_sent_to_it_in_order() {
    let hub = Hub::new("test");
    let (ann, bob) = (Notes::new(), Notes::new());
    hub.register("ann", ann.clone()).await.unwrap();
    hub.register("bob", bob.clone()).await.unwrap();
    for number in 0..100 {
        let sent = hub.send(Message::to("ann").body(number.to_string())).await.unwrap();
        assert_eq!((sent.accepted, sent.dropped, sent.is_forwarded, sent.is_kept), (1, 0, false, false));
    }
    let expected: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    assert_eq!(ann.after(100).await, expected);
    assert_eq!(bob.bodies(), Vec::<String>::new());
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Order {
    item: String,
    count: u32,
}

#[tokio::test]
async fn a_message_carries_all_it_was_built_with_and_so_does_its_reply() {
    let hub = Hub::new("test");
    let seen = |message: Message| async move {
        let order: Order = message.json()?;
        assert!(message.is_request() && !message.must_arrive());
        assert!(message.deadline().is_some());
        assert_eq!(message.header("trace"), Some("7"));
        let headers: Vec<_> = message.headers().collect();
        assert_eq!(headers, [("tenant", "a"), ("trace", "7")]);
        assert_eq!(message.from().unwrap().as_str(), "shop");
        assert_eq!((message.priority(), message.hops(), message.correlation()), (Priority::High, 0, None));
        assert_eq!(message.destination(), &Destination::Participant("desk".try_into()?));
        Ok::<_, HandlerError>(Reply::json(&Order { count: order.count + 1, ..order })?.header("by", "hand"))
    };
    hub.register("desk", seen).await.unwrap();
    let order = Order { item: "tea".into(), count: 1 };
    let message = Message::to("desk").json(&order).from("shop").priority(Priority::High);
    let reply = hub.request(message.header("trace", "7").header("tenant", "a")).await.unwrap();
    assert_eq!(reply.json::<Order>().unwrap(), Order { item: "tea".into(), count: 2 });
    assert_eq!((reply.header("by"), reply.from().unwrap().as_str()), (Some("hand"), "desk"));
    assert_eq!(reply.correlation().unwrap().into_parts().0, reply.id().into_parts().0);
    assert_ne!(reply.correlation(), Some(reply.id()));
}

#[tokio::test]
async fn a_broadcast_reaches_everybody_but_its_sender() {
    let hub = Hub::new("test");
    let notes: Vec<Notes> = (0..3).map(|_| Notes::new()).collect();
    for (id, notes) in ["a", "b", "c"].into_iter().zip(&notes) {
        hub.register(id, notes.clone()).await.unwrap();
    }
    assert_eq!(hub.send(Message::to_everyone().body("all")).await.unwrap().accepted, 3);
    assert_eq!(hub.send(Message::to_everyone().body("but a").from("a")).await.unwrap().accepted, 2);
    assert_eq!(notes[0].after(1).await, ["all"]);
    assert_eq!(notes[1].after(2).await, ["all", "but a"]);
    assert_eq!(notes[2].after(2).await, ["all", "but a"]);
}

#[tokio::test]
async fn subscribers_get_what_their_patterns_want_once_each() {
    let hub = Hub::new("test");
    let (eu, all) = (Notes::new(), Notes::new());
    hub.register("eu", eu.clone()).await.unwrap();
    hub.register("all", all.clone()).await.unwrap();
    hub.subscribe("eu", "orders.*.eu").await.unwrap();
    for pattern in ["orders.>", "orders.*.eu", "*.new.*", "orders.>"] {
        hub.subscribe("all", pattern).await.unwrap();
    }
    let publish =
        async |subject: &str| hub.send(Message::on(subject).body(subject.to_owned())).await.unwrap().accepted;
    assert_eq!(publish("orders.new.eu").await, 2);
    assert_eq!(publish("orders.new.us").await, 1);
    assert_eq!(publish("orders").await, 0);
    assert_eq!(all.after(2).await, ["orders.new.eu", "orders.new.us"]);
    hub.unsubscribe("all", "orders.>").unwrap();
    assert_eq!(publish("orders.old.us").await, 0, "its other patterns do not want that");
    assert_eq!(publish("orders.old.eu").await, 2, "they want that");
    hub.unregister("all").unwrap();
    assert_eq!(publish("orders.new.eu").await, 1, "who left wants nothing");
    assert_eq!(eu.after(3).await, ["orders.new.eu", "orders.old.eu", "orders.new.eu"]);
}

#[tokio::test]
async fn what_is_urgent_comes_first() {
    let hub = Hub::new("test");
    let notes = Notes::gated();
    hub.register("desk", notes.clone()).await.unwrap();
    hub.send(Message::to("desk").body("first")).await.unwrap();
    notes.after(1).await;
    let sent = [
        ("low 1", Priority::Low),
        ("normal 1", Priority::Normal),
        ("high 1", Priority::High),
        ("low 2", Priority::Low),
        ("high 2", Priority::High),
        ("normal 2", Priority::Normal),
    ];
    for (body, priority) in sent {
        hub.send(Message::to("desk").body(body).priority(priority)).await.unwrap();
    }
    notes.let_go(9);
    assert_eq!(notes.after(7).await, ["first", "high 1", "high 2", "normal 1", "normal 2", "low 1", "low 2"]);
}

#[tokio::test(start_paused = true)]
async fn as_many_messages_are_handled_at_a_time_as_the_participant_takes() {
    let hub = Hub::new("test");
    let slow = async |_: Message| tokio::time::sleep(SECOND).await;
    let options = ParticipantOptions::default().concurrency(NonZeroUsize::new(4).unwrap());
    hub.register_with("four", options, slow).await.unwrap();
    hub.register("one", slow).await.unwrap();
    let time = async |id: &str| {
        let begin = tokio::time::Instant::now();
        let requests = (0..8).map(|_| hub.request(Message::to(id)));
        assert!(futures::future::join_all(requests).await.iter().all(Result::is_ok));
        begin.elapsed().as_secs()
    };
    assert_eq!((time("four").await, time("one").await), (2, 8));
}

#[tokio::test]
async fn participants_talk_to_each_other_through_handles() {
    let hub = Hub::new("test");
    let inner = hub.clone();
    hub.register("double", async |message: Message| message.text().unwrap().repeat(2)).await.unwrap();
    hub.register("quadruple", move |message: Message| {
        let hub = inner.clone();
        async move {
            let once = hub.request(Message::to("double").body(message.body().clone())).await?;
            let twice = hub.request(Message::to("double").body(once.body().clone())).await?;
            Ok::<_, HandlerError>(Reply::new(twice.body().clone()))
        }
    })
    .await
    .unwrap();
    let reply = hub.request(Message::to("quadruple").body("ab")).await.unwrap();
    assert_eq!(reply.text().unwrap(), "abababab");
}

#[tokio::test]
async fn what_is_wrong_with_a_message_is_told_when_it_is_sent() {
    let hub = Hub::new("test");
    hub.register("desk", Notes::new()).await.unwrap();
    let kinds = [
        hub.send(Message::to("a b")).await.unwrap_err().kind(),
        hub.send(Message::to("")).await.unwrap_err().kind(),
        hub.send(Message::to("a.b")).await.unwrap_err().kind(),
        hub.send(Message::on("a.*")).await.unwrap_err().kind(),
        hub.send(Message::on("a..b")).await.unwrap_err().kind(),
        hub.send(Message::to("desk").from("no body")).await.unwrap_err().kind(),
        hub.register("x".repeat(1025), Notes::new()).await.unwrap_err().kind(),
        hub.subscribe("desk", "a.>.b").await.unwrap_err().kind(),
        hub.subscribe("desk", "a*").await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [HubErrorKind::InvalidName; 9]);
    // A map whose keys are no text.
    let no_json = std::collections::BTreeMap::from([((1, 2), 3)]);
    let kinds = [
        hub.send(Message::to("desk").json(&no_json)).await.unwrap_err().kind(),
        hub.send(Message::on("a.b").must_arrive()).await.unwrap_err().kind(),
        hub.request(Message::on("a.b")).await.unwrap_err().kind(),
        hub.request(Message::to_everyone()).await.unwrap_err().kind(),
        hub.request(Message::to("desk").must_arrive()).await.unwrap_err().kind(),
    ];
    assert_eq!(kinds, [HubErrorKind::InvalidMessage; 5]);
    let error = hub.send(Message::to("a b")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the name is not valid: \"a b\" is no valid name: the id of a participant is 1 to 1,024 bytes without white \
         space, `.`, `*` and `>`"
    );
}

#[tokio::test]
async fn figures_say_what_happened() {
    let hub = Hub::new("test");
    hub.register("well", Notes::new()).await.unwrap();
    hub.register("ill", async |_: Message| Err::<(), _>("no")).await.unwrap();
    for _ in 0..3 {
        hub.request(Message::to("well").body("x")).await.unwrap();
        hub.request(Message::to("ill").body("x")).await.unwrap_err();
    }
    hub.send(Message::to("nobody")).await.unwrap_err();
    let metrics = hub.metrics();
    assert_eq!((metrics.sent, metrics.requests, metrics.timeouts), (7, 6, 0));
    let dead: Vec<_> =
        metrics.dead_letters.into_iter().map(|(reason, count)| (format!("{reason:?}"), count)).collect();
    assert_eq!(dead, [("NoSuchParticipant".to_owned(), 1), ("HandlerFailed".to_owned(), 3)]);
    let [ill, well] = ["ill", "well"].map(|id| metrics.participants[id].clone());
    assert_eq!((ill.handled, ill.failed, ill.depth, ill.capacity), (0, 3, 0, 1024));
    assert_eq!((well.handled, well.failed, well.waiting.count, well.handling.count), (3, 0, 3, 3));
    assert!(well.handling.p50 <= well.handling.max && well.handling.max < Duration::from_secs(60));
}
