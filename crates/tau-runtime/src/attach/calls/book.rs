//! The book of calls and of the extensions that carry them out, as callers and new attachments see it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tau_proto::runtime::v1::{CallCancel, CallCancelReason, CallFailure, attach_response::Message};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::client::{Client, Live};
use super::input::Input;
use super::open::{Key, Open, Place, Request, Settled, Taken, Then, Undone};
use crate::attach::role::{Roles, Target};

/// What an attachment is to do next, as far as calls go.
#[derive(Debug)]
pub(in crate::attach) enum Step {
    /// Say something.
    Say(Box<Message>),
    /// Wait until it is woken: calls are not settled.
    Busy,
    /// Wait until it is woken: there is no call.
    Idle,
    /// End: the extension attached again.
    Replaced,
}

/// How an extension attaches.
#[derive(Debug)]
pub(in crate::attach) struct Terms {
    pub(in crate::attach) roles: Roles,
    /// What it says that it remembers.
    pub(in crate::attach) token: String,
    /// What it is called from now on, if it remembers nothing.
    pub(in crate::attach) new_token: String,
    pub(in crate::attach) credit: u64,
    /// Bytes of input of one call that may be under way to it.
    pub(in crate::attach) input_window: usize,
    pub(in crate::attach) wake: Arc<Notify>,
}

/// What a new attachment is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::attach) struct Entered {
    pub(in crate::attach) attachment: u64,
    pub(in crate::attach) token: String,
    pub(in crate::attach) is_resumed: bool,
    pub(in crate::attach) open_call_ids: Vec<String>,
}

#[derive(Debug)]
pub(in crate::attach) struct Book {
    pub(super) clients: BTreeMap<String, Client>,
    pub(super) open: BTreeMap<Key, Open>,
    pub(super) keys: BTreeMap<String, Key>,
    parked: BTreeSet<Key>,
    /// How long a lost client is expected back, and a call waits for somebody who serves it.
    grace: Duration,
    changes: watch::Sender<u64>,
    /// The newest number given to a call or an attachment.
    newest: u64,
    /// Nobody attaches any more.
    pub(super) draining: bool,
    pub(super) is_closed: bool,
}

impl Book {
    pub(in crate::attach) fn new(grace: Duration) -> Self {
        Self {
            clients: BTreeMap::new(),
            open: BTreeMap::new(),
            keys: BTreeMap::new(),
            parked: BTreeSet::new(),
            grace,
            changes: watch::Sender::new(0),
            newest: 0,
            draining: false,
            is_closed: false,
        }
    }

    const fn number(&mut self) -> u64 {
        self.newest += 1;
        self.newest
    }

    /// Opens a call. `None` when one of the same id is not settled.
    pub(in crate::attach) fn call(&mut self, request: Request, now: Instant) -> Option<(Key, Arc<Notify>)> {
        if !self.forget(&request.call.call_id) {
            return None;
        }
        let key = self.number();
        self.keys.insert(request.call.call_id.clone(), key);
        let open = Open::new(request, now + self.grace);
        let wake = Arc::clone(&open.wake);
        self.open.insert(key, open);
        self.parked.insert(key);
        self.route_one(key);
        Some((key, wake))
    }

    /// What there is for a caller. A call that is done is settled with that.
    pub(in crate::attach) fn take(&mut self, key: Key, now: Instant) -> Taken {
        let done = |answer| Then::Done(Box::new(answer));
        let Some(open) = self.open.get_mut(&key) else {
            return Taken { progress: VecDeque::new(), then: done(Err(Undone::Lost)) };
        };
        let progress = open.take_progress();
        if open.answer.is_some() {
            let answer = match open.request.settled {
                Settled::Taken => self.remove(key).and_then(|open| open.answer),
                Settled::Durable if open.is_taken => None,
                Settled::Durable => {
                    open.is_taken = true;
                    // That there is one still counts, and not what it is.
                    open.answer.replace(CallFailure::default().into())
                }
            };
            return Taken { progress, then: done(answer.ok_or(Undone::Lost)) };
        }
        let (until, undone) = match &open.place {
            Place::Parked(until) => (Some(*until), Undone::NoProvider),
            Place::Waiting(_) => (None, Undone::NoProvider),
            Place::Begun(id) => {
                let client = self.clients.get_mut(id);
                if let Some(client) = client.filter(|_| !progress.is_empty()) {
                    client.receive(open.id(), open.taken);
                }
                (self.clients.get(id).and_then(|client| client.until), Undone::Lost)
            }
        };
        if until.is_none_or(|until| until > now) {
            return Taken { progress, then: Then::Wait(until) };
        }
        self.remove(key);
        Taken { progress, then: done(Err(undone)) }
    }

