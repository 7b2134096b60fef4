//! What outlives every compaction.

use std::fmt::Write as _;

use tau_core::{ContentBlock, Message};

use crate::history::History;

/// The longest a single request may be, in bytes, before its middle is left out.
const REQUEST_BYTES: usize = 4_000;

/// The longest all requests together may be, in bytes; the newest are kept first.
const REQUESTS_BYTES: usize = 16_000;

/// What a caller wants to outlive every compaction, beside what people asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pinned {
    /// Texts with a name each, such as the current plan or a skill in use.
    pub texts: Vec<(String, String)>,
}

impl Pinned {
    /// The same with one more text, which the model is shown under a name.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.texts.push((name.into(), text.into()));
        self
    }

    /// The message that stands in the place of what was cut: what happened, what people asked for, what is
    /// pinned, and `rest`.
    pub(super) fn message(&self, history: &History, what_happened: &str, rest: &str) -> Message {
        let mut text = format!("<earlier_conversation>\n{what_happened}\n");
        let requests = requests(history);
        if !requests.is_empty() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\nWhat the user asked for, oldest first:\n{requests}");
        }
        for (name, pinned) in &self.texts {
            let _ = write!(text, "\n{name}:\n{}\n", pinned.trim_end());
        }
        if !rest.is_empty() {
            let _ = write!(text, "\n{}\n", rest.trim_end());
        }
        text.push_str("</earlier_conversation>");
        Message::user([ContentBlock::text(text)])
    }
}

/// What people asked for, a paragraph each, within bounds.
fn requests(history: &History) -> String {
    let mut kept: Vec<String> = Vec::new();
    let mut room = REQUESTS_BYTES;
    let mut left_out = 0;
    for request in history.requests().iter().rev() {
        let text = shorten(request.text().trim(), REQUEST_BYTES);
        if left_out > 0 || text.len() > room {
            left_out += 1;
            continue;
        }
        room -= text.len();
        kept.push(text);
    }
    let mut list = String::new();
    if left_out > 0 {
        let _ = writeln!(list, "[{left_out} older requests are left out]");
    }
    for text in kept.iter().rev() {
        let _ = writeln!(list, "- {}", text.replace('\n', "\n  "));
    }
    list
}

/// The text with its middle left out when it is too long.
fn shorten(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let head = text.floor_char_boundary(most / 2);
    let tail = text.ceil_char_boundary(text.len() - most / 2);
    format!("{} [... {} bytes left out ...] {}", &text[..head], tail - head, &text[tail..])
}
