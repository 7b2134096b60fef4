//! Events for another task.

use std::num::NonZeroUsize;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use futures::Stream;
use tokio::sync::{Semaphore, mpsc};

use super::event::Event;
use super::observer::Observer;

/// Sends events into a bounded channel and never waits.
///
/// When the channel is full, or its receiver is gone, the *new* event is dropped and counted; what is in the channel
/// already stays. Clones feed the same channel and share the count.
#[derive(Debug, Clone)]
pub struct ChannelObserver {
    sender: mpsc::Sender<Event>,
    dropped: Arc<AtomicU64>,
}

impl ChannelObserver {
    /// A channel that holds up to `capacity` events, and the end they come out of.
    #[must_use]
    pub fn new(capacity: NonZeroUsize) -> (Self, EventReceiver) {
        // tokio panics above this bound, which no memory could hold anyway.
        let (sender, receiver) = mpsc::channel(capacity.get().min(Semaphore::MAX_PERMITS));
        let dropped = Arc::new(AtomicU64::new(0));
        (Self { sender, dropped: Arc::clone(&dropped) }, EventReceiver { receiver, dropped })
    }

    /// How many events were dropped since the channel was made.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Observer for ChannelObserver {
    fn observe(&self, event: &Event) {
        // A permit first: an event that has no place is not even cloned.
        match self.sender.try_reserve() {
            Ok(permit) => permit.send(event.clone()),
            Err(_) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// The receiving end of a [`ChannelObserver`]; also a [`Stream`] of events.
///
/// It ends when every clone of the observer is gone and the channel is empty. The workflow that holds the observer
/// counts: drop it to see the end.
#[derive(Debug)]
pub struct EventReceiver {
    receiver: mpsc::Receiver<Event>,
    dropped: Arc<AtomicU64>,
}

impl EventReceiver {
    /// The next event, or none at the end. Cancel safe: no event is lost when this future is dropped.
    pub async fn recv(&mut self) -> Option<Event> {
        self.receiver.recv().await
    }

    /// The next event if one is there already.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.receiver.try_recv().ok()
    }

    /// How many events were dropped since the channel was made.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

impl Stream for EventReceiver {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.receiver.poll_recv(cx)
    }
}
