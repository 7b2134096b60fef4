//! Durability of one session: what it waits for, and what it hears of its journals.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tau_core::SessionId;
use tau_core::event::{Event, EventHash, Record, RecordError, Seq};
use tau_proto::runtime::v1::FencedReason;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Sleep;

use super::end::{SessionError, SessionErrorKind};
use super::handle::HandleError;
use super::log::Log;
use super::opener::SessionOpener;
use super::results::ResultKeeper;
use super::subscription::Delta;
use crate::attach::SessionTraits;
use crate::journals::{Appender, Journals, Outcome, Standing};
use crate::kernel::Effect;
use crate::kernel::gate::{Gate, PauseReason, Position, StopReason, Verdict};

/// Where a session's events go, and what waits until they are there.
///
/// Whoever opened the session at a store knows its id, its epoch and the hash of its last record, and says so here.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Durability {
    /// The id of a new session; a new one is made unless set. A resumed session keeps its own.
    pub session: Option<SessionId>,
    /// The epoch to write under. Unless set: 1 for a new session, the one after the last for a resumed one.
    pub epoch: Option<u64>,
    /// The hash of the last record of a resumed session, which needs it where it has `journals`.
    pub last_hash: Option<EventHash>,
    /// What journals choose the session by. Unless set, what its metadata say when it begins, or is taken up.
    pub traits: Option<SessionTraits>,
    /// Where the events go. Nowhere unless set.
    pub journals: Option<Journals>,
    /// Opens the sessions of subagents. Unless set, each begins anew under epoch 1, which is right where nothing is
    /// journaled.
    pub opener: Option<Arc<dyn SessionOpener>>,
    /// How many journals must hold an event before effects that were decided with it start, but for those that change
    /// nothing or stop something, before subscribers see it
    /// and before whoever asked for it has an answer. Default: 0, so nothing waits.
    pub required_acks: usize,
    /// How long the session waits for journals while fewer than it needs are attached, before it ends. Default: 30 s.
    pub grace: Duration,
    /// Whoever is told that results of calls are durable.
    pub(crate) results: Option<Arc<dyn ResultKeeper>>,
}

impl Default for Durability {
    fn default() -> Self {
        Self {
            session: None,
            epoch: None,
            last_hash: None,
            traits: None,
            journals: None,
            opener: None,
            required_acks: 0,
            grace: Duration::from_secs(30),
            results: None,
        }
    }
}

impl Durability {
    /// What journals choose a session by that is found by these metadata, unless it was said.
    pub(super) fn describe(&mut self, session: SessionId, metadata: &BTreeMap<String, String>) {
        self.traits.get_or_insert_with(|| SessionTraits::described(session, metadata));
    }

    /// The same for a subagent of the session.
    pub(super) fn descend(&mut self, child: SessionId) {
        self.session = Some(child);
        self.traits = self.traits.take().map(|traits| traits.below(child));
    }
}

/// A journal that has no room is tried again after so long, then after twice that, and so on.
const FIRST_RETRY: Duration = Duration::from_millis(50);
/// But at least so often.
const SLOWEST_RETRY: Duration = Duration::from_secs(1);

/// How long events that nothing waits for are held back, where calls are on that change nothing. Reading a file or
/// searching a project is over by then, and the results are stored together with the calls, for one sync of a disk.
const HOLD: Duration = Duration::from_millis(5);

/// What whoever sent a command waits for: the first event that it led to.
pub(super) type Answer = oneshot::Sender<Result<Seq, HandleError>>;

/// The events of one decision.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: Seq,
    /// With it, all of them are durable.
    pub(super) last: Seq,
}

/// The gate of a session with all that waits at it, and the way to the journals.
#[derive(Debug)]
pub(super) struct Durable {
    gate: Gate,
    chain: Option<Chain>,
    /// Whoever waits for an answer, and for which events.
    answers: VecDeque<(Span, Answer)>,
    grace: Duration,
    /// When the wait for journals ends.
    deadline: Option<Pin<Box<Sleep>>>,
    /// Journals that cannot take events now, and when they were last tried again.
    pauses: BTreeMap<String, (PauseReason, Duration)>,
    failure: Option<SessionError>,
}

/// The hash chain of a session that has journals.
#[derive(Debug)]
struct Chain {
    appender: Appender,
    outcomes: mpsc::UnboundedReceiver<Outcome>,
    last_hash: EventHash,
    /// Sealed, and not given to the journals yet.
    held: Vec<(Record, EventHash)>,
    /// When they are given at the latest.
    hold: Option<Pin<Box<Sleep>>>,
}

