//! The last so many ids, to tell what comes a second time.

use std::collections::{HashSet, VecDeque};

use super::name::MessageId;

#[derive(Debug)]
pub(super) struct Seen {
    capacity: usize,
    // Only looked up.
    ids: HashSet<MessageId>,
    order: VecDeque<MessageId>,
}

impl Seen {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, ids: HashSet::new(), order: VecDeque::new() }
    }

    /// Remembers an id, and says whether it is new.
    pub(super) fn insert(&mut self, id: MessageId) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}
