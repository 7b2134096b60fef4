//! The task behind an outbox: sends what is due, settles what arrived. It sleeps until the next message is due or something
//! happens.

use std::future::pending;
use std::sync::Arc;
use std::task::Poll;

use futures::poll;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::pending::Due;
use super::{Arrival, Event, Target};
use crate::hub::core::Core;
use crate::hub::dead_letter::DeadLetterReason;
use crate::hub::envelope::Envelope;
use crate::hub::error::Failure;
use crate::hub::member::Member;
use crate::hub::message::{Destination, Message};
use crate::hub::name::MessageId;
use crate::hub::transport::TransportStatus;
use crate::sync::lock;

/// The most events that are settled in one transaction of the store.
const BATCH: usize = 256;

impl Core {
    /// Starts the driver of the outbox.
    pub(in crate::hub) fn start_outbox(self: &Arc<Self>) {
        let told = lock(&self.outbox.told).take();
        if let Some(told) = told {
            self.lifecycle.spawn(drive(Arc::clone(self), told));
        }
    }
}

async fn drive(core: Arc<Core>, mut told: mpsc::UnboundedReceiver<Event>) {
    let mut status = core.link.as_ref().map(|link| link.transport.status());
    let mut events = Vec::new();
    loop {
        // A hub that drains finishes what it has, and begins nothing.
        let due = if core.lifecycle.is_open() { lock(&core.outbox.pending).next_due() } else { None };
        tokio::select! {
            biased;
            _ = told.recv_many(&mut events, BATCH) => settle(&core, events.drain(..)).await,
            () = core.outbox.wake.notified() => {}
            is_back = connected(&mut status) => {
                if is_back {
                    lock(&core.outbox.pending).release_all(Instant::now());
                }
            }
            () = until(due) => {}
        }
        while let Some(due) = next_due(&core) {
            if !due.is_first {
                core.counters.resent.add();
            }
            attempt(&core, due.message, due.settled).await;
        }
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => pending().await,
    }
}

/// Waits for a change of the connection, and says whether there is one now.
async fn connected(status: &mut Option<watch::Receiver<TransportStatus>>) -> bool {
    let Some(watched) = status else { return pending().await };
    if watched.changed().await.is_err() {
        // The transport tells nothing more.
        *status = None;
        return false;
    }
    *watched.borrow_and_update() == TransportStatus::Connected
}

fn next_due(core: &Core) -> Option<Due> {
    if core.lifecycle.is_open() { lock(&core.outbox.pending).take_due(Instant::now()) } else { None }
}

/// Tries once to bring a message to its participant.
async fn attempt(core: &Arc<Core>, message: Message, settled: u64) {
    let id = message.id;
    if message.is_expired(Instant::now()) {
        core.give_up(&message, None, &Failure::of(DeadLetterReason::Expired));
        return finish(core, &[id]).await;
    }
    let Destination::Participant(participant) = &message.destination else { return };
    if let Some(member) = core.member(participant) {
        return hand_over(core, member, message, settled).await;
    }
    let Some(link) = &core.link else {
        lock(&core.outbox.pending).park(id);
        // It may have been registered since it was looked for.
        if core.member(participant).is_some() {
            core.outbox.is_here(participant);
        }
        return;
    };
    // Lost, as any frame may be: then it is sent again.
    let _ = link.send(core, &message, settled).await;
}

/// Puts a message into a mailbox of this hub. Where it has to wait for room, something else waits with it.
async fn hand_over(core: &Arc<Core>, member: Arc<Member>, message: Message, settled: u64) {
    let Arrival::New(receipt) = core.outbox.arrived(core, message.id, settled, Target::Here) else { return };
    let parcel = Envelope::new(core, message).with_receipt(receipt);
    let deliver = Arc::clone(core);
    let mut delivery = Box::pin(async move {
        // What cannot be delivered is tried again.
        let _ = deliver.deliver(&member, parcel).await;
    });
    if poll!(&mut delivery) == Poll::Pending {
        core.lifecycle.spawn(delivery);
    }
}

/// Stores what handlers are done with, tells whoever waits for that, and forgets what arrived.
async fn settle(core: &Core, events: impl Iterator<Item = Event>) {
    let (mut handled, mut arrived, mut flushed) = (Vec::new(), Vec::new(), Vec::new());
    for event in events {
        match event {
            Event::Handled(message, target) => handled.push((message, target)),
            Event::Acknowledged(id) => arrived.push(id),
            Event::Flush(done) => flushed.push(done),
        }
    }
    if !handled.is_empty()
        && core.outbox.store.handled(handled.iter().map(|(message, _)| *message).collect()).await.is_ok()
    {
        for (message, target) in handled {
            match (target.hub(), &core.link) {
                (None, _) => arrived.push(message.id),
                (Some(hub), Some(link)) => link.acknowledge(core, hub, message.id).await,
                (Some(_), None) => {}
            }
        }
    }
    finish(core, &arrived).await;
    for done in flushed {
        // Whoever waits may have given up.
        let _ = done.send(());
    }
}

/// Forgets messages of this outbox: they arrived, or nobody wants them any more.
async fn finish(core: &Core, ids: &[MessageId]) {
    let ids: Vec<MessageId> = {
        let mut pending = lock(&core.outbox.pending);
        ids.iter().copied().filter(|id| pending.remove(*id)).collect()
    };
    if !ids.is_empty() {
        // Where the store fails, they come again after the next start, and are known again where they arrive.
        let _ = core.outbox.store.settle(ids).await;
    }
}
