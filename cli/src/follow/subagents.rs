//! What the subagents of a session ask and wait for, as the subscription of their session tells it.

use std::collections::BTreeMap;

use tau_core::ToolCallId;
use tau_core::event::EventBody;
use tau_runtime::kernel::gate::PauseReason;

use super::ask::{Asks, Request, settled};
use super::peer::Peer;

/// The subagents of a session, by id, and what each asks.
#[derive(Debug, Default)]
pub(super) struct Subagents(BTreeMap<String, Overheard>);

/// A subagent.
#[derive(Debug)]
struct Overheard {
    asks: Asks,
    /// What its past leaves open, while that is told.
    open: Option<Vec<Request>>,
}

/// What a subagent's events say to a person.
#[derive(Debug)]
pub(super) enum Heard {
    Asked(Request),
    /// A call of a session needs no answer any more.
    Settled(String, ToolCallId),
    /// Nothing of a session can be kept now, or, where nothing is the reason, it can again.
    Paused(String, Option<PauseReason>),
}

impl Subagents {
    /// What an event of a subagent says.
    pub(super) fn overhear(&mut self, peer: Peer, event: &EventBody) -> Vec<Heard> {
        let session = peer.session_id().to_owned();
        let Overheard { asks, open } = self.of(peer);
        match open {
            Some(open) => {
                asks.take(event, open);
                Vec::new()
            }
            None => heard(&session, asks, event).collect(),
        }
    }

    /// What the past of a subagent leaves open, once it is told. One that is new has none.
    pub(super) fn caught_up(&mut self, peer: Peer) -> Vec<Heard> {
        let open = self.of(peer).open.take().unwrap_or_default();
        open.into_iter().map(Heard::Asked).collect()
    }

    fn of(&mut self, peer: Peer) -> &mut Overheard {
        let session = peer.session_id().to_owned();
        self.0.entry(session).or_insert_with(|| Overheard { asks: Asks::of(peer), open: Some(Vec::new()) })
    }
}

/// What an event says to a person.
fn heard(session: &str, asks: &mut Asks, event: &EventBody) -> impl Iterator<Item = Heard> {
    let asked = asks.next(event).map(Heard::Asked);
    let settled = settled(event).map(|call_id| Heard::Settled(session.to_owned(), call_id.clone()));
    // One that has ended waits for nothing.
    let ended = match event {
        EventBody::SubagentFinished { child, .. } => Some(Heard::Paused(child.to_string(), None)),
        _ => None,
    };
    asked.into_iter().chain(settled).chain(ended)
}
