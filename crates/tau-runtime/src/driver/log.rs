//! What happened, and who listens.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tau_core::event::{Event, Seq};
use tokio::sync::broadcast;

use super::subscription::Delta;

/// Updates a slow subscriber may lag behind before it misses some.
const QUEUE: usize = 1024;

/// The committed events of a session, and the channel that tells of new ones.
#[derive(Debug)]
pub(super) struct Log(Mutex<Inner>);

/// Behind one lock, so that what is told has one order.
#[derive(Debug)]
struct Inner {
    events: Vec<Arc<Event>>,
    /// Gone when the session has ended, so that subscribers end too.
    updates: Option<broadcast::Sender<News>>,
}

/// What the channel carries.
#[derive(Debug, Clone)]
pub(super) enum News {
    Event(Arc<Event>),
    /// A delta, and the newest event before it: who missed events can tell where it belongs.
    Delta(Seq, Delta),
}

impl Default for Log {
    fn default() -> Self {
        Self(Mutex::new(Inner { events: Vec::new(), updates: Some(broadcast::Sender::new(QUEUE)) }))
    }
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event and tells of it.
    pub(super) fn commit(&self, event: Arc<Event>) {
        let mut inner = self.lock();
        inner.events.push(Arc::clone(&event));
        inner.tell(News::Event(event));
    }

    /// Tells of something that is not kept.
    pub(super) fn delta(&self, delta: Delta) {
        let inner = self.lock();
        let after = Seq(inner.events.len() as u64);
        inner.tell(News::Delta(after, delta));
    }

    /// Ends every subscription, once it has read what there is.
    pub(super) fn close(&self) {
        self.lock().updates = None;
    }

    /// The events after a place, and a receiver of what comes from now on; `None` when the session has ended.
    pub(super) fn follow(&self, after: Seq) -> (Vec<Arc<Event>>, Option<broadcast::Receiver<News>>) {
        let inner = self.lock();
        (inner.after(after), inner.updates.as_ref().map(broadcast::Sender::subscribe))
    }

    /// The events after a place.
    pub(super) fn after(&self, seq: Seq) -> Vec<Arc<Event>> {
        self.lock().after(seq)
    }
}

impl Inner {
    fn tell(&self, news: News) {
        if let Some(updates) = &self.updates {
            // An error says that nobody listens, which is nobody's fault.
            let _ = updates.send(news);
        }
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