impl Chain {
    fn seal(&mut self, events: &[Arc<Event>]) -> Result<(), RecordError> {
        let mut records = Vec::with_capacity(events.len());
        for event in events {
            let record = Record::seal(event, self.last_hash)?;
            self.last_hash = record.hash();
            records.push((record, self.last_hash));
        }
        self.held.append(&mut records);
        Ok(())
    }

    /// Gives them to the journals soon.
    fn hold(&mut self) {
        self.hold.get_or_insert_with(|| Box::pin(tokio::time::sleep(HOLD)));
    }

    /// Gives them to the journals now, in one append.
    fn append(&mut self) {
        self.hold = None;
        if !self.held.is_empty() {
            self.appender.append(std::mem::take(&mut self.held));
        }
    }
}

/// Whatever ends the session's task, its events are handed over.
impl Drop for Chain {
    fn drop(&mut self) {
        self.append();
    }
}

/// What there is to hear.
#[derive(Debug)]
pub(super) enum Heard {
    Outcome(Outcome),
    /// Too few journals were there for too long.
    GraceOver,
}

impl Durable {
    pub(super) fn new(options: &Durability, session: SessionId, position: Position) -> Self {
        let hash = options.last_hash.filter(|_| position.seq > Seq(0)).unwrap_or(EventHash::ZERO);
        let traits = options.traits.clone().unwrap_or_else(|| SessionTraits::new(session));
        let standing = Standing { session, traits, position, hash, required: options.required_acks };
        let chain = options.journals.as_ref().map(|journals| {
            let (appender, outcomes) = journals.register(standing);
            Chain { appender, outcomes, last_hash: hash, held: Vec::new(), hold: None }
        });
        Self {
            gate: Gate::new(options.required_acks, position),
            chain,
            answers: VecDeque::new(),
            grace: options.grace,
            deadline: None,
            pauses: BTreeMap::new(),
            failure: None,
        }
    }

    /// The last event that subscribers may see.
    pub(super) const fn position(&self) -> Seq {
        self.gate.durable()
    }

    pub(super) fn is_behind(&self) -> bool {
        self.gate.is_behind()
    }

    pub(super) const fn grace(&self) -> Duration {
        self.grace
    }

    /// Whether there is anything to hear, now or later.
    pub(super) fn may_hear(&self) -> bool {
        self.chain.is_some() || self.gate.is_behind()
    }

    /// Hands a decision over. Gives the effects that may start now.
    pub(super) fn commit(&mut self, last: Seq, events: &[Arc<Event>], effects: Vec<Effect>) -> Vec<Effect> {
        if let Some(chain) = &mut self.chain
            && let Err(error) = chain.seal(events)
        {
            let detail = error.to_string();
            self.failure = Some(SessionError::refused(StopReason::Invalid, String::new(), detail));
            return Vec::new();
        }
        let released = self.gate.commit(last, effects);
        if let Some(chain) = &mut self.chain {
            let reads = |effect: &Effect| matches!(effect, Effect::RunTool { at_once: true, .. });
            // A result waits with the calls that are still on.
            let is_on = chain.hold.is_some() || !released.is_empty();
            if is_on && released.iter().all(reads) && self.answers.is_empty() && !self.gate.holds_any() {
                chain.hold();
            } else {
                chain.append();
            }
        }
        released
    }

    /// Gives the journals what is held back.
    pub(super) fn flush(&mut self) {
        if let Some(chain) = &mut self.chain {
            chain.append();
        }
    }

    /// Answers when events are durable.
    pub(super) fn answer_at(&mut self, span: Span, answer: Answer) {
        self.answers.push_back((span, answer));
        self.flush();
        self.answer();
    }

    /// Answers whoever waited for what is durable now.
    pub(super) fn answer(&mut self) {
        let durable = self.gate.durable();
        while let Some((span, answer)) = self.answers.pop_front_if(|(span, _)| span.last <= durable) {
            // Whoever asked may have gone: then nobody needs the answer.
            let _ = answer.send(Ok(span.first));
        }
    }

    /// Answers everybody that the session failed.
    pub(super) fn fail(&mut self, kind: SessionErrorKind) {
        for (_, answer) in self.answers.drain(..) {
            let _ = answer.send(Err(HandleError::Failed(kind)));
        }
        if let Some(chain) = &self.chain {
            let reason = match kind {
                SessionErrorKind::Refused(StopReason::Fenced) => FencedReason::Superseded,
                _ => FencedReason::Unspecified,
            };
            chain.appender.fence(reason);
        }
    }

