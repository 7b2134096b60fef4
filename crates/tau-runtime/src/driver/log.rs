//! What happened, and who listens.

use std::sync::{Arc, Mutex, PoisonError};

use tau_core::event::{Event, Seq};
use tokio::sync::broadcast;

use super::subscription::{Delta, Update};

/// Updates a slow subscriber may lag behind before it misses some.
const QUEUE: usize = 1024;

/// The committed events of a session, and the channel that tells of new ones.
#[derive(Debug)]
pub(super) struct Log {
    events: Mutex<Vec<Arc<Event>>>,
    /// Gone when the session has ended, so that subscribers end too.
    updates: Mutex<Option<broadcast::Sender<Update>>>,
}

impl Default for Log {
    fn default() -> Self {
        Self { events: Mutex::default(), updates: Mutex::new(Some(broadcast::Sender::new(QUEUE))) }
    }
}

impl Log {
    /// Adds an event and tells of it.
    pub(super) fn commit(&self, event: Arc<Event>) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&event));
        self.tell(Update::Event(event));
    }

    /// Tells of something that is not kept.
    pub(super) fn delta(&self, delta: Delta) {
        self.tell(Update::Delta(delta));
    }

    fn tell(&self, update: Update) {
        if let Some(updates) = &*self.updates.lock().unwrap_or_else(PoisonError::into_inner) {
            // An error says that nobody listens, which is nobody's fault.
            let _ = updates.send(update);
        }
    }

    /// Ends every subscription, once it has read what there is.
    pub(super) fn close(&self) {
        *self.updates.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A receiver of what comes from now on; `None` when the session has ended.
    pub(super) fn receiver(&self) -> Option<broadcast::Receiver<Update>> {
        self.updates.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(broadcast::Sender::subscribe)
    }

    /// The events after a place.
    pub(super) fn after(&self, seq: Seq) -> Vec<Arc<Event>> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // Places are contiguous from 1, so the place is the index of the next event.
        usize::try_from(seq.0).ok().and_then(|from| events.get(from..)).map(<[_]>::to_vec).unwrap_or_default()
    }
}
