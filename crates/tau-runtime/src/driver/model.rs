//! The model at work: what it is asked for, and what the end of its answer means.

use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll};

use futures::StreamExt;
use tau_agent::{Agent, ChatStream, StreamEvent, WireCache};
use tau_core::event::{ModelFailure, ModelFailureKind};
use tau_core::{ChatResponse, RunId, ToolDefinition};
use tau_session::compaction::SummaryRequest;

use super::Session;
use super::log::Log;
use super::subscription::Delta;
use crate::kernel::Input;

/// Parts of an answer that are told before the session looks at whatever else it waits for: that costs more than to tell
/// one, and nobody is to wait long for it.
const AT_ONCE: usize = 32;

/// The way to the model, and what every request to it has in common.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) agent: Agent,
    pub(super) definitions: Vec<ToolDefinition>,
    /// The bytes of what a run sent before, so that it encodes each message once.
    pub(super) cache: WireCache,
}

impl Client {
    /// Forgets the bytes of what was sent. They are as large as the conversation, and are made again, the same, when
    /// the next run asks.
    pub(super) fn rest(&mut self) {
        self.cache = WireCache::default();
    }
}

/// An answer that is waited for.
pub(super) struct ModelCall {
    pub(super) run: RunId,
    pub(super) turn: u32,
    pub(super) stream: ChatStream,
    pub(super) purpose: Purpose,
}

/// What the model is asked for.
pub(super) enum Purpose {
    /// The reply of a turn.
    Reply,
    /// A summary of what is said so far.
    Summary {
        request: SummaryRequest,
        /// What must not be lost in it.
        keep: String,
    },
}

impl fmt::Debug for ModelCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelCall").field("run", &self.run).field("turn", &self.turn).finish_non_exhaustive()
    }
}

/// How a model's answer ended.
pub(super) type Said = Result<ChatResponse, ModelFailure>;

impl Session {
    /// What the end of a model's answer means to the kernel.
    pub(super) fn input_of(&self, call: ModelCall, said: Said) -> Input {
        let ModelCall { run, turn, purpose, .. } = call;
        match (purpose, said) {
            (Purpose::Reply, Ok(response)) => Input::ModelReply { run, turn, response: Box::new(response) },
            (Purpose::Reply, Err(failure)) => Input::ModelFailure { run, turn, failure },
            (Purpose::Summary { request, keep }, said) => {
                let compaction = self.summarised(request, &keep, said.as_ref().ok());
                Input::Compacted { run, turn, compaction }
            }
        }
    }
}

/// Tells of what has come of the model's answer, and how it ended; `None` while it is still coming.
pub(super) async fn next_of_model(call: Option<&mut ModelCall>, log: &Log) -> Option<Said> {
    let call = call?;
    poll_fn(|context| call.poll(context, log)).await
}

impl ModelCall {
    fn poll(&mut self, context: &mut Context<'_>, log: &Log) -> Poll<Option<Said>> {
        for told in 0..AT_ONCE {
            match self.stream.poll_next_unpin(context) {
                Poll::Ready(Some(Ok(StreamEvent::Completed(response)))) => {
                    return Poll::Ready(Some(Ok(response)));
                }
                Poll::Ready(Some(Ok(event))) => self.tell(event, log),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error.to_failure()))),
                Poll::Ready(None) => return Poll::Ready(Some(Err(broken_off()))),
                Poll::Pending if told == 0 => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        Poll::Ready(None)
    }

    /// The words of a summary are for the model, not for those who follow the conversation.
    fn tell(&self, event: StreamEvent, log: &Log) {
        if matches!(self.purpose, Purpose::Reply)
            && let Some(delta) = Delta::from_stream(event)
        {
            log.delta(delta);
        }
    }
}

fn broken_off() -> ModelFailure {
    let message = "the model's answer ended before it was complete";
    ModelFailure::new(ModelFailureKind::Interrupted, message)
}
