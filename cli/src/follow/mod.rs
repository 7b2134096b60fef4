//! Following a run to its end: it is shown, people answer for it, and interrupts are passed on.

mod ask;
mod flow;
mod pauses;
mod peer;
mod person;
mod subagents;
mod updates;

use std::future::pending;
use std::io;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tau_client::Session;
use tau_core::event::{Event, EventBody, Seq};
use tau_core::{Prices, ToolCallId};
use tau_proto::runtime::v1 as pb;
use tau_runtime::Update;
use tau_runtime::kernel::gate::PauseReason;
use tokio::sync::mpsc;

use crate::output::{Renderer, Started, Tally};
use ask::{Answer, Asks, Request, settled};
use flow::Awaited;
use pauses::Pauses;
use peer::Peer;
use person::{Person, Said};
use subagents::{Heard, Subagents};
use updates::{Told, paused};

pub(crate) use flow::{Audience, Flow, Next, Step, Stopped};
pub(crate) use person::Lines;
pub(crate) use updates::Updates;

/// How long a cancel is waited for: what it stops is stopped at once, but that is only kept when there is room.
const CANCEL: Duration = Duration::from_secs(1);

/// Follows a run to its end.
// tidy: struct-fields: what following one run takes, each part in a type of its own.
pub(crate) struct Follow {
    pub(crate) renderer: Box<dyn Renderer>,
    pub(crate) tally: Tally,
    /// Of the session's model, once they are known.
    pub(crate) prices: Option<Prices>,
    /// What is told of the session before it is known to be live.
    early: Option<Vec<Update>>,
    /// What the session asked up to here was asked when it was known to be live.
    head: Seq,
    /// Shown once the work is known to be kept, if it is to be.
    started: Option<Started>,
    awaited: Awaited,
    peer: Peer,
    audience: Audience,
    asks: Asks,
    person: Person,
    subagents: Subagents,
    pauses: Pauses,
}

impl Follow {
    pub(crate) fn new(renderer: Box<dyn Renderer>, session: Session, audience: Audience) -> Self {
        let peer = Peer::new(session);
        Self {
            renderer,
            tally: Tally::new(),
            prices: None,
            early: Some(Vec::new()),
            head: Seq::default(),
            started: None,
            awaited: Awaited::Any,
            asks: Asks::of(peer.clone()),
            peer,
            audience,
            person: Person::default(),
            subagents: Subagents::default(),
            pauses: Pauses::default(),
        }
    }

    /// Takes what the person says from whoever reads standard input.
    pub(crate) fn listen_to(&mut self, lines: Lines) {
        self.person = Person::of(lines);
    }

    /// Goes on until the run has ended that a prompt starts, whatever else ends before.
    pub(crate) fn await_prompt(&mut self) {
        self.awaited = Awaited::Prompt(Vec::new());
    }

    /// Whether a question to the person stands on the screen.
    pub(crate) const fn is_asking(&self) -> bool {
        self.person.is_asked()
    }

    /// The session is live: what it waits for is asked, and what it told meanwhile is shown.
    pub(crate) async fn begun(&mut self, session: &pb::Session) -> io::Result<Flow> {
        self.head = Seq(session.head.seq);
        let started = Started::of(session);
        self.prices.clone_from(&started.prices);
        self.started = Some(started);
        for pending in &session.pending {
            self.tally.learn(pending.call.call_id.as_str(), &pending.call.name);
            if let Some(request) = self.asks.pending(pending) {
                self.ask(request).await;
            }
        }
        for update in self.early.take().unwrap_or_default() {
            if self.shown(&update).await? == Flow::Over {
                return Ok(Flow::Over);
            }
        }
        Ok(Flow::On)
    }

    /// Whether anything was shown of the work.
    pub(crate) const fn has_begun(&self) -> bool {
        self.early.is_none() && self.started.is_none()
    }

    /// Takes the steps and shows what happens until the run is over, or the session ends. One that cannot be kept does not
    /// hold the end up: it goes on when it is resumed.
    pub(crate) async fn run(
        &mut self,
        updates: &mut Updates,
        interrupts: &mut mpsc::Receiver<()>,
        mut steps: BoxStream<'static, Result<Step, tau_client::Error>>,
    ) -> Result<(), Stopped> {
        let mut is_interrupted = false;
        loop {
            let given_up = self.given_up();
            let flow = tokio::select! {
                biased;
                Some(step) = steps.next() => {
                    let flow = self.stepped(step.map_err(Stopped::Refused)?).await?;
                    if is_interrupted {
                        self.cancel().await;
                    }
                    flow
                }
                next = self.wait(updates, interrupts) => {
                    is_interrupted |= next.is_interrupt();
                    self.take(next).await?
                }
                why = given_up => {
                    self.tally.fail(why);
                    return Ok(());
                }
            };
            if flow != Flow::On || (is_interrupted && !self.pauses.is_empty()) {
                return Ok(());
            }
        }
    }