    /// Why the session cannot go on, if it cannot.
    pub(super) const fn take_failure(&mut self) -> Option<SessionError> {
        self.failure.take()
    }

    /// What comes next. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Heard {
        if self.gate.is_short() && self.gate.is_behind() {
            let grace = self.grace;
            self.deadline.get_or_insert_with(|| Box::pin(tokio::time::sleep(grace)));
        } else {
            self.deadline = None;
        }
        tokio::select! {
            biased;
            outcome = next_outcome(self.chain.as_mut()) => Heard::Outcome(outcome),
            () = passed(self.deadline.as_mut()) => Heard::GraceOver,
        }
    }

    /// Takes in what was heard. Gives the effects that may start now.
    pub(super) fn hear(&mut self, heard: Heard, log: &Log) -> Result<Vec<Effect>, SessionError> {
        let outcome = match heard {
            Heard::Outcome(outcome) => outcome,
            Heard::GraceOver => return Err(SessionError::new(SessionErrorKind::JournalLost)),
        };
        match outcome {
            Outcome::Attached { client } => {
                self.gate.attached(&client);
                self.resumed(&client, log);
            }
            Outcome::Lost { client } => {
                self.gate.lost(&client);
                if self.gate.is_short() {
                    self.paused(client, PauseReason::JournalLost, log);
                } else {
                    self.resumed(&client, log);
                }
            }
            Outcome::Acked { client, seq } => {
                let position = Position { epoch: self.gate.epoch(), seq };
                // The hub has checked it; what is said of events that do not exist releases nothing.
                let released = self.gate.ack(&client, position).unwrap_or_default();
                log.release(self.gate.durable());
                self.resumed(&client, log);
                return Ok(released);
            }
            Outcome::Refused { client, refusal, detail } => {
                let verdict = self.gate.nack(&client, refusal).unwrap_or(Verdict::Stop(StopReason::Invalid));
                match verdict {
                    Verdict::Ignore => {}
                    Verdict::Stop(reason) => return Err(SessionError::refused(reason, client, detail)),
                    Verdict::Resend { after } => self.resend(&client, after, Duration::ZERO),
                    Verdict::Pause { after, reason } => {
                        let delay = self.paused(client.clone(), reason, log);
                        self.resend(&client, after, delay);
                    }
                }
            }
            Outcome::Superseded => {
                let detail = "it was taken up in this process".to_owned();
                return Err(SessionError::refused(StopReason::Fenced, String::new(), detail));
            }
        }
        Ok(Vec::new())
    }

    fn resend(&self, client: &str, after: Seq, delay: Duration) {
        if let Some(chain) = &self.chain {
            chain.appender.resend(client, after, delay);
        }
    }

    /// Says so when a journal begins to keep the session waiting. Gives how long to wait before it is tried again.
    fn paused(&mut self, client: String, reason: PauseReason, log: &Log) -> Duration {
        match self.pauses.get_mut(&client) {
            Some((known, delay)) if *known == reason => {
                *delay = (*delay * 2).min(SLOWEST_RETRY);
                *delay
            }
            _ => {
                self.pauses.insert(client, (reason, FIRST_RETRY));
                log.notice(Delta::Paused { reason });
                FIRST_RETRY
            }
        }
    }

    /// Says so when no journal keeps the session waiting any more. One that went away keeps nobody waiting where others
    /// are enough.
    fn resumed(&mut self, client: &str, log: &Log) {
        let (was_paused, is_short) = (!self.pauses.is_empty(), self.gate.is_short());
        self.pauses.retain(|known, (reason, _)| {
            known != client && (is_short || *reason != PauseReason::JournalLost)
        });
        if was_paused && self.pauses.is_empty() {
            log.notice(Delta::Resumed);
        }
    }
}

/// What the journals say. Gives them what was held back long enough meanwhile.
async fn next_outcome(chain: Option<&mut Chain>) -> Outcome {
    let Some(chain) = chain else { return pending().await };
    loop {
        tokio::select! {
            biased;
            outcome = chain.outcomes.recv() => match outcome {
                Some(outcome) => return outcome,
                None => return pending().await,
            },
            () = passed(chain.hold.as_mut()) => chain.append(),
        }
    }
}

async fn passed(deadline: Option<&mut Pin<Box<Sleep>>>) {
    match deadline {
        Some(deadline) => deadline.await,
        None => pending().await,
    }
}
