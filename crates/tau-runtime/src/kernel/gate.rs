//! Gates: no effect touches the world before enough journals hold the events that announce it.
//!
//! This is synchronous replication as the primary sees it: who the acknowledgers are and how they store, it does not
//! know. A [`Gate`] is a value without I/O, clock or tasks; a driver tells it what is committed and what the
//! acknowledgers say, and does what comes out.

use std::collections::{BTreeMap, VecDeque};

use tau_core::event::{HookSubject, Seq};

use super::Effect;

impl Effect {
    /// Whether it waits until the events decided with it are acknowledged: whatever may touch the world does.
    ///
    /// What stops something never waits, so that stopping works while a disk is full, and so does a timer, which only
    /// leads to stopping. Nor does a call that changes nothing and may run without being asked about: should its
    /// announcement be lost, nobody is told what it found, since its result is no more durable than that.
    #[must_use]
    pub const fn is_gated(&self) -> bool {
        !matches!(
            self,
            Self::StopModel
                | Self::StopTool { .. }
                | Self::StopSubagent { .. }
                | Self::StopHooks { .. }
                | Self::SetTimer { .. }
                | Self::RunTool { at_once: true, .. }
        )
    }

    /// Whether what was decided before it has to begin before it: a call reads what the calls before it wrote.
    const fn is_in_turn(&self) -> bool {
        matches!(self, Self::RunTool { .. } | Self::StartSubagent { .. })
    }

    /// Whether it stops what the other would begin.
    fn takes_back(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::StopModel, Self::CallModel { .. } | Self::Compact { .. }) => true,
            (Self::StopTool { call_id }, Self::RunTool { call, .. }) => call.id == *call_id,
            (Self::StopSubagent { child }, Self::StartSubagent { child: other, .. }) => child == other,
            (Self::StopHooks { about }, Self::AskHooks { about: other, .. }) => holds(about, other),
            _ => false,
        }
    }

    /// Whether it is needed also where it stopped something before that began: a subagent always reports its end.
    const fn is_answered(&self) -> bool {
        matches!(self, Self::StopSubagent { .. })
    }
}

/// Whether something that hooks are asked about is, or is within, something else. Calls are always of the run that is on.
pub(crate) fn holds(whole: &HookSubject, part: &HookSubject) -> bool {
    match (whole, part) {
        (HookSubject::Session, _) => true,
        (HookSubject::Run { run }, HookSubject::Turn { run: other, .. }) => run == other,
        (HookSubject::Run { .. }, HookSubject::Call { .. }) => true,
        _ => whole == part,
    }
}

/// What an acknowledger holds: every event up to and including `seq`, as the writer of `epoch` made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a place and a writer are all there is")]
pub struct Position {
    /// The writer's epoch.
    pub epoch: u64,
    /// The last event held.
    pub seq: Seq,
}

/// An acknowledger's refusal: nothing from `at.seq` on was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a place and a reason are all there is")]
pub struct Refusal {
    /// The first event refused.
    pub at: Position,
    /// Why.
    pub reason: RefusalReason,
}

/// Why events were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RefusalReason {
    /// It will not change by sending again.
    Final(StopReason),
    /// It may be taken later.
    Later(PauseReason),
    /// Events before it are missing: the acknowledger holds those up to and including `held`.
    Gap {
        /// The last event held; 0 for none.
        held: Seq,
    },
}

/// Why a session cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum StopReason {
    /// A newer writer owns the session.
    Fenced,
    /// A different event is stored at the place.
    Conflict,
    /// The chain of hashes is broken.
    HashMismatch,
    /// The journal misses events that it had acknowledged.
    HistoryLost,
    /// The store cannot be written.
    ReadOnly,
    /// An event is larger than the journal stores.
    TooLarge,
    /// An event breaks the rules of the interface.
    Invalid,
    /// It was not said.
    Unspecified,
}

/// Why a session waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PauseReason {
    /// A journal has no room.
    StorageFull,
    /// A journal's store cannot take events now.
    Unavailable,
    /// Fewer journals are attached than the session needs.
    JournalLost,
}

/// What a refusal leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Nothing: it is about another writer's events.
    Ignore,
    /// The session ends; nothing gated is let go.
    Stop(StopReason),
    /// The events after a place are sent again, some time later.
    Pause {
        /// The place.
        after: Seq,
        /// Why.
        reason: PauseReason,
    },
    /// The events after a place are sent again.
    Resend {
        /// The place.
        after: Seq,
    },
}

/// An acknowledger speaks of an event that was not committed: it breaks the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} was spoken of, and event {committed} is the last")]
#[non_exhaustive]
pub struct BeyondCommitted {
    /// The event spoken of.
    pub seq: Seq,
    /// The last event committed.
    pub committed: Seq,
}

#[derive(Debug, Clone, Copy, Default)]
struct Acknowledger {
    acked: Seq,
    is_attached: bool,
}

/// The gate of one session: effects wait in it until `required` acknowledgers hold the events that announce them.
///
/// An acknowledgement stays true when its acknowledger goes away: what is durable stays durable. What comes after waits
/// until enough acknowledgers have it, so the gate fails closed.
#[derive(Debug)]
pub struct Gate {
    required: usize,
    epoch: u64,
    committed: Seq,
    durable: Seq,
    acknowledgers: BTreeMap<String, Acknowledger>,
    /// In order of decision, each with the last event of its decision.
    waiting: VecDeque<(Seq, Effect)>,
}

