//! What the hub keeps of one session: the events that some journal may still need, and how far each journal is.

use std::collections::{BTreeMap, VecDeque};

use tau_core::event::{EventHash, Seq};
use tau_proto::runtime::v1::Event;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::session::{Outcome, Standing};
use super::wire::Stated;
use crate::attach::SessionTraits;

/// An append ends once it holds so many events, at the end of what was handed over together.
const MAX_EVENTS: usize = 256;
/// Or so many bytes of bodies.
const MAX_BYTES: usize = 1 << 20;
/// So many events are kept for journals that are away, as long as the session does not need them.
const KEPT_FOR_ABSENT: usize = 4_096;

/// An event that may be sent (again).
#[derive(Debug)]
pub(super) struct Kept {
    event: Event,
    hash: EventHash,
    /// It is the last of what was handed over together.
    pub(super) ends_append: bool,
}

impl Kept {
    pub(super) const fn new(event: Event, hash: EventHash) -> Self {
        Self { event, hash, ends_append: false }
    }
}

/// How a session stands with one journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Flow {
    /// The journal is not attached.
    #[default]
    Away,
    /// It is sent what there is.
    Open,
    /// It refused something, and the session has not said yet what follows.
    Refused,
    /// It is sent nothing before a moment.
    Until(Instant),
    /// It holds another history, so it is not sent this one.
    Excluded,
}

/// How far a journal is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Follower {
    pub(super) flow: Flow,
    /// The last event it holds, as it says.
    pub(super) acked: Seq,
    /// The last event sent over this attachment.
    sent: Seq,
    /// The last event ever sent to it.
    pub(super) ever_sent: Seq,
}

impl Follower {
    /// Whether an event was sent and nothing before it was refused since.
    pub(super) fn is_sent(&self, seq: Seq) -> bool {
        self.flow == Flow::Open && seq <= self.sent
    }
}

/// A session as the hub knows it.
#[derive(Debug)]
pub(super) struct Entry {
    /// Tells this registration from others of the same session.
    pub(super) token: u64,
    pub(super) epoch: u64,
    /// What journals choose it by, as it was when it began to append.
    pub(super) traits: SessionTraits,
    required: usize,
    /// Contiguous, from the one after `floor`.
    kept: VecDeque<Kept>,
    /// The last event that is not kept any more, and its hash.
    floor: Seq,
    floor_hash: EventHash,
    pub(super) followers: BTreeMap<String, Follower>,
    /// `None` when the session has ended and only what it left is still to be sent.
    pub(super) outcomes: Option<mpsc::UnboundedSender<Outcome>>,
}

impl Entry {
    pub(super) fn new(token: u64, standing: Standing, outcomes: mpsc::UnboundedSender<Outcome>) -> Self {
        Self {
            token,
            epoch: standing.position.epoch,
            traits: standing.traits,
            required: standing.required,
            kept: VecDeque::new(),
            floor: standing.position.seq,
            floor_hash: standing.hash,
            followers: BTreeMap::new(),
            outcomes: Some(outcomes),
        }
    }

    /// Tells the session. One that has ended hears nothing.
    pub(super) fn tell(&self, outcome: Outcome) {
        if let Some(outcomes) = &self.outcomes {
            // A session that is just ending does not listen any more.
            let _ = outcomes.send(outcome);
        }
    }

    pub(super) fn append(&mut self, records: Vec<Kept>) {
        self.kept.extend(records);
        self.trim();
    }

    /// The last event.
    pub(super) fn last(&self) -> Seq {
        Seq(self.floor.0 + self.kept.len() as u64)
    }

    fn index(&self, seq: Seq) -> Option<usize> {
        usize::try_from(seq.0.checked_sub(self.floor.0)?).ok()
    }

    /// Whether a stated hash is not that of the event at a place.
    pub(super) fn contradicts(&self, seq: Seq, stated: Stated) -> bool {
        let known = match self.index(seq) {
            Some(0) => Some(self.floor_hash),
            Some(index) => self.kept.get(index - 1).map(|kept| kept.hash),
            None => None,
        };
        stated.contradicts(known)
    }