    async fn stepped(&mut self, step: Step) -> io::Result<Flow> {
        match step {
            Step::Live(session) => self.begun(&session).await,
            Step::Asked(run) if self.awaited.know(run) => Ok(Flow::Over),
            Step::Asked(_) => Ok(Flow::On),
        }
    }

    /// Cancels the run that is on. It stays given where nothing says so in time.
    fn cancel(&self) -> impl Future<Output = ()> + use<> {
        let peer = self.peer.clone();
        async move {
            let _ = tokio::time::timeout(CANCEL, peer.cancel()).await;
        }
    }

    /// Ready with why, when a run could not be kept for too long and nobody is there to help.
    fn given_up(&self) -> impl Future<Output = String> + use<> {
        let too_long = self.pauses.too_long();
        let is_alone = self.audience == Audience::Nobody;
        async move { if is_alone { too_long.await } else { pending().await } }
    }

    /// What happens next. Dropping it loses nothing.
    pub(crate) async fn wait(&mut self, updates: &mut Updates, interrupts: &mut mpsc::Receiver<()>) -> Next {
        tokio::select! {
            biased;
            Some(()) = interrupts.recv() => Next::Interrupt,
            said = self.person.answered() => Next::Answered(said),
            told = updates.next() => Next::Told(told),
        }
    }

    /// Takes in what happened.
    pub(crate) async fn take(&mut self, next: Next) -> io::Result<Flow> {
        match next {
            Next::Interrupt => {
                self.renderer.note("cancelling; press Ctrl-C again to kill");
                self.awaited = Awaited::Any;
                self.cancel().await;
            }
            Next::Answered(said) => {
                if let Some(Said { peer, call_id, answer }) = said {
                    give(peer, call_id, answer);
                }
                let note = self.person.next();
                self.show(note);
            }
            Next::Told(None) => return Ok(Flow::Ended),
            Next::Told(Some(Told::Note(note))) => self.renderer.note(note),
            Next::Told(Some(Told::Subagent(session, event))) => {
                for heard in self.subagents.overhear(self.peer.beside(&session), &event.body) {
                    self.hear(heard).await;
                }
            }
            Next::Told(Some(Told::CaughtUp(session))) => {
                for heard in self.subagents.caught_up(self.peer.beside(&session)) {
                    self.hear(heard).await;
                }
            }
            Next::Told(Some(Told::SubagentPaused(session, reason))) => self.pause(session, reason),
            Next::Told(Some(Told::Own(update))) => match (paused(&update), &mut self.early) {
                (Some(reason), _) => self.pause(self.peer.session_id().to_owned(), reason),
                (None, Some(early)) => early.push(update),
                (None, None) => return self.shown(&update).await,
            },
        }
        Ok(Flow::On)
    }

    /// Shows what the session itself tells.
    async fn shown(&mut self, update: &Update) -> io::Result<Flow> {
        if is_begin(update)
            && let Some(started) = self.started.take()
        {
            self.renderer.start(&started)?;
        }
        let ended = self.tally.count(update);
        self.renderer.update(update)?;
        if let Update::Event(event) = update {
            self.listen(event).await;
        }
        let is_over = ended.is_some_and(|run| self.awaited.ends_with(run));
        Ok(if is_over { Flow::Over } else { Flow::On })
    }

    async fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Asked(request) => self.ask(request).await,
            Heard::Settled(session, call_id) => self.person.forget(&session, &call_id),
            Heard::Paused(session, reason) => self.pause(session, reason),
        }
    }

    async fn listen(&mut self, event: &Event) {
        let body = &event.body;
        if let EventBody::SubagentFinished { child, .. } = body {
            self.pause(child.to_string(), None);
        }
        if self.asks.lacks(body) {
            for call in self.peer.waiting().await {
                self.tally.learn(call.id.as_str(), &call.name);
                self.asks.learn(call);
            }
        }
        if let Some(request) = self.asks.next(body).filter(|_| event.header.seq > self.head) {
            self.ask(request).await;
        }
        if let Some(call_id) = settled(body) {
            self.person.forget(self.peer.session_id(), call_id);
        }
    }

    /// Says so when the work begins to wait until it can be kept, and when it goes on.
    fn pause(&mut self, session: String, reason: Option<PauseReason>) {
        let note = self.pauses.note(session, reason);
        self.show(note);
    }

    async fn ask(&mut self, request: Request) {
        match self.audience {
            Audience::Person => {
                let note = self.person.ask(request);
                self.show(note);
            }
            Audience::Others => {}
            Audience::Nobody => {
                if request.peer.session_id() != self.peer.session_id() {
                    self.tally.deny(&request.tool);
                }
                give(request.peer, request.call_id, request.what.nobody());
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

/// Gives an answer, and waits for nothing: it is taken when it can be kept, which may be never.
fn give(peer: Peer, call_id: ToolCallId, answer: Answer) {
    tokio::spawn(async move { peer.give(call_id, answer).await });
}
