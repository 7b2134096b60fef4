//! What happened, and who listens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tau_core::event::{Event, Seq};
use tau_session::SessionOverview;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::subscription::{Delta, Streamed};
use crate::kernel::gate::PauseReason;

/// Updates a slow subscriber may lag behind before it misses some: more than a session tells in one go, which tokio's
/// budget of 128 bounds. Room is taken as it is needed.
const QUEUE: usize = 256;

/// Deltas held back for events that are not durable yet; of more, the oldest are lost.
const HELD: usize = 1024;

/// The events of a session, and who is told of new ones. What is told cannot be undone by a crash: events
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
    /// Why the session waits for a journal, if it does.
    paused: Option<PauseReason>,
    listeners: Vec<Listener>,
    /// Whether the session has ended, so that nobody begins to listen.
    is_closed: bool,
}

#[derive(Debug)]
enum Held {
    Event(Arc<Event>),
    Delta(Delta),
}

/// What listeners are told.
#[derive(Debug, Clone)]
pub(super) enum News {
    Event(Arc<Event>),
    /// A delta, and the newest event before it: who missed events can tell where it belongs.
    Delta(Arc<Streamed>),
}

/// A queue for each subscriber and not one ring for all: a ring takes the room of its worst moment from its first one
/// on, which is most of what an idle session would hold.
#[derive(Debug)]
struct Listener {
    queue: mpsc::Sender<News>,
    missed: Arc<AtomicU64>,
}

/// The other end of a [`Listener`].
#[derive(Debug)]
pub(super) struct Listening {
    pub(super) queue: mpsc::Receiver<News>,
    /// What was not told because the queue was full. Changed behind the lock of the log alone.
    missed: Arc<AtomicU64>,
}

impl Listener {
    /// Tells it, if it can keep up; whoever has missed something is told no more until it has caught up, so that the gap
    /// is at the end of its queue. `false` when nobody listens any more.
    fn tell(&self, news: &News) -> bool {
        if self.missed.load(Ordering::Relaxed) == 0 {
            match self.queue.try_send(news.clone()) {
                Ok(()) => return true,
                Err(TrySendError::Closed(_)) => return false,
                Err(TrySendError::Full(_)) => {}
            }
        }
        self.missed.fetch_add(1, Ordering::Relaxed);
        !self.queue.is_closed()
    }
}

impl Default for Log {
    fn default() -> Self {
        Self::of(Vec::new(), SessionOverview::default())
    }
}

impl Log {
    /// A log that begins with what happened before, all of it durable.
    pub(super) fn of(events: Vec<Arc<Event>>, overview: SessionOverview) -> Self {
        Self(Mutex::new(Inner {
            events,
            overview,
            held: VecDeque::new(),
            held_deltas: 0,
            paused: None,
            listeners: Vec::new(),
            is_closed: false,
        }))
    }

    /// The place of the newest event that is told of.
    pub(super) fn seq(&self) -> Seq {
        Seq(self.lock().events.len() as u64)
    }

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
        let mut inner = self.lock();
        match notice {
            Delta::Paused { reason } => inner.paused = Some(reason),
            Delta::Resumed => inner.paused = None,
            _ => {}
        }
        inner.tell_delta(notice);
    }

    /// Ends every subscription, once it has read what there is.
    pub(super) fn close(&self) {
        let mut inner = self.lock();
        (inner.listeners, inner.is_closed) = (Vec::new(), true);
    }

    /// The events after a place, and what comes from now on, which begins with why the session waits, if it does; `None` when
    /// the session has ended.
    pub(super) fn follow(&self, after: Seq) -> (Vec<Arc<Event>>, Option<Listening>) {
        let mut inner = self.lock();
        let listening = (!inner.is_closed).then(|| {
            let (sender, queue) = mpsc::channel(QUEUE);
            let missed = Arc::new(AtomicU64::new(0));
            let listener = Listener { queue: sender, missed: Arc::clone(&missed) };
            if let Some(reason) = inner.paused {
                listener.tell(&inner.news_of(Delta::Paused { reason }));
            }
            inner.listeners.push(listener);
            Listening { queue, missed }
        });
        (inner.after(after), listening)
    }

    /// How much somebody whose queue is empty has missed, with the events after a place. From here on it is told again.
    /// `None` when it has missed nothing.
    pub(super) fn catch_up(&self, listening: &Listening, after: Seq) -> Option<(u64, Vec<Arc<Event>>)> {
        let inner = self.lock();
        let missed = listening.missed.swap(0, Ordering::Relaxed);
        (missed > 0).then(|| (missed, inner.after(after)))
    }

    /// Whether the session waits for a journal.
    pub(super) fn is_paused(&self) -> bool {
        self.lock().paused.is_some()
    }

    /// What a list says of the session.
    pub(super) fn overview(&self) -> SessionOverview {
        self.lock().overview.clone()
    }

    /// What people find the session by.
    pub(super) fn metadata(&self) -> BTreeMap<String, String> {
        self.lock().overview.metadata.clone()
    }

    /// The event at a place.
    pub(super) fn event(&self, seq: Seq) -> Option<Arc<Event>> {
        let index = usize::try_from(seq.0.checked_sub(1)?).ok()?;
        self.lock().events.get(index).cloned()
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
        self.tell(&News::Event(event));
    }

    fn tell_delta(&mut self, delta: Delta) {
        self.tell(&self.news_of(delta));
    }

    fn news_of(&self, delta: Delta) -> News {
        News::Delta(Arc::new(Streamed::new(Seq(self.events.len() as u64), delta)))
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

    fn tell(&mut self, news: &News) {
        self.listeners.retain(|listener| listener.tell(news));
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
