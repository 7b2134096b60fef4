//! What all handles of a hub share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use tokio::sync::broadcast;

use super::dead_letter::{DeadLetter, DeadLetterReason};
use super::envelope::{Answer, Asker};
use super::error::Failure;
use super::lifecycle::{Lifecycle, UnderWay};
use super::link::Link;
use super::member::Member;
use super::message::{Message, Purpose};
use super::metrics::{Counters, HubMetrics};
use super::name::{HubId, MessageId, ParticipantId};
use super::outbox::Outbox;
use super::participant::Reply;
use super::registry::Registry;
use super::seen::Seen;
use crate::sync::read;

pub(super) struct Core {
    pub(super) id: HubId,
    pub(super) name: Arc<str>,
    pub(super) limits: Limits,
    numbers: AtomicU64,
    pub(super) registry: RwLock<Registry>,
    pub(super) counters: Counters,
    pub(super) dead_letters: broadcast::Sender<Arc<DeadLetter>>,
    pub(super) under_way: UnderWay,
    pub(super) lifecycle: Lifecycle,
    pub(super) link: Option<Link>,
    pub(super) outbox: Outbox,
    /// What came over bridges and was for many, so that a second way brings nothing.
    pub(super) bridged: Mutex<Seen>,
}

/// The parts of a [`Core`] that differ from hub to hub.
pub(super) struct Parts {
    pub(super) id: HubId,
    pub(super) name: Arc<str>,
    pub(super) limits: Limits,
    pub(super) lifecycle: Lifecycle,
    pub(super) link: Option<Link>,
    pub(super) outbox: Outbox,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The time of a request that says none.
    pub(super) request: Duration,
    pub(super) hops: usize,
    /// How many dead letters are kept for a subscriber that is slow.
    pub(super) dead_letters: usize,
}

/// How many messages that came over bridges are remembered.
const BRIDGED: usize = 16_384;

impl Core {
    pub(super) fn new(parts: Parts) -> Self {
        let Parts { id, name, limits, lifecycle, link, outbox } = parts;
        Self {
            id,
            name,
            limits,
            numbers: AtomicU64::new(1),
            registry: RwLock::default(),
            counters: Counters::default(),
            dead_letters: broadcast::Sender::new(limits.dead_letters),
            under_way: UnderWay::default(),
            lifecycle,
            link,
            outbox,
            bridged: Mutex::new(Seen::new(BRIDGED)),
        }
    }

    pub(super) fn next_id(&self) -> MessageId {
        MessageId { origin: self.id, number: self.numbers.fetch_add(1, Ordering::Relaxed) }
    }

    pub(super) fn member(&self, id: &ParticipantId) -> Option<Arc<Member>> {
        read(&self.registry).get(id.as_str()).map(Arc::clone)
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.lifecycle.has_stopped()
    }

    /// Counts and shows a message that nobody deals with.
    pub(super) fn give_up(&self, message: &Message, participant: Option<ParticipantId>, failure: &Failure) {
        self.counters.dead_letter(failure.reason);
        if self.dead_letters.receiver_count() > 0 {
            let detail = failure.detail.clone();
            let letter = DeadLetter { message: message.clone(), reason: failure.reason, participant, detail };
            // Whoever subscribed may have gone in the meantime.
            let _ = self.dead_letters.send(Arc::new(letter));
        }
    }

    /// The reply to `request` as a message.
    pub(super) fn reply_to(&self, request: &Message, from: Option<ParticipantId>, reply: Reply) -> Message {
        Message {
            id: self.next_id(),
            destination: request.destination.clone(),
            from,
            purpose: Purpose::Tell,
            priority: request.priority,
            deadline: None,
            correlation: Some(request.id),
            headers: (!reply.headers.is_empty()).then(|| Arc::new(reply.headers)),
            path: None,
            body: reply.body,
        }
    }

    /// Hands an answer to whoever waits for it.
    pub(super) fn answer(&self, asker: Asker, request: MessageId, answer: Answer) {
        match asker {
            Asker::Here(asker) => {
                if let Err(Ok(reply)) = asker.send(answer) {
                    self.give_up(&reply, None, &Failure::of(DeadLetterReason::LateReply));
                }
            }
            Asker::There(hub) => {
                if let Some(link) = &self.link {
                    link.answer(self, hub, request, answer);
                }
            }
        }
    }

    pub(super) fn metrics(&self) -> HubMetrics {
        let participants = read(&self.registry).metrics();
        let outbox_depth = self.outbox.depth();
        HubMetrics { outbox_depth, participants, ..self.counters.snapshot() }
    }
}
