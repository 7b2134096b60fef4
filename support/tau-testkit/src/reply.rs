//! Answers, as scripts.

use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::chunk;

/// One answer: a list of steps that the server takes one after the other. Cheap to clone.
///
/// A script that ends after a [status](Self::status) ends the answer properly, and the connection stays open for
/// the next request. The body is sent in HTTP chunks, unless the script holds nothing but bytes: then it is
/// sent with its length.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub(crate) steps: Vec<Step>,
}

#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// The status line.
    Status(u16),
    /// One header; only before the first bytes.
    Header(String, String),
    /// Bytes of the body.
    Body(Bytes),
    /// Bytes sent as they are, outside of any framing.
    Raw(Bytes),
    Pause(Duration),
    Hang,
    Close,
    Reset,
}

impl Reply {
    /// An answer with a status, to which steps are added.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { steps: vec![Step::Status(status)] }
    }

    /// An answer of server-sent events, to which steps are added.
    #[must_use]
    pub fn stream() -> Self {
        Self::status(200).header("content-type", "text/event-stream")
    }

    /// An answer that is one JSON value.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::status(status).header("content-type", "application/json").bytes(body.to_string())
    }

    /// An error in the shape OpenAI gives it.
    #[must_use]
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(status, &json!({ "error": { "message": message, "type": code, "code": code } }))
    }

    /// These values as events, and `[DONE]`.
    #[must_use]
    pub fn events(events: impl IntoIterator<Item = Value>) -> Self {
        let mut body = String::new();
        for event in events {
            body.push_str(&format!("data: {event}\n\n"));
        }
        body.push_str("data: [DONE]\n\n");
        Self::stream().bytes(body)
    }

    /// A model's reply of words, with a usage of 10 tokens read and 5 written.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::events([chunk::text(text), chunk::finish("stop"), chunk::usage(10, 5)])
    }

    /// A model's reply of tool calls, each an id, a name and the text of its arguments; usage as in
    /// [`text`](Self::text).
    #[must_use]
    pub fn tool_calls<'a>(calls: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Self {
        let calls = calls.into_iter().enumerate();
        let calls = calls.map(|(index, (id, name, arguments))| chunk::tool_call(index, id, name, arguments));
        Self::events(calls.chain([chunk::finish("tool_calls"), chunk::usage(10, 5)]))
    }

    /// Bytes that are sent exactly as they are, status line included.
    #[must_use]
    pub fn raw(bytes: impl Into<Bytes>) -> Self {
        Self::default().raw_bytes(bytes)
    }

    /// Then bytes that are sent exactly as they are, outside of any framing.
    #[must_use]
    pub fn raw_bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.then(Step::Raw(bytes.into()))
    }

    /// Then a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        self.then(Step::Header(name.to_owned(), value.to_owned()))
    }

    /// Then bytes of the body.
    #[must_use]
    pub fn bytes(self, bytes: impl Into<Bytes>) -> Self {
        self.then(Step::Body(bytes.into()))
    }

    /// Then one event; no end marker follows by itself.
    #[must_use]
    pub fn event(self, event: &Value) -> Self {
        self.bytes(format!("data: {event}\n\n"))
    }

    /// Then nothing for a while. What came before is sent first.
    #[must_use]
    pub fn pause(self, duration: Duration) -> Self {
        self.then(Step::Pause(duration))
    }

    /// Then nothing, until the client goes away.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    /// Then the connection is closed, whether the answer is complete or not.
    #[must_use]
    pub fn close(self) -> Self {
        self.then(Step::Close)
    }

    /// Then the connection is reset: the client's system reports an error instead of an end. What the client has
    /// not read by then may be lost with it; a [pause](Self::pause) before lets it read.
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The length of the body, when the script holds nothing but bytes.
    pub(crate) fn known_length(&self) -> Option<usize> {
        self.steps.iter().try_fold(0, |length, step| match step {
            Step::Status(_) | Step::Header(..) => Some(length),
            Step::Body(bytes) => Some(length + bytes.len()),
            _ => None,
        })
    }
}
