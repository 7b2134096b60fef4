//! The book as attachments see it: what extensions say, and what is said to them.

use tau_proto::runtime::v1::{
    CallProgress, CallReceived, CallResult, CallsSettled, Credit, Detach, attach_response::Message,
};
use tokio::time::Instant;

use super::book::{Book, Step};
use super::client::{Client, Live, Parting};
use super::open::Place;
use crate::attach::error::Violation;
use crate::attach::offer::Offer;

/// Bytes of progress of one call that may be under way.
pub(in crate::attach) const PROGRESS_WINDOW: usize = 1 << 20;

impl Book {
    fn live(&mut self, id: &str, attachment: u64) -> Option<&mut Live> {
        let live = self.clients.get_mut(id)?.live.as_mut();
        live.filter(|live| live.attachment == attachment)
    }

    /// What an attachment is to do next.
    pub(in crate::attach) fn next(&mut self, id: &str, attachment: u64) -> Step {
        let Some(live) = self.live(id, attachment) else { return Step::Replaced };
        let said = live.next_said().or_else(|| self.next_input(id)).or_else(|| self.next_call(id));
        if let Some(message) = said {
            return Step::Say(Box::new(message));
        }
        let Some(client) = self.clients.get_mut(id) else { return Step::Replaced };
        if !client.begun.is_empty() {
            return Step::Busy;
        }
        let asked = client.live.as_mut().filter(|live| live.parting == Parting::Asked);
        let Some(live) = asked else { return Step::Idle };
        live.parting = Parting::Told;
        Step::Say(Box::new(Detach::default().into()))
    }

    /// A call that is sent again, or begins, as far as there is credit.
    fn next_call(&mut self, id: &str) -> Option<Message> {
        let client = self.clients.get_mut(id)?;
        let live = client.live.as_mut().filter(|live| (live.running.len() as u64) < live.credit)?;
        while let Some(key) = live.again.pop_front() {
            if let Some(open) = self.open.get(&key).filter(|open| open.is_unanswered()) {
                live.running.insert(key);
                live.inputs.extend(open.input.is_some().then_some(key));
                return Some(open.message().into());
            }
        }
        let key = client.next_waiting().filter(|_| !self.is_closed)?;
        let open = self.open.get_mut(&key)?;
        open.place = Place::Begun(id.to_owned());
        client.begin(open.request.target.lane(), key);
        if let Some(live) = client.live.as_mut().filter(|_| open.input.is_some()) {
            live.inputs.insert(key);
        }
        Some(open.message().into())
    }

    /// A call ended. What nobody waits for is settled at once.
    pub(in crate::attach) fn result(
        &mut self,
        id: &str,
        attachment: u64,
        result: CallResult,
    ) -> Result<(), Violation> {
        let answer = result.result.ok_or(Violation::Result)?;
        let Some(client) = self.clients.get_mut(id).filter(|client| client.is_at(attachment)) else {
            return Ok(());
        };
        let key = self.keys.get(&result.call_id).copied();
        let begun = key.and_then(|key| Some((key, self.open.get_mut(&key)?)));
        let begun = begun.filter(|(_, open)| matches!(&open.place, Place::Begun(client) if client == id));
        let Some((key, open)) = begun else {
            client.settle_unknown(result.call_id);
            return Ok(());
        };
        // It is settled when its time comes.
        if open.answer.is_some() {
            return Ok(());
        }
        if !open.is_answered_by(&answer) {
            return Err(Violation::Result);
        }
        open.answer = Some(answer);
        open.input = None;
        open.wake.notify_one();
        let is_abandoned = open.is_abandoned;
        client.end(open.request.target.lane(), key);
        client.forget_cancel(&result.call_id);
        if is_abandoned {
            self.remove(key);
        }
        Ok(())
    }

