//! What has been received and not stored, and what has been refused.

use std::collections::{BTreeMap, VecDeque};

use tau_proto::runtime::v1::{Ack, Event, Nack};

use super::answer::nack;
use crate::error::StoreError;
use crate::id::SessionId;
use crate::store::Position;

/// An append that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    /// At least one.
    pub(super) events: Vec<Event>,
    pub(super) ticket: Ticket,
}

/// What must be known of an append to answer it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) session: String,
    pub(super) epoch: u64,
    /// Of its first event.
    pub(super) seq: u64,
    pub(super) count: u64,
    bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct Refusal {
    epoch: u64,
    seq: u64,
}

/// Appends in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// The first event refused of each session. What follows it was sent before the runtime knew, and is passed over in
    /// silence: it would only be refused for the gap, and that answer would make the runtime send it all again at once.
    refused: BTreeMap<String, Refusal>,
}

/// The answers to a batch.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) ack: Option<Ack>,
    pub(super) nacks: Vec<Nack>,
    /// Events that the ack covers.
    pub(super) events: u64,
}

impl Queue {
    pub(super) fn push(&mut self, events: Vec<Event>) {
        let Some(first) = events.first() else { return };
        let ticket = Ticket {
            session: first.session_id.clone(),
            epoch: first.epoch,
            seq: first.seq,
            count: events.len() as u64,
            // The envelope counts too, so that empty bodies fill the queue as well.
            bytes: events.iter().map(|event| event.body.len() + 256).sum(),
        };
        self.bytes += ticket.bytes;
        self.waiting.push_back(Waiting { events, ticket });
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Everything that waits, but for what follows a refused event.
    pub(super) fn take(&mut self) -> Vec<Waiting> {
        self.bytes = 0;
        let refused = &mut self.refused;
        let mut batch = Vec::with_capacity(self.waiting.len());
        for waiting in self.waiting.drain(..) {
            let ticket = &waiting.ticket;
            match refused.get(&ticket.session) {
                Some(refusal) if refusal.epoch == ticket.epoch && ticket.seq > refusal.seq => {}
                // It is sent again, or somebody else sends.
                Some(_) => {
                    refused.remove(&ticket.session);
                    batch.push(waiting);
                }
                None => batch.push(waiting),
            }
        }
        batch
    }

    /// Forgets what waits of a session that ended, and that it was refused.
    pub(super) fn forget(&mut self, session: &str, epoch: u64) {
        let bytes = &mut self.bytes;
        self.waiting.retain(|Waiting { ticket, .. }| {
            let stays = ticket.session != session || ticket.epoch > epoch;
            *bytes -= if stays { 0 } else { ticket.bytes };
            stays
        });
        self.refused.remove(session);
    }

    /// Says what became of a batch: everything that is durable in one message, and a refusal for the first event of a
    /// session that is not.
    pub(super) fn answer(&mut self, results: Vec<(Ticket, Result<Position, StoreError>)>) -> Answers {
        let mut answers = Answers::default();
        let mut durable: BTreeMap<SessionId, Position> = BTreeMap::new();
        for (ticket, result) in results {
            match result {
                Ok(position) => {
                    answers.events += ticket.count;
                    self.refused.remove(&ticket.session);
                    if let Ok(session) = SessionId::new(ticket.session) {
                        let last = durable.entry(session).or_default();
                        // A repetition may end before what was stored with it.
                        if (position.epoch, position.seq) > (last.epoch, last.seq) {
                            *last = position;
                        }
                    }
                }
                Err(error) => answers.nacks.extend(self.refuse(&ticket, &error)),
            }
        }
        let positions: Vec<_> = durable.iter().map(|(session, position)| position.to_wire(session)).collect();
        if !positions.is_empty() {
            answers.ack = Some(Ack { positions, ..Default::default() });
        }
        answers
    }

    fn refuse(&mut self, ticket: &Ticket, error: &StoreError) -> Option<Nack> {
        let nack = nack(&ticket.session, ticket.seq, ticket.epoch, error);
        let refusal = Refusal { epoch: ticket.epoch, seq: nack.seq };
        match self.refused.get(&ticket.session) {
            Some(known) if known.epoch == refusal.epoch && known.seq < refusal.seq => None,
            _ => {
                self.refused.insert(ticket.session.clone(), refusal);
                Some(nack)
            }
        }
    }
}
