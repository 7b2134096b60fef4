//! Replay: a recorded model answers, as long as it is asked what it was asked.
//!
//! A recording is a sequence of JSON values, one after the other, blanks between:
//!
//! ```text
//! {"tau_recording": 1, "format": "openai-chat", "model": "qwen3:8b"}
//! {"request": {"model": "qwen3:8b", "messages": [ ... ], ...}}
//! {"response": {"events": [ ... ]}}
//! {"append": [ ... ]}
//! {"response": {"status": 429, "body": "..."}}
//! ```
//!
//! - `request` is the whole body of a request. `append` says what a request adds to the messages of the one
//!   before; everything else must be the same, so a recording also proves that a conversation is only added to.
//! - `{{any}}` within a recorded string stands for any text, and as the whole string for any value: what
//!   differs from run to run (folders, times) is recorded so.
//! - `response` holds `events`, JSON objects that are sent as server-sent events with the end marker after
//!   them, or `body`, a text that is sent as it is; `status` (200) and `content_type` are optional.

mod compare;
mod recording;

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tau_core::event::ModelFailureKind;

use super::{Transport, TransportError, WireRequest, WireResponse};
use recording::{Expectation, RecordedResponse};

pub use recording::{Recording, RecordingError};

/// A transport that answers out of a [`Recording`]. A request that differs is an error that shows how.
#[derive(Debug)]
pub struct ReplayTransport {
    recording: Recording,
    /// How many exchanges are played, and the last request as it really was.
    played: Mutex<(usize, Value)>,
}

impl ReplayTransport {
    /// Plays a recording from its start.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self { recording, played: Mutex::new((0, Value::Null)) }
    }

    /// The recording.
    #[must_use]
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// How many exchanges were not asked for.
    #[must_use]
    pub fn remaining(&self) -> usize {
        let played = self.played.lock().unwrap_or_else(PoisonError::into_inner).0;
        self.recording.exchanges().len().saturating_sub(played)
    }

    fn answer(&self, request: &WireRequest) -> Result<WireResponse, TransportError> {
        let failed = |problem: String| Err(TransportError::new(ModelFailureKind::Replay, problem));
        let actual: Value = match serde_json::from_slice(&request.body.to_vec()) {
            Ok(actual) => actual,
            Err(error) => return failed(format!("the request is not JSON ({error})")),
        };
        let mut played = self.played.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, before) = &mut *played;
        let total = self.recording.exchanges().len();
        let Some((expectation, response)) = self.recording.exchanges().get(*count) else {
            return failed(format!("the recording holds {total} exchanges, and the agent asked once more"));
        };
        let expected = match expectation {
            Expectation::Request(body) => body.clone(),
            Expectation::Append(messages) => appended(before, messages),
        };
        if let Err(diff) = compare::compare(&expected, &actual) {
            return failed(format!(
                "request {} of {total} differs from the recording (- recorded, + sent):\n{diff}",
                *count + 1
            ));
        }
        *count += 1;
        *before = actual;
        Ok(wire_response(response))
    }
}

/// The request before, with messages added.
fn appended(before: &Value, messages: &[Value]) -> Value {
    let mut expected = before.clone();
    if let Some(held) = expected.get_mut("messages").and_then(Value::as_array_mut) {
        // What was really sent is no pattern, so its own braces are kept from being read as one.
        held.iter_mut().for_each(compare::escape);
        held.extend(messages.iter().cloned());
    }
    expected
}

fn wire_response(recorded: &RecordedResponse) -> WireResponse {
    let chunks: Vec<Result<Bytes, TransportError>> = recorded.chunks().into_iter().map(Ok).collect();
    WireResponse::new(recorded.status(), recorded.content_type(), futures::stream::iter(chunks).boxed())
        .with_headers(recorded.retry_after().map(|value| ("retry-after", value)))
}

impl Transport for ReplayTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        std::future::ready(self.answer(&request)).boxed()
    }
}
