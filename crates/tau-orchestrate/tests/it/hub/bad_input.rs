//! Whatever goes wrong is told, and costs nothing else.

use std::time::Duration;

use futures::FutureExt;
use tau_orchestrate::hub::{DeadLetterReason, HandlerError, Hub, HubErrorKind, Message, Participant, Reply};

use super::support::{Notes, SECOND, asked_in_vain, next_dead};

#[tokio::test]
async fn to_nobody_is_an_error_and_a_dead_letter() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    let error = hub.send(Message::to("nobody").body("1")).await.unwrap_err();
    assert_eq!((error.kind(), error.about_whom()), (HubErrorKind::NoSuchParticipant, Some("nobody")));
    assert_eq!(error.to_string(), "`nobody`: there is no such participant; register it, or check the id");
    assert_eq!(asked_in_vain(&hub, "nobody", "2").await, HubErrorKind::NoSuchParticipant);
    assert_eq!(hub.send(Message::on("no.body").body("3")).await.unwrap().accepted, 0);
    assert_eq!(hub.send(Message::to_everyone().body("4")).await.unwrap().accepted, 0);
    use DeadLetterReason::{NoReceiver, NoSuchParticipant};
    for (reason, body) in
        [(NoSuchParticipant, "1"), (NoSuchParticipant, "2"), (NoReceiver, "3"), (NoReceiver, "4")]
    {
        assert_eq!(next_dead(&mut letters).await, (reason, None, body.to_owned()));
    }
    assert_eq!(hub.unregister("nobody").unwrap_err().kind(), HubErrorKind::NoSuchParticipant);
    assert_eq!(hub.subscribe("nobody", "a").await.unwrap_err().kind(), HubErrorKind::NoSuchParticipant);
    assert_eq!(hub.unsubscribe("nobody", "a").unwrap_err().kind(), HubErrorKind::NoSuchParticipant);
}

#[tokio::test]
async fn an_id_is_given_once() {
    let hub = Hub::new("test");
    let (first, second) = (Notes::new(), Notes::new());
    hub.register("desk", first.clone()).await.unwrap();
    let error = hub.register("desk", second.clone()).await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::AlreadyRegistered);
    hub.request(Message::to("desk").body("1")).await.unwrap();
    hub.unregister("desk").unwrap();
    hub.register("desk", second.clone()).await.unwrap();
    hub.request(Message::to("desk").body("2")).await.unwrap();
    assert_eq!((first.bodies(), second.bodies()), (vec!["1".to_owned()], vec!["2".to_owned()]));
}

#[tokio::test]
async fn who_leaves_finishes_what_it_has_and_nothing_more() {
    let hub = Hub::new("test");
    let notes = Notes::gated();
    let mut letters = hub.dead_letters();
    hub.register("desk", notes.clone()).await.unwrap();
    let mut in_hand = Box::pin(hub.request(Message::to("desk").body("in hand")));
    assert!((&mut in_hand).now_or_never().is_none());
    notes.after(1).await;
    let mut waiting = Box::pin(hub.request(Message::to("desk").body("waiting")));
    assert!((&mut waiting).now_or_never().is_none());
    hub.unregister("desk").unwrap();
    assert_eq!(waiting.await.unwrap_err().kind(), HubErrorKind::Unregistered);
    let dead = (DeadLetterReason::Unregistered, Some("desk".into()), "waiting".into());
    assert_eq!(next_dead(&mut letters).await, dead);
    notes.let_go(1);
    assert_eq!(in_hand.await.unwrap().text().unwrap(), "in hand");
}

#[tokio::test]
async fn whoever_waits_for_room_hears_that_the_participant_left() {
    let hub = Hub::new("test");
    let notes = Notes::gated();
    let one = std::num::NonZeroUsize::MIN;
    let options = tau_orchestrate::hub::ParticipantOptions::default().capacity(one);
    hub.register_with("desk", options, notes.clone()).await.unwrap();
    hub.send(Message::to("desk").body("in hand")).await.unwrap();
    notes.after(1).await;
    hub.send(Message::to("desk").body("waiting")).await.unwrap();
    let mut late = Box::pin(hub.send(Message::to("desk").body("without room")));
    assert!((&mut late).now_or_never().is_none());
    hub.unregister("desk").unwrap();
    assert_eq!(late.await.unwrap_err().kind(), HubErrorKind::Unregistered);
}

#[tokio::test]
async fn a_handler_may_end_its_own_part() {
    let hub = Hub::new("test");
    let own = hub.clone();
    hub.register("once", move |_: Message| {
        let hub = own.clone();
        async move { hub.unregister("once").map(|()| "done") }
    })
    .await
    .unwrap();
    assert_eq!(hub.request(Message::to("once")).await.unwrap().text().unwrap(), "done");
    assert_eq!(asked_in_vain(&hub, "once", "").await, HubErrorKind::NoSuchParticipant);
}

