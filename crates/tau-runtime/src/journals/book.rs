//! The hub's book: which sessions append, which journals are attached, and what is to be said to each. It does no I/O
//! and reads no clock.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tau_core::SessionId;
use tau_core::event::Seq;
use tau_proto::runtime::v1::{Append, Fenced, FencedReason, SessionPosition, attach_response::Message};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::entry::{Entry, Flow, Kept};
use super::session::{Outcome, Standing};
use crate::attach::Selector;

/// The book, as sessions and attachments share it. Whoever holds the lock only reads and writes memory.
#[derive(Debug, Default)]
pub(crate) struct Shared(Mutex<Book>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A journal that is attached.
#[derive(Debug)]
pub(super) struct Live {
    attachment: u64,
    /// The sessions that it is for.
    selector: Selector,
    wake: Arc<Notify>,
    fences: VecDeque<Fenced>,
    /// Sessions that may have something to send; each has its turn.
    ready: BTreeSet<SessionId>,
    turns: VecDeque<SessionId>,
    /// Sessions that wait for a moment.
    later: BTreeSet<(Instant, SessionId)>,
}

impl Live {
    fn send_of(&mut self, session: SessionId) {
        self.ready.insert(session);
        self.wake.notify_one();
    }

    pub(super) fn fence(&mut self, session_id: String, epoch: u64, reason: FencedReason) {
        self.fences.push_back(Fenced { session_id, epoch, reason: reason.into(), ..Default::default() });
        self.wake.notify_one();
    }
}

/// What an attachment is to do next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Say something.
    Say(Box<Message>),
    /// Wait until it is woken, or until a moment.
    Wait(Option<Instant>),
    /// End: everything is said, and the hub is closed.
    Close,
    /// End: the journal attached again.
    Replaced,
}

/// Tells the journals of a session that nothing more comes of it.
fn fence_followers(
    journals: &mut BTreeMap<String, Live>,
    session: SessionId,
    entry: &Entry,
    reason: FencedReason,
) {
    for (_, live) in journals.iter_mut().filter(|(client, _)| entry.is_followed_by(client)) {
        live.fence(session.to_string(), entry.epoch, reason);
    }
}

#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(super) sessions: BTreeMap<SessionId, Entry>,
    journals: BTreeMap<String, Live>,
    /// The newest number given to a registration or an attachment.
    newest: u64,
    is_closed: bool,
}

impl Book {
    fn number(&mut self) -> u64 {
        self.newest += 1;
        self.newest
    }

    /// Of two writers of one session the one with the newer epoch goes on.
    pub(super) fn register(&mut self, standing: Standing, outcomes: mpsc::UnboundedSender<Outcome>) -> u64 {
        let token = self.number();
        let session = standing.session;
        if let Some(old) = self.sessions.get(&session).filter(|old| old.outcomes.is_some()) {
            if old.epoch >= standing.position.epoch {
                // Nobody else holds the other end yet.
                let _ = outcomes.send(Outcome::Superseded);
                return token;
            }
            old.tell(Outcome::Superseded);
            fence_followers(&mut self.journals, session, old, FencedReason::Superseded);
        }
        let mut entry = Entry::new(token, standing, outcomes);
        let journals = self.journals.iter().filter(|(_, live)| live.selector.selects(&entry.traits));
        for client in journals.map(|(client, _)| client).cloned().collect::<Vec<_>>() {
            entry.attach(&client);
            entry.tell(Outcome::Attached { client });
        }
        self.sessions.insert(session, entry);
        token
    }

    fn entry(&mut self, session: SessionId, token: u64) -> Option<&mut Entry> {
        self.sessions.get_mut(&session).filter(|entry| entry.token == token)
    }

    pub(super) fn append(&mut self, session: SessionId, token: u64, records: Vec<Kept>) {
        let Some(entry) = self.sessions.get_mut(&session).filter(|entry| entry.token == token) else {
            return;
        };
        entry.append(records);
        let following = self.journals.iter_mut().filter(|(client, _)| entry.is_followed_by(client));
        following.for_each(|(_, live)| live.send_of(session));
    }

    pub(super) fn resend(&mut self, session: SessionId, token: u64, client: &str, after: Seq, at: Instant) {
        let Some(entry) = self.entry(session, token) else { return };
        let epoch = entry.epoch;
        let is_refused = entry.followers.get(client).is_some_and(|one| one.flow == Flow::Refused);
        if !is_refused {
            return;
        }
        let is_kept = entry.rewind(client, after, Flow::Until(at));
        if !is_kept {
            entry.tell(Outcome::Lost { client: client.to_owned() });
        }
        let Some(live) = self.journals.get_mut(client) else { return };
        if is_kept {
            live.later.insert((at, session));
            live.wake.notify_one();
        } else {
            live.fence(session.to_string(), epoch, FencedReason::Diverged);
        }
    }

