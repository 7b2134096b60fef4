//! What comes while a model answers.

use std::pin::Pin;
use std::time::Duration;

use futures::Stream;
use tau_core::ChatResponse;

use crate::error::{AgentError, Endpoint};
use crate::limits::Awaited;

/// What comes while a model answers, in order. A stream that ends well ends with [`StreamEvent::Completed`];
/// any other ends with an error. Dropping it gives the request up.
pub type ChatStream = Pin<Box<dyn Stream<Item = Result<StreamEvent, AgentError>> + Send>>;

/// One thing that comes while a model answers.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamEvent {
    /// The request failed before anything of an answer came, and is tried again, or another model is.
    Retrying {
        /// Which try comes next, from 2.
        attempt: u32,
        /// How long until then.
        delay: Duration,
        /// What went wrong.
        error: AgentError,
        /// The model that is asked in the place of the one that failed; `None` when that is asked again.
        instead: Option<Endpoint>,
    },
    /// The request is not sent yet: it waits its turn. Told at most once for each try.
    Waiting {
        /// For what.
        awaited: Awaited,
        /// How long, where that can be said.
        wait: Option<Duration>,
    },
    /// More words.
    TextDelta(String),
    /// More thoughts.
    ReasoningDelta(String),
    /// The model begins to call a tool.
    ToolCallStarted {
        /// Which of the reply's calls, from 0.
        index: usize,
        /// The tool's name.
        name: String,
    },
    /// More of a call's arguments, as text.
    ToolCallDelta {
        /// Which of the reply's calls, from 0.
        index: usize,
        /// The text.
        arguments: String,
    },
    /// The reply is complete; here it is whole.
    Completed(ChatResponse),
}
