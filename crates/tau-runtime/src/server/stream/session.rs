//! One session as a stream of what is told of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tau_core::SessionId;
use tau_core::event::{Event, EventBody, Seq};
use tau_proto::runtime::v1 as pb;

use super::recent::Recent;
use super::records::Records;
use super::shared::Shared;
use crate::driver::{Handle, SharedUpdate, Subscription};
use crate::server::wire;

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
) -> BoxStream<'static, Step> {
    let head = handle.overview().seq;
    let updates = handle.subscribe(after);
    let caught_up = (after >= head).then_some(Step::CaughtUp { session: handle.session_id(), seq: after });
    let records =
        wanted.records.then(|| Records::after(recent.hashes(), &handle.events(Seq::default()), after));
    let following = Following { handle, recent, records, updates: Some(updates), last: after, head, wanted };
    let steps = stream::unfold(following, |mut following| async move {
        let steps = following.next().await?;
        Some((stream::iter(steps), following))
    });
    stream::iter(caught_up).chain(steps.flatten()).boxed()
}

/// What a journal holds of a session that is not live.
pub(crate) fn replay(
    session: SessionId,
    events: Vec<Arc<Event>>,
    after: Seq,
    wanted: &Wanted,
) -> BoxStream<'static, Step> {
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
    stream::iter(told.into_iter().chain(end)).boxed()
}

struct Following {
    handle: Handle,
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
    /// The next that is to be told: mostly one thing.
    async fn next(&mut self) -> Option<Vec<Step>> {
        let session = self.handle.session_id();
        let updates = self.updates.as_mut()?;
        loop {
            let step = match updates.next_shared().await {
                None => {
                    self.updates = None;
                    return Some(vec![Step::Ended { session, seq: self.last, was_live: true }]);
                }
                Some(SharedUpdate::Event(event)) => {
                    self.last = event.header.seq;
                    let told = match &mut self.records {
                        Some(records) => {
                            Some(records.told(&event)).filter(|_| self.wanted.wants(&event.body))
                        }
                        None => self.wanted.wants(&event.body).then(|| self.recent.event(&event)),
                    };
                    let is_head = self.last == self.head;
                    let step = Step::Event { handle: Some(self.handle.clone()), event, told };
                    if is_head {
                        return Some(vec![step, Step::CaughtUp { session, seq: self.last }]);
                    }
                    step
                }
                Some(_) if !self.wanted.deltas => continue,
                Some(SharedUpdate::Delta(told)) => {
                    let shared =
                        told.cached(|| Shared::new(wire::delta(session, told.after(), told.delta())));
                    Step::Told(shared)
                }
                Some(SharedUpdate::Lagged(missed)) => {
                    let lagged = pb::Lagged { session_id: session.to_string(), missed, ..Default::default() };
                    Step::Told(Shared::new(lagged))
                }
            };
            return Some(vec![step]);
        }
    }
}
