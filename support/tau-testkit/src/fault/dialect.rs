//! How a wire format streams, as far as its faults need to know.

use serde_json::{Value, json};

use crate::Reply;

/// How the parts of an answer are divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// Server-sent events, each named after its type.
    NamedEvents,
    /// Server-sent events without names.
    Events,
    /// One JSON object on each line.
    Lines,
}

/// A wire format, in the words of which faults are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    pub(super) framing: Framing,
    /// What comes before the first words.
    pub(super) begin: fn() -> Vec<Value>,
    /// Some words.
    pub(super) words: fn(&str) -> Value,
    /// What comes behind all these words: the end, with 10 tokens read and 5 written.
    pub(super) end: fn(&str) -> Vec<Value>,
    /// The whole answer as it is without a stream.
    pub(super) whole: fn(&str) -> Value,
    /// What a server streams when it fails.
    pub(super) error: fn() -> Value,
}

impl Dialect {
    /// Parts as bytes, with these line ends. A part that is a text is an end marker, and stands as it is.
    pub(super) fn written(&self, parts: &[Value], line_end: &str) -> String {
        let json = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
        let part = |part: &Value| match self.framing {
            Framing::NamedEvents => {
                let name = part["type"].as_str().unwrap_or("message");
                format!("event: {name}{line_end}data: {}{line_end}{line_end}", json(part))
            }
            Framing::Events => format!("data: {}{line_end}{line_end}", json(part)),
            Framing::Lines => format!("{}{line_end}", json(part)),
        };
        parts.iter().map(part).collect()
    }

    /// The beginning of an answer and some words of it.
    pub(super) fn begun(&self, text: &str) -> Vec<Value> {
        let mut parts = (self.begin)();
        parts.push((self.words)(text));
        parts
    }

    /// A whole answer in two pieces.
    pub(super) fn answer(&self, first: &str, second: &str) -> Vec<Value> {
        let mut parts = self.begun(first);
        parts.push((self.words)(second));
        parts.extend((self.end)(&format!("{first}{second}")));
        parts
    }

    /// A stream to which bytes are added.
    pub(super) fn stream(&self) -> Reply {
        let kind = if self.framing == Framing::Lines { "application/x-ndjson" } else { "text/event-stream" };
        Reply::status(200).header("content-type", kind)
    }

    /// A stream of these parts.
    pub(super) fn reply(&self, parts: &[Value]) -> Reply {
        self.stream().bytes(self.written(parts, "\n"))
    }

    /// What keeps a connection alive and says nothing.
    pub(super) fn keep_alive(&self) -> &'static str {
        if self.framing == Framing::Lines { "\n" } else { ": keep-alive\n\n" }
    }
}

/// The part with a field that nobody knows.
pub(super) fn with_unknown(mut part: Value) -> Value {
    if let Some(fields) = part.as_object_mut() {
        fields.insert("x_aurora".to_owned(), json!({ "deep": [1, null, "é"] }));
    }
    part
}