    /// Whether a journal is there that takes the session.
    pub(super) fn is_followed_by(&self, client: &str) -> bool {
        self.followers.get(client).is_some_and(|follower| follower.flow != Flow::Away)
    }

    /// A journal is there, and holds what it acknowledged before.
    pub(super) fn attach(&mut self, client: &str) -> &mut Follower {
        let follower = self.followers.entry(client.to_owned()).or_default();
        follower.flow = Flow::Open;
        follower.sent = follower.acked;
        follower
    }

    /// A journal holds every event up to a place, whether they were sent to it or not.
    pub(super) fn holds(&mut self, client: &str, seq: Seq) {
        if let Some(follower) = self.followers.get_mut(client) {
            follower.acked = follower.acked.max(seq);
            follower.sent = follower.sent.max(seq);
            follower.ever_sent = follower.ever_sent.max(seq);
        }
        self.trim();
    }

    /// Begins again after a place, or after what was acknowledged meanwhile. `false` when that is not kept any more.
    pub(super) fn rewind(&mut self, client: &str, after: Seq, flow: Flow) -> bool {
        let Some(follower) = self.followers.get_mut(client) else { return false };
        let after = after.max(follower.acked);
        let is_kept = after >= self.floor;
        follower.sent = after;
        follower.flow = if is_kept { flow } else { Flow::Excluded };
        is_kept
    }

    /// The next events for a journal: what was handed over together stays so; up to a bound.
    pub(super) fn batch(&mut self, client: &str) -> Option<Vec<Event>> {
        let floor = self.floor;
        let follower = self.followers.get_mut(client).filter(|follower| follower.flow == Flow::Open)?;
        // Before its first acknowledgement a journal is behind everything; what is not kept it must hold.
        follower.sent = follower.sent.max(floor);
        let from = usize::try_from(follower.sent.0 - floor.0).ok()?;
        let mut events = Vec::new();
        let mut bytes = 0;
        for kept in self.kept.range(from..) {
            bytes += kept.event.body.len();
            events.push(kept.event.clone());
            if kept.ends_append && (events.len() >= MAX_EVENTS || bytes >= MAX_BYTES) {
                break;
            }
        }
        follower.sent = Seq(follower.sent.0 + events.len() as u64);
        follower.ever_sent = follower.ever_sent.max(follower.sent);
        Some(events).filter(|events| !events.is_empty())
    }

    /// Drops what no journal needs any more.
    ///
    /// A journal that is attached needs what it has not acknowledged, and the session needs what too few have. For
    /// journals that are away, or were never there, a bounded number of events is kept beyond that.
    pub(super) fn trim(&mut self) {
        let last = self.last();
        let attached = self.followers.values().filter(|one| !matches!(one.flow, Flow::Away | Flow::Excluded));
        let slowest = attached.map(|one| one.acked).min();
        let mut needed_after = slowest.unwrap_or(last).min(last);
        if let Some(others) = self.required.checked_sub(1) {
            let mut acked: Vec<Seq> = self.followers.values().map(|one| one.acked).collect();
            acked.sort_unstable();
            needed_after = needed_after.min(acked.iter().rev().nth(others).copied().unwrap_or_default());
        }
        let away = self.followers.values().filter(|one| one.flow == Flow::Away).map(|one| one.acked).min();
        let wanted_after = if self.followers.is_empty() { Some(Seq(0)) } else { away };
        let bound = Seq(last.0.saturating_sub(KEPT_FOR_ABSENT as u64));
        let keep_after = match wanted_after {
            Some(wanted) => needed_after.min(wanted.max(bound)),
            None => needed_after,
        };
        while self.floor < keep_after {
            let Some(dropped) = self.kept.pop_front() else { break };
            self.floor = self.floor.next();
            self.floor_hash = dropped.hash;
        }
    }

    /// Whether the session has ended and no attached journal needs anything of it.
    pub(super) fn is_done(&self) -> bool {
        let needed =
            |one: &Follower| !matches!(one.flow, Flow::Away | Flow::Excluded) && one.acked < self.last();
        self.outcomes.is_none() && !self.followers.values().any(needed)
    }
}
