//! In process, against a bare tokio channel.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tau_orchestrate::hub::{Hub, Message, ParticipantId};
use tokio::sync::{Notify, mpsc, oneshot};

use super::{PAIRS, Pair, cpu_time, header, p50, row};

const MESSAGES: usize = 200_000;
const REQUESTS: usize = 20_000;
const BODY: Bytes = Bytes::from_static(b"a body of some length, as a short message has it");

/// Counts what is handed over, and says when all is.
#[derive(Default)]
struct Count {
    count: AtomicUsize,
    is_all: Notify,
}

impl Count {
    fn add(&self, all: usize) {
        if self.count.fetch_add(1, Ordering::Relaxed) + 1 == all {
            self.is_all.notify_one();
        }
    }
}

fn rate(messages: usize, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a number of messages")]
    let messages = messages as f64;
    messages / time.as_secs_f64()
}

async fn channel() -> f64 {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(1024);
    let receive = tokio::spawn(async move {
        while let Some(body) = receiver.recv().await {
            black_box(body);
        }
    });
    let begin = cpu_time();
    for _ in 0..MESSAGES {
        sender.send(BODY.clone()).await.unwrap();
    }
    drop(sender);
    receive.await.unwrap();
    rate(MESSAGES, cpu_time() - begin)
}

/// Participants that count, as many messages as there are copies of each.
async fn counting(participants: usize) -> (Hub, Vec<ParticipantId>, Arc<Count>) {
    let hub = Hub::new("bench");
    let count = Arc::new(Count::default());
    let mut ids = Vec::new();
    for number in 0..participants {
        let id = ParticipantId::try_from(format!("participant-{number}")).unwrap();
        let counted = Arc::clone(&count);
        let handle = move |message: Message| {
            let counted = Arc::clone(&counted);
            async move {
                black_box(message.body());
                counted.add(MESSAGES);
            }
        };
        hub.register(&id, handle).await.unwrap();
        hub.subscribe(id.as_str(), "orders.*.created").await.unwrap();
        ids.push(id);
    }
    (hub, ids, count)
}

async fn point_to_point() -> f64 {
    let (hub, ids, count) = counting(1).await;
    let begin = cpu_time();
    for _ in 0..MESSAGES {
        hub.send(Message::to(&ids[0]).body(BODY.clone())).await.unwrap();
    }
    count.is_all.notified().await;
    let time = cpu_time() - begin;
    hub.shutdown(Duration::from_secs(1)).await;
    rate(MESSAGES, time)
}

/// Copies that are handled.
async fn published(subscribers: usize) -> f64 {
    let (hub, _, count) = counting(subscribers).await;
    let subject = tau_orchestrate::hub::Subject::try_from("orders.eu.created").unwrap();
    let begin = cpu_time();
    for _ in 0..MESSAGES / subscribers {
        hub.send(Message::on(&subject).body(BODY.clone())).await.unwrap();
    }
    count.is_all.notified().await;
    let time = cpu_time() - begin;
    hub.shutdown(Duration::from_secs(1)).await;
    rate(MESSAGES, time)
}

async fn channel_requests() -> f64 {
    let (sender, mut receiver) = mpsc::channel::<(Bytes, oneshot::Sender<Bytes>)>(1024);
    tokio::spawn(async move {
        while let Some((body, reply)) = receiver.recv().await {
            let _ = reply.send(body);
        }
    });
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begin = Instant::now();
        let (reply, answer) = oneshot::channel();
        sender.send((BODY.clone(), reply)).await.unwrap();
        black_box(answer.await.unwrap());
        times.push(begin.elapsed());
    }
    p50(&mut times)
}

async fn requests() -> f64 {
    let hub = Hub::new("bench");
    hub.register("echo", async |message: Message| message.body().clone()).await.unwrap();
    let id = ParticipantId::try_from("echo").unwrap();
    let mut times = Vec::with_capacity(REQUESTS);
    for _ in 0..REQUESTS {
        let begin = Instant::now();
        black_box(hub.request(Message::to(&id).body(BODY.clone())).await.unwrap());
        times.push(begin.elapsed());
    }
    hub.shutdown(Duration::from_secs(1)).await;
    p50(&mut times)
}

pub(crate) async fn bench() {
    header("in process, one thread; floor: a bare tokio mpsc channel (and a oneshot for the reply)");
    let (mut sent, mut one, mut ten, mut asked) =
        (Vec::<Pair>::new(), Vec::<Pair>::new(), Vec::<Pair>::new(), Vec::<Pair>::new());
    for _ in 0..PAIRS {
        sent.push((channel().await, point_to_point().await));
        one.push((channel().await, published(1).await));
        ten.push((channel().await, published(10).await));
        asked.push((channel_requests().await, requests().await));
    }
    row("point to point (goal 1,000,000/s)", "messages/s", &sent);
    row("published to 1 subscriber", "messages/s", &one);
    row("published to 10 subscribers, copies", "messages/s", &ten);
    row("request and reply, p50 (goal 5 us)", "us", &asked);
    println!();
}