#[tokio::test(start_paused = true)]
async fn a_reply_after_the_deadline_is_a_dead_letter() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    hub.register("slow", async |_: Message| {
        tokio::time::sleep(SECOND * 10).await;
        "late"
    })
    .await
    .unwrap();
    let begin = tokio::time::Instant::now();
    let error = hub.request(Message::to("slow").deadline_in(SECOND)).await.unwrap_err();
    assert_eq!((error.kind(), begin.elapsed()), (HubErrorKind::DeadlineExceeded, SECOND));
    assert_eq!(next_dead(&mut letters).await, (DeadLetterReason::LateReply, None, "late".into()));
    assert_eq!((begin.elapsed(), hub.metrics().timeouts), (SECOND * 10, 1));
    // A request that says nothing has the time of the hub.
    let hub = Hub::builder("test").request_time(SECOND * 3).build().await.unwrap();
    hub.register("never", async |_: Message| std::future::pending::<()>().await).await.unwrap();
    let begin = tokio::time::Instant::now();
    assert_eq!(asked_in_vain(&hub, "never", "").await, HubErrorKind::DeadlineExceeded);
    assert_eq!(begin.elapsed(), SECOND * 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_late_is_not_handled() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    let notes = Notes::gated();
    hub.register("desk", notes.clone()).await.unwrap();
    hub.send(Message::to("desk").body("in hand")).await.unwrap();
    hub.send(Message::to("desk").body("late").deadline_in(SECOND)).await.unwrap();
    hub.send(Message::to("desk").body("for ever").deadline_in(Duration::MAX)).await.unwrap();
    tokio::time::sleep(SECOND * 2).await;
    notes.let_go(9);
    assert_eq!(notes.after(2).await, ["in hand", "for ever"]);
    let dead = (DeadLetterReason::Expired, Some("desk".into()), "late".into());
    assert_eq!(next_dead(&mut letters).await, dead);
}

#[tokio::test]
async fn a_panic_costs_its_message_alone() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    hub.register("mine", async |message: Message| {
        match message.text()? {
            "boom" => panic!("no {}", "luck"),
            "" => Err("nothing to do")?,
            _ => {}
        }
        Ok::<_, HandlerError>(message.body().clone())
    })
    .await
    .unwrap();
    let mut waiting = Box::pin(hub.request(Message::to("mine").body("behind")));
    let error = hub.request(Message::to("mine").body("boom")).await.unwrap_err();
    assert_eq!((error.kind(), error.detail()), (HubErrorKind::HandlerPanicked, Some("no luck")));
    assert_eq!(
        error.to_string(),
        "`mine`: the handler panicked: no luck; this is a mistake in the participant"
    );
    assert_eq!((&mut waiting).await.unwrap().text().unwrap(), "behind");
    let error = hub.request(Message::to("mine").body("")).await.unwrap_err();
    assert_eq!((error.kind(), error.detail()), (HubErrorKind::HandlerFailed, Some("nothing to do")));
    hub.send(Message::to("mine").body("boom")).await.unwrap();
    use DeadLetterReason::{HandlerFailed, HandlerPanicked};
    for (reason, body) in [(HandlerPanicked, "boom"), (HandlerFailed, ""), (HandlerPanicked, "boom")] {
        assert_eq!(next_dead(&mut letters).await, (reason, Some("mine".into()), body.into()));
    }
    assert_eq!(hub.metrics().participants["mine"].panicked, 2);
}

/// Panics before it has a future at all.
struct Hasty;

impl Participant for Hasty {
    #[expect(clippy::panic, reason = "it is what is tested")]
    fn handle(&self, _: Message) -> impl Future<Output = Result<Reply, HandlerError>> + Send {
        if true {
            panic!("at once");
        }
        async { Ok(Reply::default()) }
    }
}

#[tokio::test]
async fn a_panic_outside_of_the_future_is_caught_as_well() {
    let hub = Hub::new("test");
    hub.register("hasty", Hasty).await.unwrap();
    for _ in 0..2 {
        assert_eq!(asked_in_vain(&hub, "hasty", "").await, HubErrorKind::HandlerPanicked);
    }
}

#[tokio::test]
async fn a_slow_reader_of_dead_letters_is_told_what_it_missed() {
    let four = std::num::NonZeroU16::new(4).unwrap();
    let hub = Hub::builder("test").dead_letter_capacity(four).build().await.unwrap();
    let mut letters = hub.dead_letters();
    for number in 0..10 {
        hub.send(Message::to("nobody").body(number.to_string())).await.unwrap_err();
    }
    assert_eq!(next_dead(&mut letters).await.2, "6");
    assert_eq!(letters.missed(), 6);
    assert_eq!(hub.metrics().dead_letters[&DeadLetterReason::NoSuchParticipant], 10);
}
