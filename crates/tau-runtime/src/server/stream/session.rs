//! One session as a stream of what is told of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use tau_core::SessionId;
use tau_core::event::{Event, EventBody, Seq};
use tau_proto::runtime::v1 as pb;

use super::recent::Recent;
use super::records::Records;
use super::shared::Shared;
use crate::driver::{Handle, SharedUpdate, Subscription};
use crate::server::wire;

/// Steps that are taken together, at most.
const AT_ONCE: usize = 128;

/// What of a session a caller wants to be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Kinds of events; all where there are none.
    pub(crate) kinds: BTreeSet<String>,
    pub(crate) deltas: bool,
    pub(crate) subagents: bool,
    /// Whether events carry their records.
    pub(crate) records: bool,
}

impl Wanted {
    pub(crate) fn wants(&self, event: &EventBody) -> bool {
        self.kinds.is_empty() || self.kinds.contains(event.kind())
    }
}

/// A step of a session, as far as streams go.
#[derive(Debug)]
pub(crate) enum Step {
    /// Something happened. `told` is missing where it was not wanted.
    Event { handle: Option<Handle>, event: Arc<Event>, told: Option<Shared> },
    /// Something else is to be told.
    Told(Shared),
    /// Everything that had happened when it was asked for was told.
    CaughtUp { session: SessionId, seq: Seq },
    /// The session is not live any more, or never was, and everything was told.
    Ended { session: SessionId, seq: Seq, was_live: bool },
}

/// What happens in a session after a place.
pub(crate) fn follow(
    handle: Handle,
    recent: Arc<Recent>,
    after: Seq,
    wanted: Arc<Wanted>,
) -> BoxStream<'static, Vec<Step>> {
    let head = handle.overview().seq;
    let updates = handle.subscribe(after);
    let caught_up = (after >= head).then_some(Step::CaughtUp { session: handle.session_id(), seq: after });
    let records =
        wanted.records.then(|| Records::after(recent.hashes(), &handle.events(Seq::default()), after));
    let session = handle.session_id().to_string();
    let following =
        Following { handle, session, recent, records, updates: Some(updates), last: after, head, wanted };
    let steps = stream::unfold(following, |mut following| async move {
        let steps = following.next().await?;
        Some((steps, following))
    });
    stream::iter(caught_up.map(|step| vec![step])).chain(steps).boxed()
}

/// What a journal holds of a session that is not live.
pub(crate) fn replay(
    session: SessionId,
    events: Vec<Arc<Event>>,
    after: Seq,
    wanted: &Wanted,
) -> BoxStream<'static, Vec<Step>> {
    let seq = Seq(events.len() as u64);
    let mut records = wanted.records.then(|| Records::after(Arc::default(), &events, after));
    let later = events.into_iter().filter(|event| event.header.seq > after);
    let told: Vec<Step> = later
        .map(|event| {
            let told = match &mut records {
                // Also of what is not wanted, or the chain would break.
                Some(records) => Some(records.told(&event)).filter(|_| wanted.wants(&event.body)),
                None => wanted.wants(&event.body).then(|| Shared::new(wire::event(&event))),
            };
            Step::Event { handle: None, event, told }
        })
        .collect();
    let end = [Step::CaughtUp { session, seq }, Step::Ended { session, seq, was_live: false }];
    stream::iter(told.into_iter().chain(end)).chunks(AT_ONCE).boxed()
}

struct Following {
    handle: Handle,
    /// Its id as it is told.
    session: String,
    recent: Arc<Recent>,
    /// Only where records are wanted.
    records: Option<Records>,
    /// Gone when the session has ended.
    updates: Option<Subscription>,
    last: Seq,
    /// Its newest event when it was asked for.
    head: Seq,
    wanted: Arc<Wanted>,
}

impl Following {
    /// What is to be told next: all that is there, so that what it takes to tell anything is done once for all of it.
    async fn next(&mut self) -> Option<Vec<Step>> {
        let mut steps = Vec::new();
        loop {
            let next = self.updates.as_mut()?.next_shared();
            let update = if steps.is_empty() {
                next.await
            } else {
                match next.now_or_never() {
                    Some(update) => update,
                    None => return Some(steps),
                }
            };
            self.take(update, &mut steps);
            if steps.len() >= AT_ONCE || self.updates.is_none() {
                return Some(steps);
            }
        }
    }

    fn take(&mut self, update: Option<SharedUpdate>, steps: &mut Vec<Step>) {
        let session = self.handle.session_id();
        match update {
            None => {
                self.updates = None;
                steps.push(Step::Ended { session, seq: self.last, was_live: true });
            }
            Some(SharedUpdate::Event(event)) => {
                self.last = event.header.seq;
                let told = match &mut self.records {
                    Some(records) => Some(records.told(&event)).filter(|_| self.wanted.wants(&event.body)),
                    None => self.wanted.wants(&event.body).then(|| self.recent.event(&event)),
                };
                steps.push(Step::Event { handle: Some(self.handle.clone()), event, told });
                if self.last == self.head {
                    steps.push(Step::CaughtUp { session, seq: self.last });
                }
            }
            Some(_) if !self.wanted.deltas => {}
            Some(SharedUpdate::Delta(streamed)) => {
                steps.push(Step::Told(Shared::of_delta(&self.session, &streamed)));
            }
            Some(SharedUpdate::Lagged(missed)) => {
                let lagged = pb::Lagged { session_id: session.to_string(), missed, ..Default::default() };
                steps.push(Step::Told(Shared::new(lagged)));
            }
        }
    }
}
