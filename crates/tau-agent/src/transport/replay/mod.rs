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
//!   before; everything else but marks for the prompt cache must be the same, so a recording also proves that a
//!   conversation is only added to.
//! - `{{any}}` within a recorded string stands for any text, and as the whole string for any value: what
//!   differs from run to run (folders, times) is recorded so.
//! - `results` holds what tools gave, so that a run can be played without them. It may stand anywhere.
//! - `response` holds `events`, JSON objects that are sent as server-sent events with the end marker after
//!   them, or `body`, a text that is sent as it is (`body_base64` where it is none); `status` (200), `content_type` and `headers` are optional. One that ended
//!   before its end says in `broke_off` why, and one that never began has no `status`.
//! - The header may hold the `prompt` of the run.
//!
//! [`Recorder`](crate::Recorder) writes them.

mod compare;
mod list;
pub(crate) mod pattern;
mod recording;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::Value;
use tau_core::event::ModelFailureKind;

use super::{Transport, TransportError, WireRequest, WireResponse};
use recording::{Expectation, RecordedResponse};

pub(crate) use list::appended;
pub use recording::{Recording, RecordingError};

/// Which requests a recording answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Matching {
    /// Those that were recorded, in their order. Anything else is an error.
    #[default]
    Strict,
    /// Any: the answer is that of the same request, wherever it stands, or else the next one that was not given. What
    /// differs is kept as a [`Difference`].
    Tolerant,
}

/// A request that differs from the recording.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// Which of the recorded requests, from 1.
    pub request: usize,
    /// How it differs, line by line: `-` recorded, `+` sent.
    pub diff: String,
}

/// A transport that answers out of a [`Recording`].
#[derive(Debug)]
pub struct ReplayTransport {
    recording: Recording,
    matching: Matching,
    played: Mutex<Played>,
}

/// How far a recording is played.
#[derive(Debug, Default)]
struct Played {
    /// Which exchanges were given.
    given: Vec<bool>,
    /// The last request as it really was.
    before: Value,
    differences: Vec<Difference>,
}

impl ReplayTransport {
    /// Plays a recording from its start. A request that differs is an error that shows how.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        Self::matching(recording, Matching::Strict)
    }

    /// Plays a recording from its start, for these requests.
    #[must_use]
    pub fn matching(recording: Recording, matching: Matching) -> Self {
        let given = vec![false; recording.exchange_count()];
        let played = Mutex::new(Played { given, ..Played::default() });
        Self { recording, matching, played }
    }

    /// The recording.
    #[must_use]
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// How many exchanges were not asked for.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.played().given.iter().filter(|given| !**given).count()
    }

    /// The requests so far that differed, in the order they were made. None but of [`Matching::Tolerant`].
    #[must_use]
    pub fn differences(&self) -> Vec<Difference> {
        self.played().differences.clone()
    }

    fn played(&self) -> MutexGuard<'_, Played> {
        self.played.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &WireRequest) -> Result<WireResponse, TransportError> {
        let failed = |problem: String| Err(TransportError::new(ModelFailureKind::Replay, problem));
        let actual: Value = match serde_json::from_slice(&request.body.to_vec()) {
            Ok(actual) => actual,
            Err(error) => return failed(format!("the request is not JSON ({error})")),
        };
        let mut played = self.played();
        let total = played.given.len();
        let Some(next) = played.given.iter().position(|given| !given) else {
            return failed(format!("the recording holds {total} exchanges, and the agent asked once more"));
        };
        let chosen = match self.matching {
            Matching::Strict => {
                let expected = self.expected_after(next, &played.before);
                if let Err(diff) = self.compare(next, expected, &actual) {
                    return failed(format!(
                        "request {} of {total} differs from the recording (- recorded, + sent):\n{diff}",
                        next + 1
                    ));
                }
                next
            }
            Matching::Tolerant => self.nearest(next, &actual, &mut played),
        };
        played.given[chosen] = true;
        played.before = actual;
        wire_response(&self.recording.exchanges()[chosen].1)
    }

    /// The exchange of the same request that was not given, or else the next one; that it differs is kept.
    fn nearest(&self, next: usize, actual: &Value, played: &mut Played) -> usize {
        let is_same = |number: &usize| self.compare(*number, self.expected(*number), actual).is_ok();
        let mut left = (next..played.given.len()).filter(|number| !played.given[*number]);
        if let Some(same) = left.find(is_same) {
            return same;
        }
        if let Err(diff) = self.compare(next, self.expected(next), actual) {
            played.differences.push(Difference { request: next + 1, diff });
        }
        next
    }

    /// Compares a request with that of an exchange. Where only what is added was recorded, marks of places for the
    /// prompt cache are not known, because they move.
    fn compare(&self, number: usize, mut expected: Value, actual: &Value) -> Result<(), String> {
        match self.recording.exchanges()[number].0 {
            Expectation::Request(_) => compare::compare(&expected, actual),
            Expectation::Append(_) => {
                let mut actual = actual.clone();
                list::unmark(&mut expected);
                list::unmark(&mut actual);
                compare::compare(&expected, &actual)
            }
        }
    }

    /// The request of an exchange, after the one before as it really was.
    fn expected_after(&self, number: usize, before: &Value) -> Value {
        match &self.recording.exchanges()[number].0 {
            Expectation::Request(body) => body.clone(),
            Expectation::Append(messages) => {
                let mut before = before.clone();
                // What was really sent is no pattern, so its own braces are kept from being read as one.
                list::of(&mut before).into_iter().flatten().for_each(pattern::escape);
                list::with(before, messages)
            }
        }
    }

    /// The request of an exchange, as it was recorded.
    fn expected(&self, number: usize) -> Value {
        let exchanges = &self.recording.exchanges()[..=number];
        let is_whole =
            |(asked, _): &(Expectation, RecordedResponse)| matches!(asked, Expectation::Request(_));
        let begin = exchanges.iter().rposition(is_whole).unwrap_or_default();
        exchanges[begin..].iter().fold(Value::Null, |before, (asked, _)| match asked {
            Expectation::Request(body) => body.clone(),
            Expectation::Append(messages) => list::with(before, messages),
        })
    }
}

fn wire_response(recorded: &RecordedResponse) -> Result<WireResponse, TransportError> {
    let failure = recorded.failure();
    if let Some(failure) = failure.clone().filter(|_| recorded.is_without_status()) {
        return Err(failure);
    }
    let chunks = recorded.chunks().into_iter().map(Ok);
    let chunks: Vec<Result<Bytes, TransportError>> = chunks.chain(failure.map(Err)).collect();
    let body = futures::stream::iter(chunks).boxed();
    Ok(WireResponse::new(recorded.status(), recorded.content_type(), body).with_headers(recorded.headers()))
}

impl Transport for ReplayTransport {
    fn send(&self, request: WireRequest) -> BoxFuture<'static, Result<WireResponse, TransportError>> {
        std::future::ready(self.answer(&request)).boxed()
    }
}
