//! What journals say: what they hold, and what they refuse.

use std::collections::BTreeSet;

use tau_core::event::Seq;
use tau_proto::runtime::v1::{Ack, FencedReason, Nack, SessionPosition};

use super::book::{Book, Live};
use super::entry::Flow;
use super::session::Outcome;
use super::wire;
use crate::attach::Violation;
use crate::kernel::gate::{Position, Refusal, RefusalReason, StopReason};

impl Book {
    /// Goes on where a journal says that it is, if it can be there.
    pub(super) fn continue_at(&mut self, client: &str, position: &SessionPosition, live: &mut Live) {
        let SessionPosition { session_id, seq, epoch, .. } = position;
        let known = wire::session(session_id).and_then(|session| self.sessions.get_mut(&session));
        let known = known.filter(|entry| entry.epoch == *epoch && entry.is_followed_by(client));
        let Some(entry) = known else {
            return live.fence(session_id.clone(), *epoch, FencedReason::NotRunning);
        };
        let seq = Seq(*seq);
        if seq > entry.last() || entry.contradicts(seq, wire::hash(&position.hash)) {
            if let Some(follower) = entry.followers.get_mut(client) {
                follower.flow = Flow::Excluded;
            }
            return live.fence(session_id.clone(), *epoch, FencedReason::Diverged);
        }
        entry.holds(client, seq);
        entry.tell(Outcome::Acked { client: client.to_owned(), seq });
    }

    pub(crate) fn ack(&mut self, client: &str, attachment: u64, ack: &Ack) -> Result<(), Violation> {
        if ack.positions.is_empty() {
            return Err(Violation::EmptyAck);
        }
        let sessions: BTreeSet<&str> = ack.positions.iter().map(|at| at.session_id.as_str()).collect();
        if sessions.len() < ack.positions.len() {
            return Err(Violation::RepeatedPosition);
        }
        if !self.is_current(client, attachment) {
            return Ok(());
        }
        for position in &ack.positions {
            self.ack_one(client, position)?;
        }
        Ok(())
    }

    fn ack_one(&mut self, client: &str, position: &SessionPosition) -> Result<(), Violation> {
        let Some(session) = wire::session(&position.session_id) else { return Ok(()) };
        let Some(entry) = self.sessions.get_mut(&session).filter(|one| one.epoch == position.epoch) else {
            return Ok(());
        };
        let Some(follower) = entry.followers.get(client).copied() else { return Ok(()) };
        let seq = Seq(position.seq);
        // One that attached again for other sessions does not speak for this one any more.
        if matches!(follower.flow, Flow::Away | Flow::Excluded) || seq <= follower.acked {
            return Ok(());
        }
        if seq > follower.ever_sent {
            return Err(Violation::AckBeyondSent);
        }
        let client = client.to_owned();
        if entry.contradicts(seq, wire::hash(&position.hash)) {
            let at = Position { epoch: position.epoch, seq };
            let refusal = Refusal { at, reason: RefusalReason::Final(StopReason::Conflict) };
            let detail = "what it acknowledged has another hash".to_owned();
            entry.tell(Outcome::Refused { client, refusal, detail });
            return Ok(());
        }
        entry.holds(&client, seq);
        entry.tell(Outcome::Acked { client, seq });
        self.settle(session);
        Ok(())
    }

    pub(crate) fn nack(&mut self, client: &str, attachment: u64, nack: Nack) -> Result<(), Violation> {
        if !self.is_current(client, attachment) {
            return Ok(());
        }
        let Some(session) = wire::session(&nack.session_id) else { return Ok(()) };
        let Some(entry) = self.sessions.get_mut(&session).filter(|one| one.epoch == nack.epoch) else {
            return Ok(());
        };
        let Some(follower) = entry.followers.get_mut(client) else { return Ok(()) };
        if Seq(nack.seq) > follower.ever_sent {
            return Err(Violation::NackBeyondSent);
        }
        // What was on its way when the first refusal came is refused for the same reason.
        if !follower.is_sent(Seq(nack.seq)) {
            return Ok(());
        }
        follower.flow = Flow::Refused;
        let refusal = wire::refusal(&nack, follower.acked);
        if entry.outcomes.is_none() {
            // The session has ended, so nobody is left to say what follows.
            follower.flow = Flow::Excluded;
            self.settle(session);
        } else {
            entry.tell(Outcome::Refused { client: client.to_owned(), refusal, detail: nack.detail });
        }
        Ok(())
    }
}
