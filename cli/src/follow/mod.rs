//! Following a run to its end: it is shown, people answer for it, and interrupts are passed on.

mod ask;
mod person;

use std::io;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::ToolCallId;
use tau_core::event::{CancelScope, Event, EventBody, Seq};
use tau_runtime::kernel::gate::PauseReason;
use tau_runtime::{Delta, Handle, Subscription, Update};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::output::{Renderer, Started, Tally};
use ask::{Asks, Request, give, settled};
use person::Person;

/// Whether somebody is there to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// A person at a terminal.
    Person,
    /// Nobody.
    Nobody,
}

/// Follows a run to its end.
pub(crate) struct Follow {
    pub(crate) renderer: Box<dyn Renderer>,
    pub(crate) tally: Tally,
    /// Shown once the work is known to be kept, if it is to be.
    started: Option<Started>,
    handle: Handle,
    audience: Audience,
    asks: Asks,
    person: Person,
    subagents: Subagents,
}

/// The subagents of a session, and what they ask.
struct Subagents {
    watched: JoinSet<()>,
    sender: mpsc::Sender<Heard>,
    heard: mpsc::Receiver<Heard>,
}

/// What a subagent's events say to a person.
enum Heard {
    Asked(Request),
    Settled(ToolCallId),
}

impl Follow {
    pub(crate) fn new(
        renderer: Box<dyn Renderer>,
        handle: Handle,
        audience: Audience,
        started: Started,
    ) -> Self {
        let (sender, heard) = mpsc::channel(16);
        let subagents = Subagents { watched: JoinSet::new(), sender, heard };
        let asks = Asks::of(handle.clone());
        let (tally, person, started) = (Tally::new(), Person::default(), Some(started));
        Self { renderer, tally, started, handle, audience, asks, person, subagents }
    }

    /// Takes events in that were there before: they are not shown, but what they ask is asked.
    pub(crate) async fn catch_up(&mut self, events: &[Arc<Event>]) {
        let mut open: Vec<Request> = Vec::new();
        for event in events.iter().map(|event| &event.body) {
            self.tally.catch_up(event);
            open.extend(self.asks.next(event));
            if let Some(id) = settled(event) {
                open.retain(|request| request.call_id != *id);
            }
        }
        for request in open {
            self.ask(request).await;
        }
    }

    /// Shows what happens until the run is over, or the session ends.
    pub(crate) async fn run(
        &mut self,
        mut updates: Subscription,
        interrupts: &mut mpsc::Receiver<()>,
    ) -> io::Result<()> {
        loop {
            tokio::select! {
                biased;
                Some(()) = interrupts.recv() => {
                    self.renderer.note("cancelling; press Ctrl-C again to kill");
                    // A run that ended meanwhile needs no cancel.
                    let _ = self.handle.cancel(CancelScope::Run).await;
                }
                note = self.person.answered() => self.show(note),
                Some(heard) = self.subagents.heard.recv() => match heard {
                    Heard::Asked(request) => self.ask(request).await,
                    Heard::Settled(call_id) => self.person.forget(&call_id),
                },
                update = updates.next() => {
                    let Some(update) = update else { return Ok(()) };
                    if is_begin(&update) && let Some(started) = self.started.take() {
                        self.renderer.start(&started)?;
                    }
                    let is_over = self.tally.count(&update);
                    self.renderer.update(&update)?;
                    self.listen(&update).await;
                    if is_over {
                        return Ok(());
                    }
                }
            }
        }
    }

    async fn listen(&mut self, update: &Update) {
        let event = match update {
            Update::Event(event) => &event.body,
            Update::Delta(Delta::Paused { reason }) => {
                return self.renderer.note(&format!("waiting: {}; nothing is lost", why(*reason)));
            }
            Update::Delta(Delta::Resumed) => return self.renderer.note("going on"),
            _ => return,
        };
        if let EventBody::SubagentStarted { child, .. } = event
            && let Some(handle) = self.handle.subagent(*child).await
        {
            self.subagents.watched.spawn(watch(handle, self.subagents.sender.clone()));
        }
        if let Some(request) = self.asks.next(event) {
            self.ask(request).await;
        }
        if let Some(call_id) = settled(event) {
            self.person.forget(call_id);
        }
    }

    async fn ask(&mut self, request: Request) {
        match self.audience {
            Audience::Person => {
                let note = self.person.ask(request);
                self.show(note);
            }
            Audience::Nobody => {
                if request.handle.session_id() != self.handle.session_id() {
                    self.tally.deny(&request.tool);
                }
                give(&request.handle, request.call_id, request.what.nobody()).await;
            }
        }
    }

    fn show(&mut self, note: Option<String>) {
        if let Some(note) = note {
            self.renderer.note(&note);
        }
    }
}

/// Whether work is known to have begun: who hears of the session before could not go on with it.
fn is_begin(update: &Update) -> bool {
    let Update::Event(event) = update else { return false };
    matches!(event.body, EventBody::PromptSubmitted { .. } | EventBody::SessionResumed)
}

const fn why(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::StorageFull => "there is no room left where sessions are kept; make some",
        PauseReason::Unavailable => "the store of sessions cannot be written now",
        _ => "nobody keeps the session",
    }
}

/// Passes on what a subagent asks, and the subagents below it.
fn watch(handle: Handle, sender: mpsc::Sender<Heard>) -> BoxFuture<'static, ()> {
    async move {
        let mut below = JoinSet::new();
        let mut asks = Asks::of(handle.clone());
        let mut updates = handle.subscribe(Seq::default());
        while let Some(update) = updates.next().await {
            let Update::Event(event) = update else { continue };
            if let EventBody::SubagentStarted { child, .. } = &event.body
                && let Some(handle) = handle.subagent(*child).await
            {
                below.spawn(watch(handle, sender.clone()));
            }
            let asked = asks.next(&event.body).map(Heard::Asked);
            let settled = settled(&event.body).cloned().map(Heard::Settled);
            for heard in asked.into_iter().chain(settled) {
                // Whoever listened may have gone.
                let _ = sender.send(heard).await;
            }
        }
    }
    .boxed()
}
