//! Recordings, as they are written down.

use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

/// The version of the recording format that this crate reads.
const VERSION: u64 = 1;

/// A recorded model: what it was asked and what it answered, in order.
#[derive(Debug, Clone)]
pub struct Recording {
    format: String,
    model: String,
    exchanges: Vec<(Expectation, RecordedResponse)>,
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
    events: Vec<Value>,
    body: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    tau_recording: u64,
    format: String,
    model: String,
    /// For people.
    #[serde(default, rename = "note")]
    _note: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Entry {
    Request(Value),
    Append(Vec<Value>),
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

    pub(super) fn retry_after(&self) -> Option<&str> {
        self.retry_after.as_deref()
    }

    /// The body, one chunk for each event.
    pub(super) fn chunks(&self) -> Vec<Bytes> {
        if let Some(body) = &self.body {
            return vec![Bytes::from(body.clone())];
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
        let mut asked = None;
        while let Some(value) = next()? {
            let number = exchanges.len() + 1;
            let entry = serde_json::from_value(value)
                .map_err(|error| RecordingError(format!("exchange {number}: {error}")))?;
            match (asked.take(), entry) {
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
        Ok(Self { format: header.format, model: header.model, exchanges })
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
