//! Hubs that are joined.

use std::time::Duration;

use tau_orchestrate::hub::{Bridge, DeadLetterReason, HandlerError, Hub, HubErrorKind, Message};

use super::support::{Notes, SECOND, asked_in_vain, next_dead};

/// Bridges `from` one hub `to` another: everything that is published, and these participants.
async fn bridge(from: &Hub, to: &Hub, participants: &[&str]) {
    let id = format!("to-{}", to.name());
    from.register(id.as_str(), Bridge::to(to)).await.unwrap();
    from.subscribe(&id, ">").await.unwrap();
    for participant in participants {
        from.register(*participant, Bridge::to(to)).await.unwrap();
    }
}

/// Waits until nothing is under way in any of the hubs, and no bridge can begin anything.
async fn drain(hubs: &[&Hub]) {
    for _ in 0..2000 {
        tokio::task::yield_now().await;
    }
    for hub in hubs {
        assert!(hub.shutdown(SECOND).await.is_drained);
    }
}

#[tokio::test]
async fn what_goes_over_a_bridge_arrives_and_does_not_come_back() {
    let (left, right) = (Hub::new("left"), Hub::new("right"));
    let (ann, bob) = (Notes::new(), Notes::new());
    left.register("ann", ann.clone()).await.unwrap();
    right.register("bob", bob.clone()).await.unwrap();
    left.subscribe("ann", "news.>").await.unwrap();
    right.subscribe("bob", "news.>").await.unwrap();
    bridge(&left, &right, &["bob"]).await;
    bridge(&right, &left, &["ann"]).await;

    assert_eq!(left.request(Message::to("bob").body("hello")).await.unwrap().text().unwrap(), "hello");
    assert_eq!(right.request(Message::to("ann").body("hi")).await.unwrap().text().unwrap(), "hi");
    left.send(Message::to("bob").body("told").must_arrive()).await.unwrap();
    bob.after(2).await;
    left.send(Message::on("news.eu").body("news")).await.unwrap();
    bob.after(3).await;
    right.send(Message::to_everyone().body("all")).await.unwrap();
    ann.after(3).await;
    drain(&[&left, &right]).await;
    assert_eq!(ann.bodies(), ["hi", "news", "all"]);
    assert_eq!(bob.bodies(), ["hello", "told", "news", "all"]);
}

/// Four hubs, each joined with each other: whatever is sent in one of them reaches everybody once.
#[tokio::test]
async fn in_a_mesh_everything_arrives_once() {
    let hubs: Vec<Hub> = ["a", "b", "c", "d"].into_iter().map(Hub::new).collect();
    let notes: Vec<Notes> = hubs.iter().map(|_| Notes::new()).collect();
    for (hub, notes) in hubs.iter().zip(&notes) {
        hub.register(format!("in-{}", hub.name()), notes.clone()).await.unwrap();
        hub.subscribe(&format!("in-{}", hub.name()), "news").await.unwrap();
        for other in hubs.iter().filter(|other| other.id() != hub.id()) {
            bridge(hub, other, &[]).await;
        }
    }
    for hub in &hubs {
        hub.send(Message::on("news").body(format!("news of {}", hub.name()))).await.unwrap();
        hub.send(Message::to_everyone().body(format!("word of {}", hub.name()))).await.unwrap();
    }
    for notes in &notes {
        notes.after(8).await;
    }
    drain(&hubs.iter().collect::<Vec<_>>()).await;
    let mut expected: Vec<String> = ["a", "b", "c", "d"]
        .iter()
        .flat_map(|hub| [format!("news of {hub}"), format!("word of {hub}")])
        .collect();
    expected.sort();
    for notes in &notes {
        let mut bodies = notes.bodies();
        bodies.sort();
        assert_eq!(bodies, expected);
    }
}

/// Each of two hubs thinks that the other knows "ghost".
#[tokio::test]
async fn a_loop_for_one_participant_ends_with_an_error() {
    let (left, right) = (Hub::new("left"), Hub::new("right"));
    left.register("ghost", Bridge::to(&right)).await.unwrap();
    right.register("ghost", Bridge::to(&left)).await.unwrap();
    let mut letters = left.dead_letters();
    assert_eq!(asked_in_vain(&left, "ghost", "1").await, HubErrorKind::HopLimit);
    let (reason, participant, _) = next_dead(&mut letters).await;
    assert_eq!((reason, participant.as_deref()), (DeadLetterReason::HandlerFailed, Some("ghost")));
}

#[tokio::test]
async fn a_chain_of_bridges_is_as_long_as_the_last_hub_allows() {
    let mut hubs = Vec::new();
    for number in 0..5 {
        hubs.push(Hub::builder(&format!("hub {number}")).hops(3).build().await.unwrap());
    }
    for (number, pair) in hubs.windows(2).enumerate() {
        for end in number + 1..5 {
            pair[0].register(format!("end-{end}"), Bridge::to(&pair[1])).await.unwrap();
        }
    }
    for (end, hub) in hubs.iter().enumerate() {
        let hops = async |message: Message| message.hops().to_string();
        hub.register(format!("end-{end}"), hops).await.unwrap();
    }
    let reply = hubs[0].request(Message::to("end-3")).await.unwrap();
    assert_eq!(reply.text().unwrap(), "3");
    assert_eq!(asked_in_vain(&hubs[0], "end-4", "").await, HubErrorKind::HopLimit);
}

#[tokio::test]
async fn a_bridge_hides_no_error() {
    let (left, right) = (Hub::new("left"), Hub::new("right"));
    for id in ["absent", "ill", "mad", "slow"] {
        left.register(id, Bridge::to(&right)).await.unwrap();
    }
    right.register("ill", async |_: Message| Err::<(), HandlerError>("fever".into())).await.unwrap();
    right.register("mad", async |_: Message| -> () { panic!("moon") }).await.unwrap();
    right.register("slow", async |_: Message| std::future::pending::<()>().await).await.unwrap();
    assert_eq!(asked_in_vain(&left, "absent", "").await, HubErrorKind::NoSuchParticipant);
    let error = left.request(Message::to("ill")).await.unwrap_err();
    assert_eq!((error.kind(), error.detail()), (HubErrorKind::HandlerFailed, Some("fever")));
    assert_eq!(asked_in_vain(&left, "mad", "").await, HubErrorKind::HandlerPanicked);
    let slow = left.request(Message::to("slow").deadline_in(Duration::from_millis(50))).await;
    assert_eq!(slow.unwrap_err().kind(), HubErrorKind::DeadlineExceeded);
    right.stop();
    right.stopped().await;
    assert_eq!(asked_in_vain(&left, "ill", "").await, HubErrorKind::ShutDown);
}