    /// The result of a call is durable. Of one that is not [`Settled::Durable`], or has no result, nothing is to be done.
    pub(in crate::attach) fn settle(&mut self, id: &str) {
        let key = self.keys.get(id).copied();
        if let Some(key) = key.filter(|key| self.open.get(key).is_some_and(|open| open.is_taken)) {
            self.remove(key);
        }
    }

    /// Nobody will say that the result of a call is durable: its client keeps it, and is not told. `false` where the call
    /// has no result yet, and so stays.
    pub(in crate::attach) fn forget(&mut self, id: &str) -> bool {
        let Some(key) = self.keys.get(id).copied() else { return true };
        if !self.open.get(&key).is_some_and(|open| open.is_taken) {
            return false;
        }
        self.keys.remove(id);
        if let Some(Open { place: Place::Begun(client), .. }) = self.open.remove(&key)
            && let Some(client) = self.clients.get_mut(&client)
        {
            client.begun.remove(&key);
            // It may wait for that to leave.
            client.live.iter().for_each(|live| live.wake.notify_one());
        }
        true
    }

    /// Nobody waits for a call any more.
    pub(in crate::attach) fn abandon(&mut self, key: Key, now: Instant) {
        let Some(open) = self.open.get(&key) else { return };
        let is_late = open.request.deadline.is_some_and(|deadline| deadline <= now);
        let reason = if is_late { CallCancelReason::TimedOut } else { CallCancelReason::Cancelled };
        self.abandon_because(key, reason);
    }

    /// Nobody waits for a call any more, for a reason that its client is told.
    pub(in crate::attach) fn abandon_because(&mut self, key: Key, reason: CallCancelReason) {
        let waited_for = |open: &&mut Open| !open.is_abandoned && !open.is_taken;
        let Some(open) = self.open.get_mut(&key).filter(waited_for) else { return };
        if let Place::Begun(client) = &open.place
            && open.answer.is_none()
            && let Some(live) = self.clients.get_mut(client).and_then(|client| client.live.as_mut())
        {
            let call_id = open.id().to_owned();
            live.cancels.push_back(CallCancel { call_id, reason: reason.into(), ..Default::default() });
            live.wake.notify_one();
            if live.running.contains(&key) {
                open.is_abandoned = true;
                open.take_progress();
                return;
            }
        }
        // Nobody runs it; or it was not sent again yet, and its client is only told to stop it.
        self.remove(key);
    }

    /// A client attaches, in the place of an earlier attachment of the same id. `None` when nobody may.
    pub(in crate::attach) fn attach(&mut self, id: &str, terms: Terms, now: Instant) -> Option<Entered> {
        if self.draining {
            return None;
        }
        self.sweep(now);
        let attachment = self.number();
        let earlier = self.leave(id, now);
        let since = earlier.as_ref().map_or(attachment, |client| client.since);
        let (token, begun) = earlier.map(|client| (client.token, client.begun)).unwrap_or_default();
        let is_resumed = !token.is_empty() && token == terms.token;
        let mut live = Live::new(attachment, terms.wake, terms.credit);
        let mut client = Client {
            token: if is_resumed { token } else { terms.new_token },
            roles: terms.roles,
            since: if is_resumed { since } else { attachment },
            input_window: terms.input_window,
            live: None,
            until: None,
            lanes: BTreeMap::new(),
            begun: BTreeSet::new(),
        };
        let mut open_call_ids = Vec::new();
        for key in begun {
            let Some(open) = self.open.get_mut(&key) else { continue };
            client.begun.insert(key);
            if open.is_unanswered() {
                open.input.iter_mut().for_each(Input::again);
                if !is_resumed {
                    open.restart();
                }
                open_call_ids.push(open.id().to_owned());
                live.again.push_back(key);
                client.lanes.entry(open.request.target.lane().to_owned()).or_default().running += 1;
            }
        }
        client.live = Some(live);
        let token = client.token.clone();
        self.clients.insert(id.to_owned(), client);
        self.route();
        self.changes.send_modify(|count| *count += 1);
        Some(Entered { attachment, token, is_resumed, open_call_ids })
    }

