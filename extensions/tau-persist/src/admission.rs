//! Whether an append continues a session: the rules that every store shares, as pure functions.

use tau_proto::runtime::v1::Event;

use crate::error::{Rule, StoreError, StoreErrorKind};
use crate::hash::{Sha256Hash, event_hash};
use crate::id::SessionId;
use crate::store::{Append, OutboxMessage, Position};

/// The largest number a database column of 64 bits with a sign holds.
const MAX_NUMBER: u64 = i64::MAX as u64;
const MAX_NAME: usize = 128;

/// An append that keeps the rules which can be judged without the store.
#[derive(Debug, Clone)]
pub(crate) struct CheckedAppend {
    pub(crate) session: SessionId,
    pub(crate) epoch: u64,
    /// At least one.
    pub(crate) events: Vec<Event>,
    /// Of each event.
    pub(crate) hashes: Vec<Sha256Hash>,
    pub(crate) messages: Vec<OutboxMessage>,
}

impl CheckedAppend {
    /// Checks an append. The hashes are made here, on the thread of the caller, and not where everybody waits.
    pub(crate) fn new(append: Append, max_event_bytes: usize) -> Result<Self, StoreError> {
        let Append { events, messages } = append;
        let Some(first) = events.first() else { return Err(StoreErrorKind::Invalid(Rule::Empty).into()) };
        let invalid = |rule| StoreError::from(StoreErrorKind::Invalid(rule)).at(first.seq);
        let session = SessionId::new(&first.session_id).map_err(|_| invalid(Rule::SessionId))?;
        let refuse = |kind, seq| Err(StoreError::new(kind).in_session(&session).at(seq));
        let epoch = first.epoch;
        let mut hashes: Vec<Sha256Hash> = Vec::with_capacity(events.len());
        for (index, event) in events.iter().enumerate() {
            if let Err(rule) = check_event(event, first, index) {
                return refuse(StoreErrorKind::Invalid(rule), first.seq);
            }
            if event.body.len() > max_event_bytes {
                let (bytes, limit) = (event.body.len() as u64, max_event_bytes as u64);
                return refuse(StoreErrorKind::TooLarge { bytes, limit }, first.seq);
            }
            let found = Sha256Hash::from_slice(&event.prev_hash).unwrap_or_default();
            if let Some(expected) = hashes.last().copied().filter(|expected| *expected != found) {
                return refuse(StoreErrorKind::HashMismatch { expected, found }, first.seq);
            }
            hashes.push(event_hash(event));
        }
        if !messages.iter().all(|message| is_name(&message.topic)) {
            return refuse(StoreErrorKind::Invalid(Rule::Name), first.seq);
        }
        Ok(Self { session, epoch, events, hashes, messages })
    }

    pub(crate) fn first_seq(&self) -> u64 {
        self.events.first().map_or(0, |event| event.seq)
    }

    /// The position after the append: of its last event, whatever follows it in the store.
    pub(crate) fn position(&self) -> Position {
        let seq = self.events.last().map_or(0, |event| event.seq);
        Position { seq, epoch: self.epoch, hash: self.hashes.last().copied().unwrap_or_default() }
    }

    /// Whether the append continues what is held; the answer is how many of its first events are held already.
    ///
    /// `hash_at` reads the hash of an event that is held.
    pub(crate) fn admit(
        &self,
        held: &Position,
        mut hash_at: impl FnMut(u64) -> Result<Sha256Hash, StoreError>,
    ) -> Result<usize, StoreError> {
        let first = self.first_seq();
        let refuse = |kind, seq| Err(StoreError::new(kind).in_session(&self.session).at(seq));
        // A repetition by an old epoch is refused too: its writer would take the answer for leave to go on.
        if self.epoch < held.epoch {
            return refuse(StoreErrorKind::Fenced { held: *held }, first);
        }
        if first > held.seq + 1 {
            return refuse(StoreErrorKind::Gap { held: *held }, first);
        }
        let overlap = usize::try_from(held.seq + 1 - first).unwrap_or(usize::MAX).min(self.events.len());
        // Each hash covers everything before it, so equal at the end of the overlap is equal throughout.
        if let Some(last) = overlap.checked_sub(1)
            && hash_at(self.seq(last))? != self.hash(last)
        {
            for index in 0..overlap {
                let found = hash_at(self.seq(index))?;
                if found != self.hash(index) {
                    let seq = self.seq(index);
                    let expected = Position { seq, epoch: self.epoch, hash: self.hash(index) };
                    let found = Position { seq, epoch: held.epoch, hash: found };
                    return refuse(StoreErrorKind::Conflict { expected, found }, seq);
                }
            }
        }
        let found = self.events.first().and_then(|event| Sha256Hash::from_slice(&event.prev_hash));
        let found = found.unwrap_or_default();
        if overlap == 0 && found != held.hash {
            return refuse(StoreErrorKind::HashMismatch { expected: held.hash, found }, first);
        }
        Ok(overlap)
    }

    fn seq(&self, index: usize) -> u64 {
        self.events.get(index).map_or(0, |event| event.seq)
    }

    fn hash(&self, index: usize) -> Sha256Hash {
        self.hashes.get(index).copied().unwrap_or_default()
    }
}

/// Checks one event against the rules of `Event` and against the first of its append.
fn check_event(event: &Event, first: &Event, index: usize) -> Result<(), Rule> {
    let seconds = event.time.as_option();
    let rules = [
        (event.session_id == first.session_id, Rule::OneSession),
        (event.epoch == first.epoch, Rule::OneEpoch),
        (event.seq >= 1 && event.seq <= MAX_NUMBER && event.epoch <= MAX_NUMBER, Rule::Range),
        (event.seq.checked_sub(first.seq) == u64::try_from(index).ok(), Rule::Contiguous),
        (is_name(&event.event_id), Rule::EventId),
        (is_name(&event.kind), Rule::Kind),
        (event.schema_version >= 1, Rule::SchemaVersion),
        (event.cause_event_id.as_deref().is_none_or(is_name), Rule::CauseEventId),
        (seconds.is_some_and(|time| (0..1_000_000_000).contains(&time.nanos)), Rule::Time),
        (event.prev_hash.len() == 32, Rule::PrevHash),
    ];
    rules.into_iter().find(|(kept, _)| !kept).map_or(Ok(()), |(_, rule)| Err(rule))
}

/// Whether a text can name an event, a kind, a topic or a snapshot.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=MAX_NAME).contains(&text.len())
}
