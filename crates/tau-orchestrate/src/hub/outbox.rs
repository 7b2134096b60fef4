//! Messages that must arrive: kept until their participant dealt with them, sent again until it says so, and handed to it
//! once however often they come.
//!
//! The sending side keeps a message in its store before anything else happens. The receiving side knows a message again by
//! its id, and acknowledges it after its handler is done with it. What the receiving side has to remember is bounded by what the
//! sending side may still send: each message says below which number everything of its origin is settled.

mod driver;
mod inbox;
mod memory;
mod pending;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::Instant;

use super::core::Core;
use super::error::{HubError, HubErrorKind};
use super::frame::Frame;
use super::message::Message;
use super::name::{HubId, MessageId, ParticipantId};
use crate::sync::lock;
use inbox::{Inbox, Known};
use pending::Pending;

pub use memory::MemoryStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use store::{Handled, MessageStore, StoreError, StoreErrorKind, Stored};

pub(super) use inbox::Target;

/// How messages that must arrive are kept and sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutboxOptions {
    pub(super) capacity: NonZeroUsize,
    pub(super) first_retry: Duration,
    pub(super) longest_retry: Duration,
    pub(super) origins: NonZeroUsize,
}

impl Default for OutboxOptions {
    /// 65,536 messages, sent again after half a second and then after twice as long each time up to half a minute; 4,096
    /// origins.
    fn default() -> Self {
        let number = |number| NonZeroUsize::new(number).unwrap_or(NonZeroUsize::MIN);
        Self {
            capacity: number(65_536),
            first_retry: Duration::from_millis(500),
            longest_retry: Duration::from_secs(30),
            origins: number(4096),
        }
    }
}

impl OutboxOptions {
    /// How many messages may wait to arrive.
    #[must_use]
    pub fn capacity(mut self, capacity: NonZeroUsize) -> Self {
        self.capacity = capacity;
        self
    }

    /// How long a message waits for its acknowledgement before it is sent again: `first` the first time, twice as long each
    /// time, `longest` at most.
    #[must_use]
    pub fn retry(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_retry, self.longest_retry) = (first, longest.max(first));
        self
    }

    /// Of how many hubs that sent something it is remembered what they sent; of more, that of those is forgotten that were
    /// silent longest. A hub counts anew each time it starts.
    #[must_use]
    pub fn origins(mut self, origins: NonZeroUsize) -> Self {
        self.origins = origins;
        self
    }
}

/// What the driver of an outbox is told.
enum Event {
    /// A handler is done with a message; or it was, and the message came again.
    Handled(Handled, Target),
    /// The other side says so.
    Acknowledged(MessageId),
    /// Whoever sends this waits until everything before it is done.
    Flush(oneshot::Sender<()>),
}

pub(super) struct Outbox {
    store: Arc<dyn MessageStore>,
    pending: Mutex<Pending>,
    inbox: Mutex<Inbox>,
    /// Something is due earlier than the driver thinks.
    wake: Notify,
    events: mpsc::UnboundedSender<Event>,
    /// The driver's end, until it starts.
    told: Mutex<Option<mpsc::UnboundedReceiver<Event>>>,
}

/// What a message is to the inbox.
pub(super) enum Arrival {
    New(Receipt),
    Again,
}

impl Outbox {
    /// An outbox that holds what its store does.
    pub(super) async fn open(
        store: Arc<dyn MessageStore>,
        options: OutboxOptions,
    ) -> Result<Self, StoreError> {
        let stored = store.load().await?;
        let outbox = Self::new(store, options);
        lock(&outbox.inbox).restore(&stored);
        for (id, frame) in stored.outgoing {
            match Frame::decode(frame) {
                Ok(Frame::Message { message, .. }) if message.id == id => {
                    lock(&outbox.pending).restore(message)
                }
                _ => return Err(StoreError::damaged(id)),
            }
        }
        Ok(outbox)
    }