    pub(super) fn fence(&mut self, session: SessionId, token: u64, reason: FencedReason) {
        if self.entry(session, token).is_none() {
            return;
        }
        if let Some(entry) = self.sessions.remove(&session) {
            fence_followers(&mut self.journals, session, &entry, reason);
        }
    }

    pub(super) fn end(&mut self, session: SessionId, token: u64) {
        let Some(entry) = self.entry(session, token) else { return };
        entry.outcomes = None;
        self.settle(session);
    }

    /// Forgets a session of which nobody needs anything any more.
    pub(super) fn settle(&mut self, session: SessionId) {
        if self.sessions.get(&session).is_some_and(Entry::is_done) {
            self.sessions.remove(&session);
        }
    }

    /// Sends what there is, then ends the attachments.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.journals.values().for_each(|live| live.wake.notify_one());
    }

    /// A journal attaches, in the place of an earlier attachment of the same id.
    pub(crate) fn attach(
        &mut self,
        client: &str,
        selector: Selector,
        positions: &[SessionPosition],
        wake: Arc<Notify>,
    ) -> u64 {
        let attachment = self.number();
        if let Some(earlier) = self.journals.remove(client) {
            self.leave(client);
            earlier.wake.notify_one();
        }
        let mut live = Live {
            attachment,
            selector,
            wake,
            fences: VecDeque::new(),
            ready: BTreeSet::new(),
            turns: VecDeque::new(),
            later: BTreeSet::new(),
        };
        for entry in self.sessions.values_mut().filter(|entry| live.selector.selects(&entry.traits)) {
            entry.attach(client);
        }
        for position in positions {
            self.continue_at(client, position, &mut live);
        }
        for (session, entry) in &self.sessions {
            if entry.followers.get(client).is_some_and(|one| one.flow == Flow::Open) {
                entry.tell(Outcome::Attached { client: client.to_owned() });
                live.send_of(*session);
            }
        }
        self.journals.insert(client.to_owned(), live);
        attachment
    }

    /// An attachment has ended. One that was replaced has left before.
    pub(crate) fn detach(&mut self, client: &str, attachment: u64) {
        if self.is_current(client, attachment) {
            self.journals.remove(client);
            self.leave(client);
        }
    }

    fn leave(&mut self, client: &str) {
        for entry in self.sessions.values_mut() {
            if let Some(follower) = entry.followers.get_mut(client) {
                follower.flow = Flow::Away;
                entry.tell(Outcome::Lost { client: client.to_owned() });
                entry.trim();
            }
        }
        self.sessions.retain(|_, entry| !entry.is_done());
    }

    /// Whether an attachment was not replaced.
    pub(crate) fn is_current(&self, client: &str, attachment: u64) -> bool {
        self.journals.get(client).is_some_and(|live| live.attachment == attachment)
    }

    /// What an attachment is to do next.
    pub(crate) fn next(&mut self, client: &str, attachment: u64, now: Instant) -> Next {
        let Some(live) = self.journals.get_mut(client).filter(|live| live.attachment == attachment) else {
            return Next::Replaced;
        };
        if let Some(fenced) = live.fences.pop_front() {
            return Next::Say(Box::new(fenced.into()));
        }
        while let Some((_, session)) = live.later.first().copied().filter(|(at, _)| *at <= now) {
            live.later.pop_first();
            let follower = self.sessions.get_mut(&session).and_then(|entry| entry.followers.get_mut(client));
            if let Some(follower) = follower.filter(|one| matches!(one.flow, Flow::Until(at) if at <= now)) {
                follower.flow = Flow::Open;
                live.ready.insert(session);
            }
        }
        loop {
            if live.turns.is_empty() {
                live.turns.extend(std::mem::take(&mut live.ready));
            }
            let Some(session) = live.turns.pop_front() else { break };
            let events = self.sessions.get_mut(&session).and_then(|entry| entry.batch(client));
            if let Some(events) = events {
                // It may have more than one append holds.
                live.ready.insert(session);
                return Next::Say(Box::new(Append { events, ..Default::default() }.into()));
            }
        }
        if self.is_closed && live.later.is_empty() {
            return Next::Close;
        }
        Next::Wait(live.later.first().map(|(at, _)| *at))
    }
}
