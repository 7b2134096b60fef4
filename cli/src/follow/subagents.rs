//! What the subagents of a session ask and wait for: those in this process are followed beside it, those at a server are told of
//! by its subscription.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::event::{EventBody, Seq};
use tau_core::{SessionId, ToolCallId};
use tau_runtime::kernel::gate::PauseReason;
use tau_runtime::{Delta, Handle, Update};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::ask::{Asks, Request, settled};
use super::peer::Peer;

/// The subagents of a session, and what is heard of them.
pub(super) struct Subagents {
    watched: JoinSet<()>,
    /// In this process: those that are yet to be followed.
    unheard: Unheard,
    /// At a server: what each asks.
    overheard: BTreeMap<String, Overheard>,
    sender: mpsc::Sender<Heard>,
    heard: mpsc::Receiver<Heard>,
}

/// A subagent at a server.
struct Overheard {
    asks: Asks,
    /// What its past leaves open, while that is told.
    open: Option<Vec<Request>>,
}

/// What a subagent's events say to a person.
#[derive(Debug)]
pub(crate) enum Heard {
    Asked(Request),
    /// A call of a session needs no answer any more.
    Settled(String, ToolCallId),
    /// Nothing of a session can be kept now, or, where nothing is the reason, it can again.
    Paused(String, Option<PauseReason>),
}

impl Subagents {
    pub(super) fn new() -> Self {
        let (sender, heard) = mpsc::channel(16);
        let (unheard, overheard) = (Unheard::default(), BTreeMap::new());
        Self { watched: JoinSet::new(), unheard, overheard, sender, heard }
    }

    /// What one in this process says next; for ever nothing where there is none. Dropping it loses nothing.
    pub(super) async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// Takes in what happened in the session before.
    pub(super) fn catch_up(&mut self, event: &EventBody) {
        self.unheard.note(event);
    }

    /// Follows those in this process that an event of their session sets to work.
    pub(super) async fn follow(&mut self, session: &Handle, event: &EventBody) {
        for handle in self.unheard.begun(session, event).await {
            self.watched.spawn(watch(handle, self.sender.clone()));
        }
    }

    /// What an event of a subagent at a server says.
    pub(super) fn overhear(&mut self, peer: Peer, event: &EventBody) -> Vec<Heard> {
        let session = peer.session_id();
        let begin = || Overheard { asks: Asks::of(peer), open: Some(Vec::new()) };
        let Overheard { asks, open } = self.overheard.entry(session.clone()).or_insert_with(begin);
        match open {
            Some(open) => {
                asks.take(event, open);
                Vec::new()
            }
            None => heard(&session, asks, event).collect(),
        }
    }

    /// What the past of a subagent at a server leaves open, once it is told.
    pub(super) fn caught_up(&mut self, session: &str) -> Vec<Heard> {
        let overheard = self.overheard.get_mut(session);
        let open = overheard.and_then(|overheard| overheard.open.take()).unwrap_or_default();
        open.into_iter().map(Heard::Asked).collect()
    }
}

/// Subagents that were started, have not ended, and are not followed yet.
#[derive(Debug, Default)]
struct Unheard(BTreeSet<SessionId>);

impl Unheard {
    fn note(&mut self, event: &EventBody) {
        match event {
            EventBody::SubagentStarted { child, .. } => drop(self.0.insert(*child)),
            EventBody::SubagentFinished { child, .. } => drop(self.0.remove(child)),
            _ => {}
        }
    }

    /// Those that are at work from an event on. Those of the past go on when their session does.
    async fn begun(&mut self, session: &Handle, event: &EventBody) -> Vec<Handle> {
        self.note(event);
        let mut begun = Vec::new();
        if matches!(event, EventBody::SubagentStarted { .. } | EventBody::SessionResumed) {
            for child in self.0.clone() {
                begun.extend(session.subagent(child).await);
            }
        }
        self.0.retain(|child| begun.iter().all(|handle| handle.session_id() != *child));
        begun
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

/// Whether an update says that nothing can be kept now, and why, or that it can again.
pub(super) const fn paused(update: &Update) -> Option<Option<PauseReason>> {
    match update {
        Update::Delta(Delta::Paused { reason }) => Some(Some(*reason)),
        Update::Delta(Delta::Resumed) => Some(None),
        _ => None,
    }
}

/// Passes on what a subagent asks, and the subagents below it.
fn watch(handle: Handle, sender: mpsc::Sender<Heard>) -> BoxFuture<'static, ()> {
    async move {
        let session = handle.session_id().to_string();
        let (mut below, mut unheard) = (JoinSet::new(), Unheard::default());
        let (mut asks, mut open) = (Asks::of(Peer::Here(handle.clone())), Vec::new());
        let head = Seq(handle.events(Seq::default()).len() as u64);
        let mut updates = handle.subscribe(Seq::default());
        while let Some(update) = updates.next().await {
            let event = match update {
                Update::Event(event) => event,
                update => {
                    if let Some(reason) = paused(&update) {
                        let _ = sender.send(Heard::Paused(session.clone(), reason)).await;
                    }
                    continue;
                }
            };
            for handle in unheard.begun(&handle, &event.body).await {
                below.spawn(watch(handle, sender.clone()));
            }
            let said: Vec<Heard> = if event.header.seq > head {
                heard(&session, &mut asks, &event.body).collect()
            } else {
                asks.take(&event.body, &mut open);
                let is_past = event.header.seq < head;
                if is_past { Vec::new() } else { open.drain(..).map(Heard::Asked).collect() }
            };
            for heard in said {
                // Whoever listened may have gone.
                let _ = sender.send(heard).await;
            }
        }
    }
    .boxed()
}
