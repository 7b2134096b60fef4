//! An extension as the book knows it, attached or expected back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tau_proto::runtime::v1::{CallCancel, Detach};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::open::Key;
use crate::attach::role::Roles;

#[derive(Debug)]
pub(super) struct Client {
    /// Names what it remembers: the same for as long as it says that it knows every call.
    pub(super) token: String,
    pub(super) roles: Roles,
    /// The attachment with which its memory began.
    pub(super) since: u64,
    /// Bytes of input of one call that may be under way to it.
    pub(super) input_window: usize,
    /// `None` while it is away.
    pub(super) live: Option<Live>,
    /// When it is given up, while it is away.
    pub(super) until: Option<Instant>,
    /// Calls that wait for it, and how many run, by lane.
    pub(super) lanes: BTreeMap<String, Lane>,
    /// Calls that were sent to it and are not settled.
    pub(super) begun: BTreeSet<Key>,
}

#[derive(Debug, Default)]
pub(super) struct Lane {
    pub(super) waiting: BTreeSet<Key>,
    pub(super) running: usize,
}

/// A client that is attached.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) attachment: u64,
    pub(super) wake: Arc<Notify>,
    /// How many calls it takes at a time.
    pub(super) credit: u64,
    /// Calls sent over this attachment that have no result.
    pub(super) running: BTreeSet<Key>,
    /// Calls to be sent again, before any other.
    pub(super) again: VecDeque<Key>,
    /// Calls that may have input to be sent.
    pub(super) inputs: BTreeSet<Key>,
    pub(super) cancels: VecDeque<CallCancel>,
    /// Progress that was taken, by call.
    pub(super) received: BTreeMap<String, u64>,
    pub(super) settled: BTreeSet<String>,
    pub(super) parting: Parting,
}

/// How far an orderly end is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Parting {
    No,
    /// The client wants to leave.
    Asked,
    /// It is to be told that it shall leave.
    Telling(Box<Detach>),
    /// It was told that it may, or shall.
    Told,
}

impl Live {
    pub(super) const fn new(attachment: u64, wake: Arc<Notify>, credit: u64) -> Self {
        Self {
            attachment,
            wake,
            credit,
            running: BTreeSet::new(),
            again: VecDeque::new(),
            inputs: BTreeSet::new(),
            cancels: VecDeque::new(),
            received: BTreeMap::new(),
            settled: BTreeSet::new(),
            parting: Parting::No,
        }
    }
}

/// So many results of calls that nobody knows are answered at a time.
const MAX_UNKNOWN: usize = 10_000;

impl Client {
    pub(super) fn is_at(&self, attachment: u64) -> bool {
        self.live.as_ref().is_some_and(|live| live.attachment == attachment)
    }

    /// Whether it is attached, or expected back.
    pub(super) fn is_expected(&self, now: Instant) -> bool {
        self.live.is_some() || self.until.is_some_and(|until| until > now)
    }

    /// Whether it takes new calls.
    pub(super) fn is_open(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.parting == Parting::No)
    }

    pub(super) fn wait(&mut self, lane: &str, key: Key) {
        self.lanes.entry(lane.to_owned()).or_default().waiting.insert(key);
        if let Some(live) = &self.live {
            live.wake.notify_one();
        }
    }

    pub(super) fn forget_waiting(&mut self, lane: &str, key: Key) {
        self.change(lane, |lane| _ = lane.waiting.remove(&key));
    }

    /// The oldest call that may run beside those that do.
    pub(super) fn next_waiting(&self) -> Option<Key> {
        let lanes = self.lanes.iter();
        let free = lanes.filter(|(name, lane)| lane.running < self.roles.max_calls(name));
        free.filter_map(|(_, lane)| lane.waiting.first().copied()).min()
    }

    /// Every call that waits.
    pub(super) fn take_waiting(&mut self) -> Vec<Key> {
        let waiting = self.lanes.values_mut().flat_map(|lane| std::mem::take(&mut lane.waiting)).collect();
        self.lanes.retain(|_, lane| lane.running > 0);
        waiting
    }

    pub(super) fn begin(&mut self, lane: &str, key: Key) {
        self.begun.insert(key);
        self.change(lane, |lane| {
            lane.waiting.remove(&key);
            lane.running += 1;
        });
        if let Some(live) = &mut self.live {
            live.running.insert(key);
        }
    }

    /// A call that was begun runs no more.
    pub(super) fn end(&mut self, lane: &str, key: Key) {
        self.change(lane, |lane| lane.running = lane.running.saturating_sub(1));
        if let Some(live) = &mut self.live {
            live.running.remove(&key);
            live.wake.notify_one();
        }
    }

    /// A call that was begun gets no result.
    pub(super) fn give_up(&mut self, lane: &str, key: Key) {
        self.end(lane, key);
        self.begun.remove(&key);
    }

    /// Progress of a call was taken.
    pub(super) fn receive(&mut self, id: &str, number: u64) {
        if let Some(live) = &mut self.live {
            live.received.insert(id.to_owned(), number);
            live.wake.notify_one();
        }
    }

    /// A call that was answered is settled.
    pub(super) fn settle(&mut self, key: Key, id: &str) {
        self.begun.remove(&key);
        if let Some(live) = &mut self.live {
            live.received.remove(id);
            live.settled.insert(id.to_owned());
            live.wake.notify_one();
        }
    }

    /// The client may forget a call that nobody knows.
    pub(super) fn settle_unknown(&mut self, id: String) {
        if let Some(live) = self.live.as_mut().filter(|live| live.settled.len() < MAX_UNKNOWN) {
            live.settled.insert(id);
            live.wake.notify_one();
        }
    }

    /// A call has ended before its client was told to stop it.
    pub(super) fn forget_cancel(&mut self, id: &str) {
        if let Some(live) = &mut self.live {
            live.cancels.retain(|cancel| cancel.call_id != id);
        }
    }

    /// An empty lane is not kept.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Lane)) {
        let Some(lane) = self.lanes.get_mut(name) else { return };
        change(lane);
        if lane.running == 0 && lane.waiting.is_empty() {
            self.lanes.remove(name);
        }
    }
}
