//! The driver: one task per session that does what the kernel decides.
//!
//! It is the only place of a session with I/O, a clock and tasks. Each input is decided, its events are
//! committed and applied, and only then its effects start.

mod effects;
mod handle;
mod log;
mod subscription;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::StreamExt;
use tau_agent::{Agent, ChatStream, StreamEvent};
use tau_core::event::{Event, EventBody, EventHeader, ModelFailure, SessionConfig, Timestamp};
use tau_core::{EventId, RunId, SessionId};
use tau_tools::environment::Environment;
use tau_tools::{OutputBounds, ToolRegistry};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::kernel::{self, Input, Rejection, State};
use effects::Tools;
use handle::Command;
use log::Log;

pub use handle::{Handle, HandleError};
pub use subscription::{Delta, Subscription, Update};

/// What a session is made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct SessionOptions {
    /// What is journaled of it. Its tools are set from `tools`.
    pub config: SessionConfig,
    /// The model.
    pub agent: Agent,
    /// The tools.
    pub tools: ToolRegistry,
    /// What the tools act through.
    pub environment: Arc<dyn Environment>,
    /// How many calls run at the same time. Default: 8.
    pub parallel_tools: usize,
    /// How long one call may take when it does not say itself. Default: 2 minutes.
    pub tool_timeout: Duration,
    /// How much of a call's output the model gets to see.
    pub output_bounds: OutputBounds,
}

impl SessionOptions {
    /// A session with the defaults for what is not given.
    pub fn new(config: SessionConfig, agent: Agent, tools: ToolRegistry, environment: Arc<dyn Environment>) -> Self {
        Self {
            config,
            agent,
            tools,
            environment,
            parallel_tools: 8,
            tool_timeout: Duration::from_secs(120),
            output_bounds: OutputBounds::default(),
        }
    }
}

/// One session at work. [`Session::run`] is its task; everything else goes through the [`Handle`].
#[derive(Debug)]
pub struct Session {
    id: SessionId,
    state: State,
    log: Arc<Log>,
    mailbox: mpsc::Receiver<Command>,
    agent: Agent,
    definitions: Vec<tau_core::ToolDefinition>,
    cache: tau_agent::WireCache,
    model: Option<ModelCall>,
    tools: Tools,
}

struct ModelCall {
    run: RunId,
    turn: u32,
    stream: ChatStream,
}

impl std::fmt::Debug for ModelCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ModelCall").field("run", &self.run).field("turn", &self.turn).finish_non_exhaustive()
    }
}

/// Commands that wait at most, before a sender waits.
const MAILBOX: usize = 64;

impl Session {
    /// A new session and the handle to it. Nothing happens until [`Session::run`] does.
    #[must_use]
    pub fn new(mut options: SessionOptions) -> (Self, Handle) {
        options.config.tools = options.tools.specs();
        let id = SessionId::generate();
        let log = Arc::new(Log::default());
        let (sender, mailbox) = mpsc::channel(MAILBOX);
        let handle = Handle::new(id, sender, Arc::clone(&log));
        let definitions = options.config.tools.iter().map(|spec| spec.definition.clone()).collect();
        let config = Box::new(options.config.clone());
        let tools = Tools::new(&options, Arc::clone(&log));
        let mut session = Self {
            id,
            state: State::default(),
            log,
            mailbox,
            agent: options.agent,
            definitions,
            cache: tau_agent::WireCache::default(),
            model: None,
            tools,
        };
        let created = session.handle(Input::Create(config));
        debug_assert!(created.is_ok(), "an empty session can be created");
        (session, handle)
    }

    /// Works until `shutdown`, until the session is closed or until every handle is gone, then stops the model and
    /// every tool.
    pub async fn run(mut self, shutdown: CancellationToken) {
        while !self.state.is_closed() {
            let input = tokio::select! {
                // In this order, so that a cancel is not starved by a model that never stops talking.
                biased;
                () = shutdown.cancelled() => break,
                command = self.mailbox.recv() => match command {
                    Some(command) => {
                        let answer = self.handle(command.input);
                        // Whoever asked may have gone: then nobody needs the answer.
                        let _ = command.answer.send(answer);
                        continue;
                    }
                    None => break,
                },
                finished = self.tools.next(), if self.tools.any_running() => finished,
                input = next_of_model(self.model.as_mut(), &self.log), if self.model.is_some() => match input {
                    Some(input) => {
                        self.model = None;
                        input
                    }
                    None => continue,
                },
            };
            // What comes late is rejected as stale, and that is all there is to do about it.
            let _ = self.handle(input);
        }
        self.model = None;
        self.tools.shutdown().await;
    }

    /// Decides, commits, applies, and starts the effects, in this order.
    fn handle(&mut self, input: Input) -> Result<(), Rejection> {
        let decision = kernel::decide(&self.state, input)?;
        let mut cause = None;
        for body in decision.events {
            let event = self.event(body, cause);
            cause = Some(event.header.id);
            self.state.apply(&event.body);
            self.log.commit(Arc::new(event));
        }
        for effect in decision.effects {
            self.start(effect);
        }
        Ok(())
    }

    fn event(&self, body: EventBody, cause: Option<EventId>) -> Event {
        let header = EventHeader {
            session: self.id,
            seq: self.state.seq().next(),
            epoch: 1,
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

/// The next input that the model's answer makes; `None` while it is still coming.
async fn next_of_model(call: Option<&mut ModelCall>, log: &Log) -> Option<Input> {
    let call = call?;
    let (run, turn) = (call.run, call.turn);
    let failure = |failure: ModelFailure| Some(Input::ModelFailure { run, turn, failure });
    match call.stream.next().await {
        Some(Ok(StreamEvent::Completed(response))) => {
            Some(Input::ModelReply { run, turn, response: Box::new(response) })
        }
        Some(Ok(event)) => {
            if let Some(delta) = Delta::from_stream(event) {
                log.delta(delta);
            }
            None
        }
        Some(Err(error)) => failure(error.to_failure()),
        None => failure(ModelFailure::new(
            tau_core::event::ModelFailureKind::Interrupted,
            "the model's answer ended before it was complete",
        )),
    }
}
