//! How a hub ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use tau_orchestrate::hub::{DeadLetterReason, HandlerError, Hub, HubErrorKind, Message, Reply};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::support::{Notes, SECOND, asked_in_vain};

#[tokio::test(start_paused = true)]
async fn what_is_under_way_is_finished_and_nothing_begins() {
    let hub = Hub::new("test");
    hub.register("slow", async |message: Message| {
        sleep(SECOND).await;
        message.body().clone()
    })
    .await
    .unwrap();
    let requests: Vec<_> = (0..3)
        .map(|number| {
            let hub = hub.clone();
            tokio::spawn(async move { hub.request(Message::to("slow").body(number.to_string())).await })
        })
        .collect();
    tokio::task::yield_now().await;
    let begin = Instant::now();
    let mut shutdown = Box::pin(hub.shutdown(SECOND * 60));
    assert!((&mut shutdown).now_or_never().is_none());
    assert_eq!(asked_in_vain(&hub, "slow", "new").await, HubErrorKind::ShutDown);
    let error = hub.register("new", Notes::new()).await.unwrap_err();
    assert_eq!(error.kind(), HubErrorKind::ShutDown);
    let report = shutdown.await;
    assert_eq!((report.is_drained, report.unhandled, begin.elapsed()), (true, 0, SECOND * 3));
    for (number, request) in requests.into_iter().enumerate() {
        assert_eq!(request.await.unwrap().unwrap().text().unwrap(), number.to_string());
    }
    assert_eq!(hub.metrics().dead_letters[&DeadLetterReason::ShutDown], 1);
}

/// What a handler begins is a part of what it finishes.
#[tokio::test(start_paused = true)]
async fn handlers_may_send_while_the_hub_drains() {
    let hub = Hub::new("test");
    let notes = Notes::new();
    hub.register("end", notes.clone()).await.unwrap();
    let own = hub.clone();
    hub.register("begin", move |message: Message| {
        let hub = own.clone();
        async move {
            sleep(SECOND).await;
            hub.request(Message::to("end").body("asked")).await?;
            hub.send(Message::to("end").body(message.body().clone())).await?;
            Ok::<_, HandlerError>(Reply::default())
        }
    })
    .await
    .unwrap();
    hub.send(Message::to("begin").body("told")).await.unwrap();
    assert!(hub.shutdown(SECOND * 60).await.is_drained);
    assert_eq!(notes.bodies(), ["asked", "told"]);
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up() {
    let hub = Hub::new("test");
    let mut letters = hub.dead_letters();
    let notes = Notes::gated();
    hub.register("stuck", notes.clone()).await.unwrap();
    let request = {
        let hub = hub.clone();
        tokio::spawn(async move { hub.request(Message::to("stuck").body("in hand")).await })
    };
    notes.after(1).await;
    hub.send(Message::to("stuck").body("waiting")).await.unwrap();
    let begin = Instant::now();
    let report = hub.shutdown(SECOND * 5).await;
    assert_eq!((report.is_drained, report.unhandled, begin.elapsed()), (false, 2, SECOND * 5));
    assert_eq!(request.await.unwrap().unwrap_err().kind(), HubErrorKind::ShutDown);
    let mut dead = Vec::new();
    for _ in 0..2 {
        let letter = letters.next().await.unwrap();
        assert_eq!(letter.reason, DeadLetterReason::ShutDown);
        dead.push(letter.message.text().unwrap().to_owned());
    }
    dead.sort();
    assert_eq!(dead, ["in hand", "waiting"]);
    assert!(hub.participants().is_empty());
}

/// Set when it is dropped.
struct Flag(Arc<AtomicBool>);

impl Drop for Flag {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn a_parent_that_is_cancelled_stops_the_hub_at_once() {
    let parent = CancellationToken::new();
    let hub = Hub::builder("test").cancelled_by(&parent).build().await.unwrap();
    let is_dropped = Arc::new(AtomicBool::new(false));
    let flag = Arc::new(Flag(Arc::clone(&is_dropped)));
    hub.register("stuck", move |_: Message| {
        let flag = Arc::clone(&flag);
        async move {
            std::future::pending::<()>().await;
            drop(flag);
        }
    })
    .await
    .unwrap();
    let request = {
        let hub = hub.clone();
        tokio::spawn(async move { hub.request(Message::to("stuck")).await })
    };
    tokio::task::yield_now().await;
    let begin = Instant::now();
    parent.cancel();
    assert_eq!(request.await.unwrap().unwrap_err().kind(), HubErrorKind::ShutDown);
    hub.stopped().await;
    assert!(is_dropped.load(Ordering::SeqCst), "handlers and what they hold are gone");
    assert_eq!(begin.elapsed().as_secs(), 0);
    assert_eq!(asked_in_vain(&hub, "stuck", "").await, HubErrorKind::ShutDown);
    assert_eq!(hub.send(Message::to_everyone()).await.unwrap_err().kind(), HubErrorKind::ShutDown);
}

#[tokio::test(start_paused = true)]
async fn a_hub_ends_once() {
    let parent = CancellationToken::new();
    let hub = Hub::builder("test").cancelled_by(&parent).build().await.unwrap();
    hub.register("desk", Notes::new()).await.unwrap();
    let (first, second) = tokio::join!(hub.shutdown(SECOND), hub.shutdown(SECOND));
    assert!(first.is_drained && second.is_drained);
    hub.stop();
    assert!(hub.shutdown(SECOND).await.is_drained);
    assert!(!parent.is_cancelled(), "a child does not end its parent");
}

/// A handler that ends its hub is dropped where it waits for that.
#[tokio::test(start_paused = true)]
async fn a_handler_may_shut_its_hub_down() {
    let hub = Hub::new("test");
    let own = hub.clone();
    hub.register("end", move |_: Message| {
        let hub = own.clone();
        async move {
            hub.shutdown(SECOND).await;
        }
    })
    .await
    .unwrap();
    hub.send(Message::to("end")).await.unwrap();
    let begin = Instant::now();
    hub.stopped().await;
    assert_eq!(begin.elapsed(), SECOND);
}
