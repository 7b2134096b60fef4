//! The calls that this side knows: memory alone. It does no I/O and reads no clock.
//!
//! A call is known by its id until the server has settled it, over as many connections as that takes. One that comes again
//! is not run again: what was not taken of its progress is told again, and its result if it has ended.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tau_proto::runtime::v1::{
    Call, CallFailure, CallFailureKind, CallProgress, CallReceived, CallResult, Welcome,
    attach_request::Message, call_progress, call_result,
};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::call::PROGRESS_BUFFER;
use crate::time;

/// Bytes of progress under way of one call, where the server names none.
const WINDOW: usize = 1 << 20;
/// How long results are kept, where the server does not say.
const RETENTION: Duration = Duration::from_secs(600);

/// The calls that this side knows.
#[derive(Debug, Default)]
pub(super) struct Book {
    calls: BTreeMap<String, Known>,
    /// Calls that may have something to say, in turn.
    ready: VecDeque<String>,
    window: usize,
    retention: Duration,
}

#[derive(Debug)]
struct Known {
    session: String,
    epoch: u64,
    /// Whether the server asked for it over this connection: what it did not ask for it is not told.
    is_asked: bool,
    /// Whether its turn comes.
    is_ready: bool,
    /// What was not taken yet, by number.
    progress: VecDeque<(u64, String)>,
    last_number: u64,
    /// The last that was sent over this connection.
    sent: u64,
    in_flight: usize,
    room: Arc<Semaphore>,
    result: Option<(Instant, call_result::Result)>,
}

/// What a call that came is.
#[derive(Debug)]
pub(super) enum Arrival {
    /// New: it is to be run, and may have so much progress waiting.
    New(Arc<Semaphore>),
    /// Known, or refused; there is nothing to run.
    Known,
}

impl Book {
    /// Begins anew after a connection, and gives the calls that run here and that nobody waits for any more.
    pub(super) fn welcome(&mut self, welcome: &Welcome) -> Vec<String> {
        let window = usize::try_from(welcome.progress_window).unwrap_or_default();
        self.window = if window == 0 { WINDOW } else { window };
        let retention = welcome.result_retention.as_option().and_then(time::from_wire);
        self.retention = retention.unwrap_or(RETENTION);
        self.ready.clear();
        let mut unwanted = Vec::new();
        for (id, known) in &mut self.calls {
            (known.is_asked, known.is_ready) = (false, false);
            if known.result.is_none() && !welcome.open_call_ids.contains(id) {
                unwanted.push(id.clone());
            }
        }
        unwanted
    }

    /// Takes a call in.
    pub(super) fn call(&mut self, call: &Call, now: Instant) -> Arrival {
        let id = &call.call_id;
        if let Some(known) = self.calls.get_mut(id) {
            known.is_asked = true;
            known.epoch = known.epoch.max(call.epoch);
            known.in_flight = 0;
            known.sent = call.progress_received;
            self.received(&CallReceived {
                call_id: id.clone(),
                number: call.progress_received,
                ..Default::default()
            });
            return Arrival::Known;
        }
        let of_session = self.calls.values().filter(|known| known.session == call.session_id);
        let is_fenced = of_session.map(|known| known.epoch).max().is_some_and(|newest| newest > call.epoch);
        let room = Arc::new(Semaphore::new(PROGRESS_BUFFER));
        let known = Known {
            session: call.session_id.clone(),
            epoch: call.epoch,
            is_asked: true,
            is_ready: false,
            progress: VecDeque::new(),
            last_number: 0,
            sent: 0,
            in_flight: 0,
            room: Arc::clone(&room),
            result: None,
        };
        self.calls.insert(id.clone(), known);
        let refusal = if is_fenced {
            Some((CallFailureKind::Fenced, "a newer writer has the session"))
        } else if call.only_if_held {
            Some((CallFailureKind::NotHeld, "the call is not known here"))
        } else {
            None
        };
        match refusal {
            Some((kind, message)) => {
                self.ended(id, failure(kind, message), now);
                Arrival::Known
            }
            None => Arrival::New(room),
        }
    }

    /// A call has something to tell.
    pub(super) fn progress(&mut self, id: &str, text: String) {
        let Some(known) = self.calls.get_mut(id) else { return };
        known.last_number += 1;
        known.progress.push_back((known.last_number, text));
        self.make_ready(id);
    }

    /// A call ended.
    pub(super) fn ended(&mut self, id: &str, result: call_result::Result, now: Instant) {
        if let Some(known) = self.calls.get_mut(id) {
            known.result.get_or_insert((now, result));
            self.make_ready(id);
        }
    }

    /// The server took progress.
    pub(super) fn received(&mut self, received: &CallReceived) {
        let Some(known) = self.calls.get_mut(&received.call_id) else { return };
        while let Some((_, text)) = known.progress.pop_front_if(|(number, _)| *number <= received.number) {
            known.in_flight = known.in_flight.saturating_sub(text.len());
            known.room.add_permits(text.len());
        }
        self.make_ready(&received.call_id);
    }

    /// Lets a call speak when its turn comes.
    fn make_ready(&mut self, id: &str) {
        if let Some(known) = self.calls.get_mut(id).filter(|known| !known.is_ready) {
            known.is_ready = true;
            self.ready.push_back(id.to_owned());
        }
    }

    /// The server took results for good.
    pub(super) fn settled(&mut self, ids: &[String]) {
        for id in ids {
            self.calls.remove(id);
        }
    }

    /// Forgets results that nobody settled for too long.
    pub(super) fn expire(&mut self, now: Instant) {
        let retention = self.retention;
        self.calls.retain(|_, known| {
            known.result.as_ref().is_none_or(|(ended, _)| now.duration_since(*ended) < retention)
        });
    }

    /// The calls that are known, by id.
    #[cfg(test)]
    pub(super) fn known(&self) -> Vec<String> {
        self.calls.keys().cloned().collect()
    }

    /// The next that is to be said, if there is anything that may be said now.
    pub(super) fn next(&mut self) -> Option<Message> {
        while let Some(id) = self.ready.pop_front() {
            let Some(known) = self.calls.get_mut(&id) else { continue };
            known.is_ready = false;
            let said = known.next(&id, self.window);
            if said.is_some() {
                self.make_ready(&id);
                return said;
            }
        }
        None
    }
}

impl Known {
    fn next(&mut self, id: &str, window: usize) -> Option<Message> {
        if !self.is_asked {
            return None;
        }
        // Numbers are contiguous.
        let first = self.progress.front().map_or(0, |(number, _)| *number);
        let unsent = usize::try_from((self.sent + 1).saturating_sub(first)).ok();
        if let Some((number, text)) = unsent.and_then(|index| self.progress.get(index)) {
            if self.in_flight > 0 && self.in_flight + text.len() > window {
                return None;
            }
            self.sent = *number;
            self.in_flight += text.len();
            let progress = CallProgress {
                call_id: id.to_owned(),
                number: *number,
                progress: Some(call_progress::Progress::Text(text.clone())),
                ..Default::default()
            };
            return Some(progress.into());
        }
        let (_, result) = self.result.as_ref()?;
        // Said once over each connection.
        self.is_asked = false;
        let result =
            CallResult { call_id: id.to_owned(), result: Some(result.clone()), ..Default::default() };
        Some(result.into())
    }
}

/// The result of a call that was not carried out, or not to its end.
pub(super) fn failure(kind: CallFailureKind, message: &str) -> call_result::Result {
    CallFailure { kind: kind.into(), message: message.to_owned(), ..Default::default() }.into()
}

#[cfg(test)]
mod tests;
