//! The driver: one task per session that does what the kernel decides.
//!
//! It is the only place of a session with I/O, a clock and tasks. Each input is decided, and its events are applied
//! and handed to the journals at once, so decisions need not wait for a disk. Whatever could be noticed outside does:
//! effects, events to subscribers and answers to commands wait until enough journals hold the events. Only calls that
//! change nothing, what stops something, and timers do not.

mod compaction;
mod durability;
mod effects;
mod end;
mod fork;
mod handle;
mod hooks;
mod log;
mod model;
mod observer;
mod open;
mod opener;
mod options;
mod past;
mod results;
mod subagents;
mod subscription;

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tau_core::event::{Event, EventBody, EventHeader, Seq, Timestamp};
use tau_core::{EventId, RunId, SessionId};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::kernel::{self, Effect, Input, Rejection, State};
use durability::{Durable, Span};
use effects::Tools;
use handle::Command;
use hooks::Asked;
use log::Log;
use model::{Client, ModelCall, next_of_model};
use subagents::Subagents;

pub use durability::Durability;
pub use end::{SessionEnd, SessionError, SessionErrorKind};
pub use fork::ForkError;
pub use handle::{Handle, HandleError, Head};
pub use observer::Observer;
pub use open::ResumeError;
pub use opener::{OpenError, OpenedSession, SessionOpener};
pub use options::SessionOptions;
pub use past::{Past, PastBuilder};
pub(crate) use results::ResultKeeper;
pub use subscription::{Delta, Subscription, Update};
#[cfg(feature = "server")]
pub(crate) use subscription::{SharedUpdate, Streamed};

/// One session at work. [`Session::run`] is its task; everything else goes through the [`Handle`].
// tidy: struct-fields: what one session has under way, each in a type of its own.
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    state: State,
    log: Arc<Log>,
    mailbox: mpsc::Receiver<Command>,
    client: Client,
    model: Option<ModelCall>,
    tools: Tools,
    subagents: Subagents,
    hooks: Asked,
    observer: Option<Arc<dyn Observer>>,
    /// When the time of a run is used up.
    timer: Option<(RunId, Pin<Box<tokio::time::Sleep>>)>,
    /// Inputs that the driver makes itself.
    queued: VecDeque<Input>,
    epoch: u64,
    durable: Durable,
}

/// How long a session that is told to shut down waits for its last events to be durable.
const SETTLE: Duration = Duration::from_secs(1);

