//! Recordings, as they are written down.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tau_core::event::ModelFailureKind;
use tau_core::{ToolCallId, ToolResult};

use crate::transport::TransportError;

/// The version of the recording format that this crate reads.
const VERSION: u64 = 1;

/// A recorded model: what it was asked and what it answered, in order.
#[derive(Debug, Clone)]
pub struct Recording {
    format: String,
    model: String,
    prompt: Option<String>,
    exchanges: Vec<(Expectation, RecordedResponse)>,
    results: BTreeMap<ToolCallId, ToolResult>,
}

/// What the agent is expected to ask.
#[derive(Debug, Clone)]
pub(super) enum Expectation {
    /// This body.
    Request(Value),
    /// The body before with these messages added.
    Append(Vec<Value>),
}

/// What the model answers.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedResponse {
    status: Option<u16>,
    content_type: Option<String>,
    retry_after: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    events: Vec<Value>,
    body: Option<String>,
    body_base64: Option<String>,
    /// Why it ended before its end.
    broke_off: Option<String>,
    /// What kind of failure that was.
    kind: Option<ModelFailureKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    tau_recording: u64,
    format: String,
    model: String,
    #[serde(default)]
    prompt: Option<String>,
    /// For people.
    #[serde(default, rename = "recorded_by")]
    _recorded_by: Option<Value>,
    /// For people.
    #[serde(default, rename = "note")]
    _note: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Entry {
    Request(Value),
    Append(Vec<Value>),
    /// What tools gave; stands anywhere.
    Results(Vec<ToolResult>),
    Response(RecordedResponse),
}

impl Recording {
    /// The wire format it was recorded in.
    #[must_use]
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The name of the model that was recorded.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The prompt that the recorded run began with; `None` when nobody wrote it down.
    #[must_use]
    pub fn prompt(&self) -> Option<&str> {
        self.prompt.as_deref()
    }

    /// What the tools gave whose calls are in the recording, as far as it was written down.
    #[must_use]
    pub const fn results(&self) -> &BTreeMap<ToolCallId, ToolResult> {
        &self.results
    }

    /// How many exchanges it holds.
    #[must_use]
    pub fn exchange_count(&self) -> usize {
        self.exchanges.len()
    }

    pub(super) fn exchanges(&self) -> &[(Expectation, RecordedResponse)] {
        &self.exchanges
    }
}

impl RecordedResponse {
    pub(super) fn status(&self) -> u16 {
        self.status.unwrap_or(200)
    }

    pub(super) fn content_type(&self) -> &str {
        let default = if self.body.is_some() { "application/json" } else { "text/event-stream" };
        self.content_type.as_deref().unwrap_or(default)
    }

    /// The headers that are kept of an answer.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let retry_after = self.retry_after.as_deref().map(|value| ("retry-after", value));
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain(retry_after)
    }

    /// Why it ended before its end, if it did.
    pub(super) fn failure(&self) -> Option<TransportError> {
        let problem = self.broke_off.as_ref()?;
        let kind = self.kind.unwrap_or(ModelFailureKind::Interrupted);
        Some(TransportError::new(kind, format!("as recorded: {problem}")))
    }

    /// Whether there was no answer at all.
    pub(super) const fn is_without_status(&self) -> bool {
        self.status.is_none() && self.broke_off.is_some()
    }

    /// The body, one chunk for each event.
    pub(super) fn chunks(&self) -> Vec<Bytes> {
        if let Some(body) = &self.body {
            return vec![Bytes::from(body.clone())];
        }
        if let Some(body) = &self.body_base64 {
            return vec![Bytes::from(STANDARD.decode(body).unwrap_or_default())];
        }
        if self.broke_off.is_some() {
            return Vec::new();
        }
        let end = std::iter::once(Bytes::from_static(b"data: [DONE]\n\n"));
        self.events.iter().map(|event| Bytes::from(format!("data: {event}\n\n"))).chain(end).collect()
    }
}

impl FromStr for Recording {
    type Err = RecordingError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let mut next = || match values.next() {
            None => Ok(None),
            Some(Ok(value)) => Ok(Some(value)),
            Some(Err(error)) => Err(RecordingError(error.to_string())),
        };
        let header = next()?.ok_or_else(|| RecordingError("it is empty".to_owned()))?;
        let header: Header = serde_json::from_value(header)
            .map_err(|error| RecordingError(format!("its first value is no recording's header: {error}")))?;
        if header.tau_recording != VERSION {
            let version = header.tau_recording;
            return Err(RecordingError(format!(
                "it has version {version}, and this tau reads version {VERSION}"
            )));
        }
        let mut exchanges = Vec::new();
        let mut results = BTreeMap::new();
        let mut asked = None;
        while let Some(value) = next()? {
            let number = exchanges.len() + 1;
            let entry = serde_json::from_value(value)
                .map_err(|error| RecordingError(format!("exchange {number}: {error}")))?;
            match (asked.take(), entry) {
                (before, Entry::Results(list)) => {
                    asked = before;
                    results.extend(list.into_iter().map(|result| (result.call_id.clone(), result)));
                }
                (None, Entry::Request(body)) => asked = Some(Expectation::Request(body)),
                (None, Entry::Append(messages)) if number > 1 => asked = Some(Expectation::Append(messages)),
                (Some(expectation), Entry::Response(response)) => exchanges.push((expectation, response)),
                (None, Entry::Append(_)) => {
                    return Err(RecordingError("its first exchange needs a whole `request`".to_owned()));
                }
                (None, Entry::Response(_)) => {
                    return Err(RecordingError(format!(
                        "exchange {number}: a `response` without a request before it"
                    )));
                }
                (Some(_), _) => {
                    return Err(RecordingError(format!(
                        "exchange {number}: a request without a `response` after it"
                    )));
                }
            }
        }
        if asked.is_some() {
            return Err(RecordingError("its last request has no `response`".to_owned()));
        }
        let Header { format, model, prompt, .. } = header;
        Ok(Self { format, model, prompt, exchanges, results })
    }
}

/// A text is no recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordingError(String);

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a recording: {}", self.0)
    }
}

impl std::error::Error for RecordingError {}
