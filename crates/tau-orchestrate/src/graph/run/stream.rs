//! What a run tells while it is on.

use std::fmt;
use std::ops::BitOr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::Stream;
use futures::future::BoxFuture;
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::error::RunError;
use super::outcome::Outcome;
use crate::graph::context::TaskId;
use crate::state::State;

/// Which [`Part`]s of a run are wanted. `|` joins modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Modes(u8);

impl Modes {
    /// Only the end.
    pub const NONE: Self = Self(0);
    /// The whole state after every superstep.
    pub const VALUES: Self = Self(1);
    /// What each task wrote.
    pub const UPDATES: Self = Self(2);
    /// What nodes [emit](crate::graph::Context::emit), those of subgraphs as well.
    pub const MESSAGES: Self = Self(4);
    /// When each task begins and ends.
    pub const TASKS: Self = Self(8);
    /// What was stored.
    pub const CHECKPOINTS: Self = Self(16);
    /// Tasks and checkpoints.
    pub const DEBUG: Self = Self(8 | 16);

    pub(in crate::graph) fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }
}

impl BitOr for Modes {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One part of a streamed run. In none of them does a secret have a serialised form or a `Debug`. [`Values`](Self::Values) holds the
/// state, which gives its secrets to whoever asks it for them, and a [`Message`](Self::Message) is what the node emitted, unchanged.
#[derive(Debug)]
#[non_exhaustive]
pub enum Part {
    /// The state after a superstep; before the first it is superstep 0.
    Values {
        /// How many supersteps are finished.
        step: u64,
        /// The state.
        state: State,
    },
    /// What a task wrote, as an object of names and values.
    Update {
        /// The node.
        node: Arc<str>,
        /// The task.
        task: TaskId,
        /// The values.
        values: Value,
    },
    /// What a node emitted.
    Message {
        /// The node.
        node: Arc<str>,
        /// The task.
        task: TaskId,
        /// What it emitted.
        message: Value,
    },
    /// A task began, or goes on with answers.
    TaskStarted {
        /// The node.
        node: Arc<str>,
        /// The task.
        task: TaskId,
    },
    /// A task ended, or asked.
    TaskFinished {
        /// The node.
        node: Arc<str>,
        /// The task.
        task: TaskId,
        /// How.
        result: TaskResult,
    },
    /// A record was stored.
    Checkpoint {
        /// The number of the record.
        seq: u64,
        /// How many supersteps are finished with it.
        step: u64,
        /// The nodes that are next.
        next: Vec<Arc<str>>,
    },
    /// The run ended. Always the last part.
    Finished(Result<Outcome, RunError>),
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TaskResult {
    /// It wrote an update.
    Done,
    /// It asked, under these ids.
    Asked(Vec<Arc<str>>),
    /// It failed; the text is for people.
    Failed(String),
    /// It was dropped, because the run was cancelled or another task failed.
    Cancelled,
}

/// The way to whoever streams a run.
#[derive(Clone)]
pub(in crate::graph) struct Sender {
    modes: Modes,
    parts: UnboundedSender<Part>,
}

impl Sender {
    pub(in crate::graph) fn wants(&self, mode: Modes) -> bool {
        self.modes.has(mode)
    }

    /// Whoever streams may have stopped, which is no error.
    pub(in crate::graph) fn send(&self, part: Part) {
        let _ = self.parts.send(part);
    }

    /// For a run inside of this one, whose messages alone are passed on.
    pub(in crate::graph) fn below(&self) -> Self {
        let modes = if self.modes.has(Modes::MESSAGES) { Modes::MESSAGES } else { Modes::NONE };
        Self { modes, parts: self.parts.clone() }
    }
}

/// A run as a stream of parts. No part is dropped; dropping the stream drops the run. From superstep to superstep the run goes on only
/// while the stream is polled, but the tasks inside of a superstep run by themselves, and what they
/// [emit](crate::graph::Context::emit) is kept until it is read.
pub struct RunStream {
    run: Option<BoxFuture<'static, Result<Outcome, RunError>>>,
    parts: UnboundedReceiver<Part>,
    finished: Option<Part>,
}

impl RunStream {
    pub(super) fn new(
        modes: Modes,
        start: impl FnOnce(Sender) -> BoxFuture<'static, Result<Outcome, RunError>>,
    ) -> Self {
        let (sender, parts) = unbounded_channel();
        Self { run: Some(start(Sender { modes, parts: sender })), parts, finished: None }
    }
}

impl Stream for RunStream {
    type Item = Part;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Part>> {
        loop {
            if let Poll::Ready(Some(part)) = self.parts.poll_recv(context) {
                return Poll::Ready(Some(part));
            }
            let Some(run) = &mut self.run else { return Poll::Ready(self.finished.take()) };
            match run.as_mut().poll(context) {
                Poll::Ready(result) => {
                    self.run = None;
                    self.finished = Some(Part::Finished(result));
                }
                // The run may have sent while it was polled, after which nobody would wake this task.
                Poll::Pending => match self.parts.poll_recv(context) {
                    Poll::Ready(Some(part)) => return Poll::Ready(Some(part)),
                    Poll::Ready(None) | Poll::Pending => return Poll::Pending,
                },
            }
        }
    }
}

impl fmt::Debug for RunStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunStream").field("running", &self.run.is_some()).finish_non_exhaustive()
    }
}