    /// An attachment has ended. One that was replaced has left before.
    pub(in crate::attach) fn detach(&mut self, id: &str, attachment: u64, is_orderly: bool, now: Instant) {
        if !self.is_current(id, attachment) {
            return;
        }
        let has_said_so = self.has_parted(id);
        if let Some(mut client) = self.leave(id, now) {
            // Who only ends its stream may be gone for any reason: what fails closed is missed then.
            client.roles.hooks = client.roles.hooks.filter(|_| !has_said_so);
            let is_over = is_orderly && client.begun.is_empty();
            if is_over {
                client.keep_guards();
            }
            if !is_over || client.roles.hooks.is_some() {
                self.clients.insert(id.to_owned(), client);
            }
        }
        self.route();
        self.changes.send_modify(|count| *count += 1);
    }

    /// Whether an attachment was not replaced.
    pub(in crate::attach) fn is_current(&self, id: &str, attachment: u64) -> bool {
        self.clients.get(id).is_some_and(|client| client.is_at(attachment))
    }

    /// Takes a client out. What it had not begun is for anybody; what nobody waits for is forgotten; what is left has
    /// some time.
    fn leave(&mut self, id: &str, now: Instant) -> Option<Client> {
        let mut client = self.clients.remove(id)?;
        if let Some(live) = client.live.take() {
            live.wake.notify_one();
            client.until = Some(now + self.grace);
        }
        client.take_waiting().into_iter().for_each(|key| self.park(key, now));
        for key in client.begun.clone() {
            let Some(open) = self.open.get(&key) else { continue };
            if open.is_abandoned {
                client.give_up(open.request.target.lane(), key);
                self.keys.remove(open.id());
                self.open.remove(&key);
            } else {
                open.wake.notify_one();
            }
        }
        Some(client)
    }

    /// Forgets a call, wherever it is. One that was answered is settled with that.
    pub(super) fn remove(&mut self, key: Key) -> Option<Open> {
        let open = self.open.remove(&key)?;
        self.keys.remove(open.id());
        self.parked.remove(&key);
        let lane = open.request.target.lane();
        if let Place::Waiting(id) | Place::Begun(id) = &open.place
            && let Some(client) = self.clients.get_mut(id)
        {
            match (&open.place, &open.answer) {
                (Place::Begun(_), Some(_)) => client.settle(key, open.id()),
                (Place::Begun(_), None) => client.give_up(lane, key),
                _ => client.forget_waiting(lane, key),
            }
        }
        Some(open)
    }

    pub(super) fn park(&mut self, key: Key, now: Instant) {
        if let Some(open) = self.open.get_mut(&key) {
            open.place = Place::Parked(now + self.grace);
            self.parked.insert(key);
            // It has a time limit now.
            open.wake.notify_one();
        }
    }

    /// Gives calls that nobody has to whoever serves them.
    pub(super) fn route(&mut self) {
        for key in self.parked.clone() {
            self.route_one(key);
        }
    }

    fn route_one(&mut self, key: Key) {
        let Some(open) = self.open.get_mut(&key) else { return };
        let target = &open.request.target;
        if let Some((id, client)) = provider(&mut self.clients, target).filter(|_| !self.is_closed) {
            client.wait(target.lane(), key);
            open.place = Place::Waiting(id.clone());
            self.parked.remove(&key);
        }
    }

    /// What those take on that are attached or expected back, by id.
    pub(in crate::attach) fn roles(&self) -> impl Iterator<Item = &Roles> {
        self.clients.values().map(|client| &client.roles)
    }

    /// Those that are attached or expected back, by id, and what each takes on.
    pub(in crate::attach) fn clients(&self, now: Instant) -> impl Iterator<Item = (&str, &Roles)> {
        let expected = self.clients.iter().filter(move |(_, client)| client.is_expected(now));
        expected.map(|(id, client)| (id.as_str(), &client.roles))
    }

    /// The attachment with which a client's memory began, and whether it takes calls now. `None` where it is neither attached
    /// nor expected back.
    pub(in crate::attach) fn since(&self, id: &str, now: Instant) -> Option<(u64, bool)> {
        let client = self.clients.get(id).filter(|client| client.is_expected(now))?;
        Some((client.since, client.is_open()))
    }

    /// Changes whenever somebody attaches or is lost.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "only the interface asks people"))]
    pub(in crate::attach) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }
}

/// Who serves a call: of those that are there the one with the highest priority, then the one whose id comes first.
fn provider<'a>(
    clients: &'a mut BTreeMap<String, Client>,
    target: &Target,
) -> Option<(&'a String, &'a mut Client)> {
    let open = clients.iter_mut().filter(|(id, client)| client.is_open() && target.may_be(id));
    let able = open.filter_map(|(id, client)| Some((client.roles.serve(target)?, id, client)));
    let best = able.max_by_key(|(priority, id, _)| (*priority, Reverse(*id)));
    best.map(|(_, id, client)| (id, client))
}
