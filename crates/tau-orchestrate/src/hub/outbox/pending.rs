//! The messages that wait to arrive, and when each is sent next.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::OutboxOptions;
use crate::hub::message::{Destination, Message};
use crate::hub::name::{HubId, MessageId, ParticipantId};

pub(super) struct Pending {
    options: OutboxOptions,
    messages: BTreeMap<MessageId, Entry>,
    due: BTreeSet<(Instant, MessageId)>,
}

struct Entry {
    message: Message,
    attempts: u32,
    /// None while it is not in the store yet, and while there is no way to its participant.
    due: Option<Instant>,
    is_stored: bool,
}

/// A message whose time has come.
pub(super) struct Due {
    pub(super) message: Message,
    pub(super) settled: u64,
    pub(super) is_first: bool,
}

impl Pending {
    pub(super) fn new(options: OutboxOptions) -> Self {
        Self { options, messages: BTreeMap::new(), due: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Takes a message in that is not in the store yet. False when there is no room.
    pub(super) fn begin(&mut self, message: Message) -> bool {
        if self.messages.len() >= self.options.capacity.get() {
            return false;
        }
        let entry = Entry { attempts: 0, due: None, is_stored: false, message };
        self.messages.insert(entry.message.id, entry);
        true
    }

    /// Takes a message in that comes from the store.
    pub(super) fn restore(&mut self, message: Message) {
        let id = message.id;
        self.messages.insert(id, Entry { attempts: 0, due: None, is_stored: true, message });
        self.schedule(id, Some(Instant::now()));
    }

    /// It is in the store, and may be sent.
    pub(super) fn release(&mut self, id: MessageId, now: Instant) {
        if let Some(entry) = self.messages.get_mut(&id) {
            entry.is_stored = true;
            self.schedule(id, Some(now));
        }
    }

    /// Everything for `participant` may be sent now. Says whether there is anything.
    pub(super) fn release_for(&mut self, participant: &ParticipantId, now: Instant) -> bool {
        self.release_where(
            now,
            |message| matches!(&message.destination, Destination::Participant(id) if id == participant),
        )
    }

    pub(super) fn release_all(&mut self, now: Instant) {
        self.release_where(now, |_| true);
    }

    fn release_where(&mut self, now: Instant, is_meant: impl Fn(&Message) -> bool) -> bool {
        let meant = self.messages.iter().filter(|(_, entry)| entry.is_stored && is_meant(&entry.message));
        let ids: Vec<MessageId> = meant.map(|(id, _)| *id).collect();
        ids.iter().for_each(|id| self.schedule(*id, Some(now)));
        !ids.is_empty()
    }

    /// There is no way to its participant: it waits for one, or for its deadline.
    pub(super) fn park(&mut self, id: MessageId) {
        let deadline = self.messages.get(&id).and_then(|entry| entry.message.deadline);
        self.schedule(id, deadline);
    }

    pub(super) fn remove(&mut self, id: MessageId) -> bool {
        self.schedule(id, None);
        self.messages.remove(&id).is_some()
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// The next message whose time has come. It comes again later, unless it is removed.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Due> {
        let (due, id) = *self.due.first()?;
        if due > now {
            return None;
        }
        let settled = self.settled(id.origin);
        let entry = self.messages.get_mut(&id)?;
        let message = entry.message.clone();
        let is_first = entry.attempts == 0;
        let wait = self.options.first_retry.saturating_mul(1 << entry.attempts.min(20));
        entry.attempts += 1;
        let next = now + wait.min(self.options.longest_retry);
        let next = message.deadline.map_or(next, |deadline| next.min(deadline));
        self.schedule(id, Some(next));
        Some(Due { message, settled, is_first })
    }

    /// Below which number nothing of this origin is sent any more.
    fn settled(&self, origin: HubId) -> u64 {
        let first = MessageId { origin, number: 0 };
        let next = self.messages.range(first..).next();
        next.filter(|(id, _)| id.origin == origin).map_or(0, |(id, _)| id.number)
    }

    fn schedule(&mut self, id: MessageId, due: Option<Instant>) {
        if let Some(entry) = self.messages.get_mut(&id) {
            if let Some(old) = entry.due.take() {
                self.due.remove(&(old, id));
            }
            if let Some(due) = due {
                entry.due = Some(due);
                self.due.insert((due, id));
            }
        }
    }
}
