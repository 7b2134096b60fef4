//! Following a session: events and what streams between them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tau_agent::StreamEvent;
use tau_core::ToolCallId;
use tau_core::event::{Event, Seq};
use tokio::sync::broadcast::{self, error::RecvError};

use super::log::Log;

/// What a subscriber hears.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Update {
    /// Something happened, for good.
    Event(Arc<Event>),
    /// Something streams; it is not kept.
    Delta(Delta),
    /// The subscriber was too slow: this many updates passed it by. Events among them come now, from the log;
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
        /// The tool's name.
        name: String,
    },
    /// More of the arguments of the newest tool call.
    ToolCallArguments(String),
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
}

impl Delta {
    /// What subscribers hear of a model's answer; `None` for what they hear as an event.
    pub(super) fn from_stream(event: StreamEvent) -> Option<Self> {
        Some(match event {
            StreamEvent::TextDelta(text) => Self::Text(text),
            StreamEvent::ReasoningDelta(text) => Self::Reasoning(text),
            StreamEvent::ToolCallStarted { name, .. } => Self::ToolCallStarted { name },
            StreamEvent::ToolCallDelta { arguments, .. } => Self::ToolCallArguments(arguments),
            StreamEvent::Retrying { attempt, delay, error } => {
                Self::Retrying { attempt, delay, reason: error.to_string() }
            }
            _ => return None,
        })
    }
}

/// A subscriber's place in a session. It gets every event once and in order, however slow it is, and deltas as
/// far as it keeps up; it never slows the session.
#[derive(Debug)]
pub struct Subscription {
    log: Arc<Log>,
    receiver: Option<broadcast::Receiver<Update>>,
    /// The newest event given.
    last: Seq,
    /// Events of the past that are still to be given.
    backlog: VecDeque<Arc<Event>>,
}

impl Subscription {
    pub(super) fn new(log: Arc<Log>, after: Seq) -> Self {
        // The receiver first, then the past: an event between the two comes twice, and is told by its place.
        let receiver = log.receiver();
        let backlog = log.after(after).into();
        Self { log, receiver, last: after, backlog }
    }

    /// The next update; `None` when the session has ended and everything was given.
    pub async fn next(&mut self) -> Option<Update> {
        loop {
            if let Some(event) = self.backlog.pop_front() {
                self.last = event.header.seq;
                return Some(Update::Event(event));
            }
            match self.receiver.as_mut()?.recv().await {
                Ok(Update::Event(event)) if event.header.seq <= self.last => {}
                Ok(Update::Event(event)) => {
                    self.last = event.header.seq;
                    return Some(Update::Event(event));
                }
                Ok(update) => return Some(update),
                Err(RecvError::Lagged(missed)) => {
                    self.backlog = self.log.after(self.last).into();
                    return Some(Update::Lagged(missed));
                }
                Err(RecvError::Closed) => {
                    self.receiver = None;
                    self.backlog = self.log.after(self.last).into();
                }
            }
        }
    }
}
