//! What model servers get wrong, as scripts.
//!
//! Each [`Fault`] is a deviation that a server, a gateway or a network really shows, with the place where it is told of.
//! `docs/design/model-faults.md` lists them all with what tau makes of each.

mod anthropic_messages;
mod common;
mod dialect;
mod gemini;
mod ollama_chat;
mod openai_chat;
mod openai_responses;

use std::time::Duration;

use crate::Reply;

/// How long a reply pauses where it is slow: longer than the short limits of tests, and shorter than the long ones.
pub const PAUSE: Duration = Duration::from_millis(60);

/// A deviation of a server that speaks a wire format.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fault {
    /// What it is, in a word or some; unique.
    pub name: &'static str,
    /// Where it is told of: an issue, a reference or a standard.
    pub source: &'static str,
    /// The answer to the first request. What a client asks next is the test's to answer.
    pub reply: Reply,
}

impl Fault {
    const fn new(name: &'static str, source: &'static str, reply: Reply) -> Self {
        Self { name, source, reply }
    }
}

/// The formats of which faults are known.
pub const FORMATS: [&str; 5] =
    ["openai-chat", "openai-responses", "anthropic-messages", "ollama-chat", "gemini"];

/// Every fault of a format, in the order of the list in the documentation; none of a format that is not one of [`FORMATS`].
#[must_use]
pub fn of(format: &str) -> Vec<Fault> {
    match format {
        "openai-chat" => openai_chat::faults(),
        "openai-responses" => openai_responses::faults(),
        "anthropic-messages" => anthropic_messages::faults(),
        "ollama-chat" => ollama_chat::faults(),
        "gemini" => gemini::faults(),
        _ => Vec::new(),
    }
}

/// A reply of words without any fault, with 10 tokens read and 5 written; that of `openai-chat` for a format that is not
/// one of [`FORMATS`].
#[must_use]
pub fn none(format: &str, text: &str) -> Reply {
    let dialect = match format {
        "openai-responses" => openai_responses::DIALECT,
        "anthropic-messages" => anthropic_messages::DIALECT,
        "ollama-chat" => ollama_chat::DIALECT,
        "gemini" => gemini::DIALECT,
        _ => openai_chat::DIALECT,
    };
    dialect.reply(&dialect.answer(text, ""))
}
