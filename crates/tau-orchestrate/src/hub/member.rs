//! A registered participant: its mailbox, its subscriptions, and the tasks that hand it its messages.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};

use futures::FutureExt;
use tokio::task::coop::consume_budget;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::core::Core;
use super::dead_letter::DeadLetterReason;
use super::envelope::Parcel;
use super::error::Failure;
use super::mailbox::Mailbox;
use super::metrics::{ParticipantCounters, ParticipantMetrics};
use super::name::{MessageId, ParticipantId};
use super::participant::{Participant, ParticipantOptions};
use super::seen::Seen;
use super::subject::Pattern;
use crate::sync::lock;

pub(super) struct Member {
    pub(super) id: ParticipantId,
    pub(super) mailbox: Mailbox,
    pub(super) counters: ParticipantCounters,
    /// Fires when it leaves. What brings it messages over the transport ends then.
    pub(super) gone: CancellationToken,
    /// What it subscribed to, and what ends each subscription.
    patterns: Mutex<BTreeMap<Pattern, CancellationToken>>,
    /// What came through any of them.
    come: Mutex<Seen>,
}

/// How many messages that came through a subscription are remembered: more than lie between two copies of one.
const COME: usize = 4096;

impl Member {
    pub(super) fn new(id: ParticipantId, options: ParticipantOptions, hub: &CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            id,
            mailbox: Mailbox::new(options.capacity, options.overflow),
            counters: ParticipantCounters::default(),
            gone: hub.child_token(),
            patterns: Mutex::default(),
            come: Mutex::new(Seen::new(COME)),
        })
    }

    /// What ends the subscription. None if there is one already.
    pub(super) fn subscribe(&self, pattern: &Pattern) -> Option<CancellationToken> {
        let mut patterns = lock(&self.patterns);
        if patterns.contains_key(pattern) {
            return None;
        }
        let end = self.gone.child_token();
        patterns.insert(pattern.clone(), end.clone());
        Some(end)
    }

    /// Ends a subscription, and says whether there was one.
    pub(super) fn unsubscribe(&self, pattern: &Pattern) -> bool {
        let end = lock(&self.patterns).remove(pattern);
        end.inspect(CancellationToken::cancel).is_some()
    }

    pub(super) fn patterns(&self) -> Vec<Pattern> {
        lock(&self.patterns).keys().cloned().collect()
    }

    /// Whether it takes a message that came through `pattern`: the transport brings it once for each pattern that wants it,
    /// and the first to come counts, whichever subscriptions begin or end in between.
    pub(super) fn takes_through(&self, pattern: &Pattern, id: MessageId) -> bool {
        lock(&self.patterns).contains_key(pattern) && lock(&self.come).insert(id)
    }

    /// Takes nothing more; what waits is not handled.
    pub(super) fn leave(&self, reason: DeadLetterReason) {
        self.gone.cancel();
        for parcel in self.mailbox.close() {
            parcel.bury(Failure::of(reason));
        }
    }

    pub(super) fn metrics(&self) -> ParticipantMetrics {
        self.counters.snapshot(self.mailbox.depth(), self.mailbox.capacity())
    }
}

/// Hands a participant its messages until it leaves or the hub stops.
pub(super) fn spawn_workers(
    core: &Core,
    member: &Arc<Member>,
    participant: impl Participant,
    options: ParticipantOptions,
) {
    let participant = Arc::new(participant);
    for _ in 0..options.concurrency.get() {
        core.lifecycle.spawn(work(Arc::clone(member), Arc::clone(&participant)));
    }
}

async fn work<P: Participant>(member: Arc<Member>, participant: Arc<P>) {
    while let Some(parcel) = member.mailbox.next().await {
        serve(&member, &*participant, parcel).await;
        // A participant whose mailbox never empties and whose handler never waits would keep its thread.
        consume_budget().await;
    }
}

async fn serve<P: Participant>(member: &Member, participant: &P, parcel: Parcel) {
    let Some(message) = parcel.message() else { return };
    let begin = Instant::now();
    let waited = parcel.queued_at.map(|queued_at| begin.duration_since(queued_at));
    member.counters.waiting.record(waited.unwrap_or_default());
    if message.is_expired(begin) {
        return parcel.bury(Failure::of(DeadLetterReason::Expired));
    }
    let message = message.clone();
    // The handler runs in a block, so that what it does before it makes its future is caught as well. Whatever it left
    // half done is its own: the hub shares no state with it.
    let handled = AssertUnwindSafe(async { participant.handle(message).await }).catch_unwind().await;
    member.counters.handling.record(begin.elapsed());
    match handled {
        Ok(Ok(reply)) => {
            member.counters.handled.add();
            parcel.finish(reply);
        }
        Ok(Err(error)) => {
            member.counters.failed.add();
            parcel.bury(Failure::of_handler(&*error));
        }
        Err(panic) => {
            member.counters.panicked.add();
            parcel.bury(Failure::of_panic(&*panic));
        }
    }
}