impl Session {
    /// Works until `shutdown`, until the session is closed or until every handle is gone, then stops the model and
    /// every tool, and waits for its last events to be durable: at most a second after `shutdown`, and otherwise as
    /// long as [`Durability::grace`] says.
    ///
    /// # Errors
    /// When a journal refuses the session's events for good, or too few are there for too long. Nothing that was not
    /// durable was told to anybody, nor led to an effect.
    #[expect(
        clippy::manual_async_fn,
        reason = "the future of an async fn holds its argument twice, and sessions are many"
    )]
    pub fn run(
        mut self,
        shutdown: CancellationToken,
    ) -> impl Future<Output = Result<SessionEnd, SessionError>> + Send + 'static {
        async move {
            if let Some(observer) = self.observer.take() {
                let updates = Subscription::new(Arc::clone(&self.log), Seq::default());
                tokio::spawn(observer.follow(self.id, updates));
            }
            let worked = self.work(&shutdown).await;
            self.model = None;
            self.tell_stopped();
            self.hooks.shutdown().await;
            self.subagents.shutdown().await;
            self.tools.shutdown().await;
            let ended = match worked {
                Ok(end) => self.settle(end).await,
                Err(error) => Err(error),
            };
            if let Err(error) = &ended {
                self.durable.fail(error.kind());
                self.mailbox.close();
                while let Ok(command) = self.mailbox.try_recv() {
                    command.fail(error.kind());
                }
            }
            ended
        }
    }

    async fn work(&mut self, shutdown: &CancellationToken) -> Result<SessionEnd, SessionError> {
        if self.queued.is_empty() {
            self.heed_hooks();
        }
        while !self.state.is_closed() {
            if let Some(error) = self.durable.take_failure() {
                return Err(error);
            }
            self.tools.results.settle(self.durable.position());
            if let Some(input) = self.queued.pop_front() {
                let _ = self.handle(input);
                continue;
            }
            let input = tokio::select! {
                // In this order, so that a cancel is not starved by a model that never stops talking.
                biased;
                () = shutdown.cancelled() => return Ok(SessionEnd::Shutdown),
                heard = self.durable.next(), if self.durable.may_hear() => {
                    let released = self.durable.hear(heard, &self.log)?;
                    released.into_iter().for_each(|effect| self.start(effect));
                    self.durable.answer();
                    continue;
                }
                command = self.mailbox.recv() => match command {
                    Some(command) => {
                        self.obey(command);
                        continue;
                    }
                    None => return Ok(SessionEnd::Abandoned),
                },
                run = time_up(self.timer.as_mut()), if self.timer.is_some() => {
                    self.timer = None;
                    Input::TimeUp { run }
                }
                finished = self.tools.next(), if self.tools.any_running() => finished,
                finished = self.subagents.next(), if self.subagents.any_running() => finished,
                decided = self.hooks.next(), if self.hooks.any_asked() => decided,
                said = next_of_model(self.model.as_mut(), &self.log), if self.model.is_some() => match said {
                    Some(said) => match self.model.take() {
                        Some(call) => self.input_of(call, said),
                        None => continue,
                    },
                    None => continue,
                },
            };
            let call = match &input {
                Input::ToolFinished { result, .. } => Some(result.call_id.clone()),
                _ => None,
            };
            // What comes late is rejected as stale, and that is all there is to do about it.
            let _ = self.handle(input);
            if let Some(call) = call {
                self.tools.results.over(&call, self.state.seq());
            }
        }
        Ok(SessionEnd::Closed)
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Give { input, expected, answer } => {
                let head = self.state.seq();
                let decided = match expected {
                    Head::At(seq) if seq != head => Err(HandleError::Moved { head }),
                    _ => self.handle(*input).map_err(HandleError::from),
                };
                match decided {
                    Ok(span) => self.durable.answer_at(span, answer),
                    // Whoever asked may have gone: then nobody needs the answer.
                    Err(error) => drop(answer.send(Err(error))),
                }
            }
            Command::Subagent { child, answer } => drop(answer.send(self.subagents.handle(child))),
        }
    }

    /// Waits until everything is durable. Nothing is started any more.
    async fn settle(&mut self, end: SessionEnd) -> Result<SessionEnd, SessionError> {
        self.mailbox.close();
        self.durable.flush();
        let patience = if end == SessionEnd::Shutdown { SETTLE } else { self.durable.grace() };
        let deadline = tokio::time::Instant::now() + patience;
        while self.durable.is_behind() {
            match tokio::time::timeout_at(deadline, self.durable.next()).await {
                Ok(heard) => drop(self.durable.hear(heard, &self.log)?),
                // Nobody was told of what is not durable.
                Err(_) if end == SessionEnd::Shutdown => break,
                Err(_) => return Err(SessionError::new(SessionErrorKind::JournalLost)),
            }
            self.durable.answer();
        }
        self.tools.results.settle(self.durable.position());
        self.durable.take_failure().map_or(Ok(end), Err)
    }

    /// Decides, applies, commits, and starts the effects that need not wait, in this order. Gives the events that came of
    /// it.
    fn handle(&mut self, input: Input) -> Result<Span, Rejection> {
        // A session that is taken up goes on as its journal says, and then as things are now.
        if matches!(input, Input::Resume) {
            let span = self.decide(input);
            self.heed_hooks();
            return span;
        }
        self.heed_hooks();
        self.decide(input)
    }

    fn decide(&mut self, input: Input) -> Result<Span, Rejection> {
        let past = match &input {
            Input::Rewind { past, .. } => Some(Arc::clone(past)),
            _ => None,
        };
        let decision = kernel::decide(&self.state, input)?;
        let first = self.state.seq().next();
        let events = self.apply(decision.events, past);
        self.commit(events, decision.effects);
        Ok(Span { first, last: self.state.seq() })
    }

    /// Takes what was decided into the state. A rewind needs the state it goes back to.
    fn apply(&mut self, bodies: Vec<EventBody>, mut past: Option<Arc<State>>) -> Vec<Arc<Event>> {
        let mut cause = None;
        let mut events = Vec::with_capacity(bodies.len());
        for body in bodies {
            let event = self.event(body, cause);
            cause = Some(event.header.id);
            if matches!(event.body, EventBody::Rewound { .. })
                && let Some(past) = past.take()
            {
                // Nobody else has it any more, so it is no copy.
                self.state.rewind(Arc::unwrap_or_clone(past), &event.body);
            } else {
                self.state.apply(&event.body);
            }
            events.push(Arc::new(event));
        }
        events
    }

    /// Hands events to the journals, in one append, and starts what need not wait for them.
    fn commit(&mut self, events: Vec<Arc<Event>>, effects: Vec<Effect>) {
        let released = self.durable.commit(self.state.seq(), &events, effects);
        self.log.commit(events, self.durable.position());
        for effect in released {
            self.start(effect);
        }
        if self.state.active_run().is_none() {
            self.client.rest();
        }
    }

    fn event(&self, body: EventBody, cause: Option<EventId>) -> Event {
        let header = EventHeader {
            session: self.id,
            seq: self.state.seq().next(),
            epoch: self.epoch,
            id: EventId::generate(),
            time: Timestamp::from(SystemTime::now()),
            cause,
        };
        Event { header, body }
    }
}

/// Whatever ends the session, a crash too, ends its subscriptions.
impl Drop for Session {
    fn drop(&mut self) {
        self.log.close();
    }
}

/// The run whose time is used up.
async fn time_up(timer: Option<&mut (RunId, Pin<Box<tokio::time::Sleep>>)>) -> RunId {
    match timer {
        Some((run, sleep)) => {
            sleep.await;
            *run
        }
        None => std::future::pending().await,
    }
}
