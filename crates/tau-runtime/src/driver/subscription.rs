//! Following a session: events and what streams between them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tau_agent::StreamEvent;
use tau_core::ToolCallId;
use tau_core::event::{Event, Seq};

use super::log::{Listening, Log, News};
use crate::kernel::gate::PauseReason;

/// What a subscriber hears.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Update {
    /// Something happened, for good: what the session waits for to be durable comes only once it is.
    Event(Arc<Event>),
    /// Something streams; it is not kept.
    Delta(Delta),
    /// The subscriber was too slow: this many updates passed it by. Events among them come next, from the log;
    /// deltas are lost.
    Lagged(u64),
}

/// What streams while a model answers or a tool works.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delta {
    /// More words of the model.
    Text(String),
    /// More thoughts of the model.
    Reasoning(String),
    /// The model begins to call a tool.
    ToolCallStarted {
        /// Which of the reply's calls, from 0.
        index: usize,
        /// The tool's name.
        name: String,
    },
    /// More of the arguments of the newest tool call.
    ToolCallArguments {
        /// Which of the reply's calls, from 0.
        index: usize,
        /// The text.
        text: String,
    },
    /// More output of a tool that runs.
    ToolOutput {
        /// The call.
        call_id: ToolCallId,
        /// The output.
        text: String,
    },
    /// The model could not be asked and will be again.
    Retrying {
        /// Which try comes next, from 2.
        attempt: u32,
        /// How long until then.
        delay: Duration,
        /// What went wrong, in words.
        reason: String,
    },
    /// The model is not asked yet: the request waits its turn.
    Waiting {
        /// For what, in words.
        reason: String,
        /// How long, where that can be said.
        wait: Option<Duration>,
    },
    /// The session waits for a journal. It is told at once, before the events that wait.
    Paused {
        /// Why.
        reason: PauseReason,
    },
    /// The session goes on: no journal keeps it waiting any more.
    Resumed,
}

/// What a subscriber hears, shared with every other.
#[derive(Debug, Clone)]
pub(crate) enum SharedUpdate {
    Event(Arc<Event>),
    Delta(Arc<Streamed>),
    Lagged(u64),
}

/// A delta on its way to subscribers.
#[derive(Debug)]
pub(crate) struct Streamed {
    /// The newest event before it.
    after: Seq,
    delta: Delta,
    /// What whoever passes it on makes of it, once for all subscribers.
    #[cfg(feature = "server")]
    made: std::sync::OnceLock<Arc<dyn std::any::Any + Send + Sync>>,
}

impl Streamed {
    pub(super) const fn new(after: Seq, delta: Delta) -> Self {
        Self {
            after,
            delta,
            #[cfg(feature = "server")]
            made: std::sync::OnceLock::new(),
        }
    }

    /// The newest event before it.
    #[cfg(feature = "server")]
    pub(crate) const fn after(&self) -> Seq {
        self.after
    }

    #[cfg(feature = "server")]
    pub(crate) const fn delta(&self) -> &Delta {
        &self.delta
    }

    /// What was made of it before, or is made now.
    #[cfg(feature = "server")]
    pub(crate) fn cached<T: std::any::Any + Send + Sync>(&self, make: impl Fn() -> Arc<T>) -> Arc<T> {
        let made = self.made.get_or_init(|| make());
        Arc::clone(made).downcast().unwrap_or_else(|_| make())
    }
}

