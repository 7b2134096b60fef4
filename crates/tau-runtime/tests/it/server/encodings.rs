//! What is told of a session is encoded once, however many follow it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use tau_proto::runtime::v1::{self as pb, subscribe_response::Message};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::support::{Served, Subscription, kind, prompt};

const SUBSCRIBERS: usize = 1_000;

/// Counts the encodings that are traced, for each codec.
#[derive(Clone, Default)]
struct Encodings(Arc<Mutex<BTreeMap<String, usize>>>);

impl Visit for Encodings {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "codec" {
            *self.0.lock().unwrap().entry(format!("{value:?}")).or_default() += 1;
        }
    }
}

impl Subscriber for Encodings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tau_runtime::server::stream::shared"
    }
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Events and deltas up to the end of a run.
async fn told(subscription: &mut Subscription) -> usize {
    let mut count = 0;
    loop {
        match subscription.next().await.unwrap().unwrap() {
            Message::Event(event) => {
                count += 1;
                if kind(&event) == "run_finished" {
                    return count;
                }
            }
            Message::Delta(_) => count += 1,
            Message::CaughtUp(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_thousand_subscribers_of_one_session_cost_one_encoding_of_each_message_and_codec() {
    let mut served = Served::new();
    let session = served.create().await;
    let mut subscriptions = Vec::new();
    for number in 0..SUBSCRIBERS {
        let cursor = pb::SessionCursor { session_id: session.to_string(), ..Default::default() };
        let request = pb::SubscribeRequest { sessions: vec![cursor], ..Default::default() };
        let client = if number % 2 == 0 { &served.sessions } else { &served.json };
        subscriptions.push(Subscription(client.subscribe(request).await.unwrap()));
    }
    let encodings = Encodings::default();
    let guard = tracing::subscriber::set_default(encodings.clone());
    // The stream of the run carries the same messages.
    let mut run = served.run(prompt(session, "Hi")).await.unwrap();
    served.process.model.asked().await.text("Hello.");
    run.rest().await;
    let mut counts = Vec::new();
    for subscription in &mut subscriptions {
        counts.push(told(subscription).await);
    }
    drop(guard);
    // Created, submitted, started, requested, replied, finished, and the words between.
    assert!(counts[0] > 6, "{counts:?}");
    assert_eq!(counts, vec![counts[0]; SUBSCRIBERS]);
    let expected = ["Json", "Proto"].map(|codec| (codec.to_owned(), counts[0]));
    assert_eq!(*encodings.0.lock().unwrap(), BTreeMap::from(expected));
}
