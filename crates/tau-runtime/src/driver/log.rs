//! What happened, and who listens.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tau_core::event::{Event, Seq};
use tau_session::SessionOverview;
use tokio::sync::broadcast;

use super::subscription::{Delta, Streamed};

/// Updates a slow subscriber may lag behind before it misses some.
const QUEUE: usize = 128;

/// Deltas held back for events that are not durable yet; of more, the oldest are lost.
const HELD: usize = 1024;

/// The events of a session, and the channel that tells of new ones. What is told cannot be undone by a crash: events
/// that are not durable yet are held back, and so are the deltas after them.
#[derive(Debug)]
pub(super) struct Log(Mutex<Inner>);

/// Behind one lock, so that what is told has one order.
#[derive(Debug)]
struct Inner {
    events: Vec<Arc<Event>>,
    /// What a list says of them.
    overview: SessionOverview,
    /// In order; the first is an event.
    held: VecDeque<Held>,
    held_deltas: usize,
    /// There while somebody listens: its room is taken at once, and many sessions have no subscriber.
    updates: Option<broadcast::Sender<News>>,
    /// Whether the session has ended, so that subscriptions end too.
    is_closed: bool,
}

#[derive(Debug)]
enum Held {
    Event(Arc<Event>),
    Delta(Delta),
}

/// What the channel carries. Small, because a channel has room for [`QUEUE`] of it from its first moment on.
#[derive(Debug, Clone)]
pub(super) enum News {
    Event(Arc<Event>),
    /// A delta, and the newest event before it: who missed events can tell where it belongs.
    Delta(Arc<Streamed>),
}

impl Default for Log {
    fn default() -> Self {
        Self(Mutex::new(Inner {
            events: Vec::new(),
            overview: SessionOverview::default(),
            held: VecDeque::new(),
            held_deltas: 0,
            updates: None,
            is_closed: false,
        }))
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds events, and tells of those that are durable.
    pub(super) fn commit(&self, events: impl IntoIterator<Item = Arc<Event>>, durable: Seq) {
        let mut inner = self.lock();
        for event in events {
            if inner.held.is_empty() && event.header.seq <= durable {
                inner.publish(event);
            } else {
                inner.held.push_back(Held::Event(event));
            }
        }
        inner.release(durable);
    }

    /// Tells of events that have become durable.
    pub(super) fn release(&self, durable: Seq) {
        self.lock().release(durable);
    }

    /// Tells of something that is not kept.
    pub(super) fn delta(&self, delta: Delta) {
        let mut inner = self.lock();
        if inner.held.is_empty() {
            return inner.tell_delta(delta);
        }
        if inner.held_deltas == HELD {
            let oldest = inner.held.iter().position(|held| matches!(held, Held::Delta(_)));
            oldest.map(|index| inner.held.remove(index));
        } else {
            inner.held_deltas += 1;
        }
        inner.held.push_back(Held::Delta(delta));
    }

    /// Tells at once of something that is about the events held back.
    pub(super) fn notice(&self, notice: Delta) {
        self.lock().tell_delta(notice);
    }

    /// Ends every subscription, once it has read what there is.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        (inner.updates, inner.is_closed) = (None, true);
    }

    /// The events after a place, and a receiver of what comes from now on; `None` when the session has ended.
    pub(super) fn follow(&self, after: Seq) -> (Vec<Arc<Event>>, Option<broadcast::Receiver<News>>) {
        let mut inner = self.lock();
        let receiver = (!inner.is_closed).then(|| {
            let updates = inner.updates.get_or_insert_with(|| broadcast::Sender::new(QUEUE));
            updates.subscribe()
        });
        (inner.after(after), receiver)
    }

    /// What a list says of the session.
    pub(super) fn overview(&self) -> SessionOverview {
        self.lock().overview.clone()
    }

    /// The events after a place.
    pub(super) fn after(&self, seq: Seq) -> Vec<Arc<Event>> {
        self.lock().after(seq)
    }
}

impl Inner {
    fn publish(&mut self, event: Arc<Event>) {
        self.overview.apply(&event);
        self.events.push(Arc::clone(&event));
        self.tell(News::Event(event));
    }

    fn tell_delta(&mut self, delta: Delta) {
        self.tell(News::Delta(Arc::new(Streamed::new(Seq(self.events.len() as u64), delta))));
    }

    fn release(&mut self, durable: Seq) {
        let is_free = |held: &mut Held| match held {
            Held::Event(event) => event.header.seq <= durable,
            Held::Delta(_) => true,
        };
        while let Some(held) = self.held.pop_front_if(is_free) {
            match held {
                Held::Event(event) => self.publish(event),
                Held::Delta(delta) => {
                    self.held_deltas -= 1;
                    self.tell_delta(delta);
                }
            }
        }
    }

    fn tell(&mut self, news: News) {
        // An error says that nobody listens any more.
        self.updates.take_if(|updates| updates.send(news).is_err());
    }

    fn after(&self, seq: Seq) -> Vec<Arc<Event>> {
        // Places are contiguous from 1, so the place is the index of the next event.
        usize::try_from(seq.0)
            .ok()
            .and_then(|from| self.events.get(from..))
            .map(<[_]>::to_vec)
            .unwrap_or_default()
    }
}