impl Delta {
    /// What subscribers hear of a model's answer; `None` for what they hear as an event.
    pub(super) fn from_stream(event: StreamEvent) -> Option<Self> {
        Some(match event {
            StreamEvent::TextDelta(text) => Self::Text(text),
            StreamEvent::ReasoningDelta(text) => Self::Reasoning(text),
            StreamEvent::ToolCallStarted { index, name, .. } => Self::ToolCallStarted { index, name },
            StreamEvent::ToolCallDelta { index, arguments, .. } => {
                Self::ToolCallArguments { index, text: arguments }
            }
            StreamEvent::Waiting { awaited, wait } => Self::Waiting { reason: awaited.to_string(), wait },
            StreamEvent::Retrying { attempt, delay, error, instead } => {
                let instead = instead.map(|endpoint| format!("; instead {endpoint} is asked"));
                let reason = format!("{error}{}", instead.unwrap_or_default());
                Self::Retrying { attempt, delay, reason }
            }
            _ => return None,
        })
    }
}

/// A subscriber's place in a session. It gets every event once and in order, however slow it is, and deltas as
/// far as it keeps up, each between the events it came between; it never slows the session.
#[derive(Debug)]
pub struct Subscription {
    log: Arc<Log>,
    /// Gone when the session has ended and everything was heard.
    listening: Option<Listening>,
    /// The newest event given.
    last: Seq,
    /// Events of the past that are still to be given.
    backlog: VecDeque<Arc<Event>>,
    /// What comes after the backlog.
    held: Option<News>,
}

impl Subscription {
    pub(super) fn new(log: Arc<Log>, after: Seq) -> Self {
        let (backlog, listening) = log.follow(after);
        Self { log, listening, last: after, backlog: backlog.into(), held: None }
    }

    /// The next update; `None` when the session has ended and everything was given.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Update> {
        Some(match self.next_shared().await? {
            SharedUpdate::Event(event) => Update::Event(event),
            SharedUpdate::Delta(streamed) => Update::Delta(match Arc::try_unwrap(streamed) {
                Ok(streamed) => streamed.delta,
                Err(shared) => shared.delta.clone(),
            }),
            SharedUpdate::Lagged(missed) => Update::Lagged(missed),
        })
    }

    /// The next update, as every subscriber gets it.
    pub(crate) async fn next_shared(&mut self) -> Option<SharedUpdate> {
        loop {
            if let Some(event) = self.backlog.pop_front() {
                self.last = event.header.seq;
                return Some(SharedUpdate::Event(event));
            }
            let news = match self.held.take() {
                Some(news) => news,
                None => match self.heard().await? {
                    Heard::News(news) => news,
                    Heard::Lagged(missed) => return Some(SharedUpdate::Lagged(missed)),
                    Heard::Last => continue,
                },
            };
            let before = match &news {
                News::Event(event) => Seq(event.header.seq.0.saturating_sub(1)),
                News::Delta(streamed) => streamed.after,
            };
            if before > self.last {
                self.backlog = self.log.after(self.last).into();
                self.backlog.retain(|event| event.header.seq <= before);
                self.held = Some(news);
                continue;
            }
            // Anything older is known already: the subscriber asked for what comes after a later place.
            if before < self.last {
                continue;
            }
            return Some(match news {
                News::Event(event) => {
                    self.last = event.header.seq;
                    SharedUpdate::Event(event)
                }
                News::Delta(streamed) => SharedUpdate::Delta(streamed),
            });
        }
    }

    /// What comes next from the log; `None` after the last.
    async fn heard(&mut self) -> Option<Heard> {
        let listening = self.listening.as_mut()?;
        // What is there already comes before what was missed.
        let news = match listening.queue.recv().now_or_never().flatten() {
            Some(news) => Some(news),
            None => {
                if let Some((missed, events)) = self.log.catch_up(listening, self.last) {
                    self.backlog = events.into();
                    return Some(Heard::Lagged(missed));
                }
                listening.queue.recv().await
            }
        };
        Some(match news {
            Some(news) => Heard::News(news),
            None => {
                self.listening = None;
                self.backlog = self.log.after(self.last).into();
                Heard::Last
            }
        })
    }
}

/// What comes from the log.
enum Heard {
    News(News),
    /// So much was missed; the events among it are in the backlog.
    Lagged(u64),
    /// The session has ended; what it did last is in the backlog.
    Last,
}