    pub(super) fn new(store: Arc<dyn MessageStore>, options: OutboxOptions) -> Self {
        let (events, told) = mpsc::unbounded_channel();
        Self {
            store,
            pending: Mutex::new(Pending::new(options)),
            inbox: Mutex::new(Inbox::new(options.origins.get())),
            wake: Notify::new(),
            events,
            told: Mutex::new(Some(told)),
        }
    }

    pub(super) fn depth(&self) -> usize {
        lock(&self.pending).len()
    }

    /// Keeps a message and sends it soon. It is kept once this returns.
    pub(super) async fn keep(&self, core: &Core, mut message: Message) -> Result<MessageId, HubError> {
        {
            // Numbered inside the lock: what is settled never overtakes a message that is about to be kept.
            let mut pending = lock(&self.pending);
            message.id = core.next_id();
            if !pending.begin(message.clone()) {
                return Err(HubError::new(HubErrorKind::OutboxFull).about(&message.destination));
            }
        }
        let id = message.id;
        let unkept = Unkept { outbox: self, id };
        let stored = self.store.put(id, Frame::message(core.id, 0, &message)).await;
        stored.map_err(|error| HubError::new(HubErrorKind::StoreFailed).of_message(id).with_source(error))?;
        std::mem::forget(unkept);
        lock(&self.pending).release(id, Instant::now());
        self.wake.notify_one();
        Ok(id)
    }

    /// What waits for this participant can go to it now.
    pub(super) fn is_here(&self, participant: &ParticipantId) {
        if lock(&self.pending).release_for(participant, Instant::now()) {
            self.wake.notify_one();
        }
    }

    /// A message came that must arrive, with what its sender says is settled of its origin.
    pub(super) fn arrived(&self, core: &Arc<Core>, id: MessageId, settled: u64, from: Target) -> Arrival {
        let known = lock(&self.inbox).begin(id, settled, from);
        match known {
            Known::New => Arrival::New(Receipt { core: Arc::clone(core), id, settled, is_handled: false }),
            Known::UnderWay => Arrival::Again,
            Known::Handled => {
                self.tell(Event::Handled(Handled { id, settled }, from));
                Arrival::Again
            }
        }
    }

    pub(super) fn acknowledged(&self, id: MessageId) {
        self.tell(Event::Acknowledged(id));
    }

    /// Waits until everything that handlers are done with is in the store and acknowledged.
    pub(super) async fn flush(&self) {
        let (done, is_done) = oneshot::channel();
        self.tell(Event::Flush(done));
        // Its driver may have stopped: then nothing comes after it.
        let _ = is_done.await;
    }

    fn tell(&self, event: Event) {
        // Without a driver the hub has stopped. What it does not hear, it hears again when the message comes again.
        let _ = self.events.send(event);
    }
}

/// Takes a message out again that could not be kept, or whose sender did not wait for that.
struct Unkept<'a> {
    outbox: &'a Outbox,
    id: MessageId,
}

impl Drop for Unkept<'_> {
    fn drop(&mut self) {
        lock(&self.outbox.pending).remove(self.id);
    }
}

/// That a message is on its way to a handler. Dropped before the handler had it, the message may come again.
pub(super) struct Receipt {
    core: Arc<Core>,
    id: MessageId,
    settled: u64,
    is_handled: bool,
}

impl Receipt {
    /// A handler dealt with it, however that ended.
    pub(super) fn handled(mut self) {
        self.is_handled = true;
        let target = lock(&self.core.outbox.inbox).handled(self.id);
        let handled = Handled { id: self.id, settled: self.settled };
        self.core.outbox.tell(Event::Handled(handled, target));
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if !self.is_handled {
            lock(&self.core.outbox.inbox).forget(self.id);
        }
    }
}

impl Target {
    fn hub(self) -> Option<HubId> {
        match self {
            Self::Here => None,
            Self::There(hub) => Some(hub),
        }
    }
}
