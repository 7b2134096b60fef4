//! What the tests of the hub share.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tau_orchestrate::hub::{
    DeadLetterReason, DeadLetters, HandlerError, Hub, HubErrorKind, Message, Participant, Reply,
};
use tokio::sync::{Semaphore, watch};

/// A participant that writes down the bodies it is handed and answers with them. Clones write into the same list.
#[derive(Clone)]
pub(super) struct Notes {
    bodies: Arc<Mutex<Vec<String>>>,
    count: watch::Sender<usize>,
    /// What it needs to go on: a permit a message.
    gate: Arc<Semaphore>,
}

impl Notes {
    pub(super) fn new() -> Self {
        let gate = Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        Self { bodies: Arc::default(), count: watch::Sender::new(0), gate }
    }

    /// One that finishes no message before it is let.
    pub(super) fn gated() -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), ..Self::new() }
    }

    pub(super) fn let_go(&self, messages: usize) {
        self.gate.add_permits(messages);
    }

    /// What it was handed, in order.
    pub(super) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// Waits until it was handed so many messages, and then looks at all of them.
    pub(super) async fn after(&self, messages: usize) -> Vec<String> {
        self.count.subscribe().wait_for(|count| *count >= messages).await.unwrap();
        self.bodies()
    }
}

impl Participant for Notes {
    async fn handle(&self, message: Message) -> Result<Reply, HandlerError> {
        self.bodies.lock().unwrap().push(message.text()?.to_owned());
        self.count.send_modify(|count| *count += 1);
        self.gate.acquire().await?.forget();
        Ok(Reply::new(message.body().clone()))
    }
}

/// The next dead letter: its reason, participant and body.
pub(super) async fn next_dead(letters: &mut DeadLetters) -> (DeadLetterReason, Option<String>, String) {
    let letter = letters.next().await.unwrap();
    let participant = letter.participant.as_ref().map(ToString::to_string);
    (letter.reason, participant, letter.message.text().unwrap().to_owned())
}

/// The kind of error with which a request of `body` to `id` ends.
pub(super) async fn asked_in_vain(hub: &Hub, id: &str, body: &'static str) -> HubErrorKind {
    hub.request(Message::to(id).body(body)).await.unwrap_err().kind()
}

pub(super) const SECOND: Duration = Duration::from_secs(1);