    /// A call tells something. What came before, or what nobody listens to, is taken at once.
    pub(in crate::attach) fn progress(
        &mut self,
        id: &str,
        attachment: u64,
        piece: CallProgress,
    ) -> Result<(), Violation> {
        let progress = piece.progress.filter(|_| piece.number > 0).ok_or(Violation::Progress)?;
        if !self.is_current(id, attachment) {
            return Ok(());
        }
        let open = self.keys.get(&piece.call_id).and_then(|key| self.open.get_mut(key));
        let Some(open) = open.filter(|open| matches!(&open.place, Place::Begun(client) if client == id))
        else {
            return Ok(());
        };
        if piece.number > open.received + 1 && !open.may_skip {
            return Err(Violation::Progress);
        }
        open.may_skip = false;
        if piece.number > open.received {
            open.received = piece.number;
            if open.is_unanswered() {
                let fits = open.listen(progress) <= PROGRESS_WINDOW;
                return if fits { Ok(()) } else { Err(Violation::ProgressWindow) };
            }
            open.taken = open.received;
        }
        let taken = open.taken;
        if let Some(client) = self.clients.get_mut(id).filter(|_| piece.number <= taken) {
            client.receive(&piece.call_id, taken);
        }
        Ok(())
    }

    /// A client takes more calls.
    pub(in crate::attach) fn credit(
        &mut self,
        id: &str,
        attachment: u64,
        credit: &Credit,
    ) -> Result<(), Violation> {
        if !(1..=1_000_000).contains(&credit.calls) {
            return Err(Violation::Credit);
        }
        if let Some(live) = self.live(id, attachment) {
            live.credit = live.credit.saturating_add(credit.calls.into());
            live.wake.notify_one();
        }
        Ok(())
    }

    /// A client offers other tools. Calls that wait for one that is withdrawn are for others.
    pub(in crate::attach) fn change_tools(
        &mut self,
        id: &str,
        attachment: u64,
        (offered, withdrawn): (Vec<Offer>, &[String]),
        now: Instant,
    ) -> Result<(), Violation> {
        if !self.is_current(id, attachment) {
            return Ok(());
        }
        let Some(client) = self.clients.get_mut(id) else { return Ok(()) };
        client.roles.tools.as_mut().ok_or(Violation::OtherRole)?.change(offered, withdrawn);
        client.take_waiting().into_iter().for_each(|key| self.park(key, now));
        self.route();
        Ok(())
    }

    /// A client wants to leave: it gets no new calls.
    pub(in crate::attach) fn part(&mut self, id: &str, attachment: u64, now: Instant) {
        let Some(live) = self.live(id, attachment) else { return };
        if live.parting == Parting::No {
            live.parting = Parting::Asked;
            live.wake.notify_one();
            self.unwait(id, now);
        }
    }

    /// Asks every client to leave, and lets nobody in.
    pub(in crate::attach) fn drain(&mut self, told: &Detach, now: Instant) {
        self.draining = true;
        let clients: Vec<String> = self.clients.keys().cloned().collect();
        for id in clients {
            let live = self.clients.get_mut(&id).and_then(|client| client.live.as_mut());
            if let Some(live) = live.filter(|live| live.parting != Parting::Told) {
                live.parting = Parting::Telling(Box::new(told.clone()));
                live.wake.notify_one();
            }
            self.unwait(&id, now);
        }
    }

    /// No call begins any more.
    pub(in crate::attach) fn close(&mut self, now: Instant) {
        self.is_closed = true;
        let clients: Vec<String> = self.clients.keys().cloned().collect();
        for id in clients {
            self.unwait(&id, now);
            if let Some(live) = self.clients.get(&id).and_then(|client| client.live.as_ref()) {
                live.wake.notify_one();
            }
        }
    }

    pub(in crate::attach) const fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// What waits for a client is for anybody.
    fn unwait(&mut self, id: &str, now: Instant) {
        let waiting = self.clients.get_mut(id).map(Client::take_waiting).unwrap_or_default();
        waiting.into_iter().for_each(|key| self.park(key, now));
        self.route();
    }
}

impl Live {
    /// What is to be said of calls that were begun, and of leaving.
    fn next_said(&mut self) -> Option<Message> {
        if let Some(cancel) = self.cancels.pop_front() {
            return Some(cancel.into());
        }
        if let Some((call_id, number)) = self.received.pop_first() {
            return Some(CallReceived { call_id, number, ..Default::default() }.into());
        }
        if !self.settled.is_empty() {
            let call_ids = std::mem::take(&mut self.settled).into_iter().collect();
            return Some(CallsSettled { call_ids, ..Default::default() }.into());
        }
        let Parting::Telling(told) = &self.parting else { return None };
        let told = (**told).clone();
        self.parting = Parting::Told;
        Some(told.into())
    }
}