impl Gate {
    /// The gate of a session that a writer takes up after `position`, or begins at 0. With `required` 0 nothing waits.
    #[must_use]
    pub const fn new(required: usize, position: Position) -> Self {
        Self {
            required,
            epoch: position.epoch,
            committed: position.seq,
            durable: position.seq,
            acknowledgers: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    /// The epoch of the session's writer.
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The last event that enough acknowledgers hold. It never goes back.
    #[must_use]
    pub const fn durable(&self) -> Seq {
        self.durable
    }

    /// Whether events wait to become durable.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.durable < self.committed
    }

    /// Whether an effect waits in it.
    #[must_use]
    pub fn holds_any(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether fewer acknowledgers are attached than the session needs.
    #[must_use]
    pub fn is_short(&self) -> bool {
        self.acknowledgers.values().filter(|one| one.is_attached).count() < self.required
    }

    /// A decision was committed whose last event is `last`. Gives the effects that may start now, in their order.
    ///
    /// What stops an effect that waits takes it out of the gate and is done with that, but for a subagent, which still
    /// reports its end.
    #[must_use]
    pub fn commit(&mut self, last: Seq, effects: impl IntoIterator<Item = Effect>) -> Vec<Effect> {
        self.committed = self.committed.max(last);
        let mut released = self.release();
        for effect in effects {
            let waited = self.waiting.len();
            self.waiting.retain(|(_, waiting)| !effect.takes_back(waiting));
            if self.waiting.len() < waited && !effect.is_answered() {
                continue;
            }
            let has_turn = !effect.is_in_turn() || !self.waiting.iter().any(|(_, other)| other.is_in_turn());
            if self.is_behind() && (effect.is_gated() || !has_turn) {
                self.waiting.push_back((last, effect));
            } else {
                released.push(effect);
            }
        }
        released
    }

    /// An acknowledger is there. What it holds it says with [`Gate::ack`].
    pub fn attached(&mut self, client: &str) {
        self.acknowledgers.entry(client.to_owned()).or_default().is_attached = true;
    }

    /// An acknowledger went away. Whatever needs it waits.
    pub fn lost(&mut self, client: &str) {
        if let Some(acknowledger) = self.acknowledgers.get_mut(client) {
            acknowledger.is_attached = false;
        }
    }

    /// An acknowledger holds every event up to a position. Gives the effects that may start now, in their order.
    ///
    /// A position of another epoch, or not above the one before, changes nothing.
    ///
    /// # Errors
    /// When the position lies beyond what was committed; nothing changes then.
    pub fn ack(&mut self, client: &str, position: Position) -> Result<Vec<Effect>, BeyondCommitted> {
        if position.epoch != self.epoch {
            return Ok(Vec::new());
        }
        self.require_committed(position.seq)?;
        if !self.acknowledgers.contains_key(client) {
            self.acknowledgers.insert(client.to_owned(), Acknowledger::default());
        }
        if let Some(acknowledger) = self.acknowledgers.get_mut(client) {
            acknowledger.acked = acknowledger.acked.max(position.seq);
        }
        Ok(self.release())
    }

    /// An acknowledger refuses events. Gives what that leads to.
    ///
    /// # Errors
    /// When it refuses an event that was not committed.
    pub fn nack(&self, client: &str, refusal: Refusal) -> Result<Verdict, BeyondCommitted> {
        let Position { epoch, seq } = refusal.at;
        if epoch != self.epoch {
            return Ok(Verdict::Ignore);
        }
        self.require_committed(seq)?;
        let before = Seq(seq.0.saturating_sub(1));
        Ok(match refusal.reason {
            RefusalReason::Final(reason) => Verdict::Stop(reason),
            RefusalReason::Later(reason) => Verdict::Pause { after: before, reason },
            RefusalReason::Gap { held } => {
                let acked = self.acknowledgers.get(client).map_or(Seq(0), |one| one.acked);
                if held < acked {
                    Verdict::Stop(StopReason::HistoryLost)
                } else {
                    Verdict::Resend { after: held.min(before) }
                }
            }
        })
    }

    fn require_committed(&self, seq: Seq) -> Result<(), BeyondCommitted> {
        let committed = self.committed;
        if seq <= committed { Ok(()) } else { Err(BeyondCommitted { seq, committed }) }
    }

    /// Finds how far the session is durable, and takes out what waited for that.
    fn release(&mut self) -> Vec<Effect> {
        self.durable = self.durable.max(self.covered());
        let covered = self.waiting.iter().take_while(|(last, _)| *last <= self.durable).count();
        self.waiting.drain(..covered).map(|(_, effect)| effect).collect()
    }

    /// The last event that `required` acknowledgers hold.
    fn covered(&self) -> Seq {
        let Some(others) = self.required.checked_sub(1) else { return self.committed };
        let mut acked: Vec<Seq> = self.acknowledgers.values().map(|one| one.acked).collect();
        acked.sort_unstable();
        acked.iter().rev().nth(others).copied().unwrap_or_default()
    }
}
