//! What model servers get wrong, as scripts.
//!
//! Each [`Fault`] is a deviation that a server, a gateway or a network really shows, with the place where it is told of.
//! `docs/design/model-faults.md` lists them all with what tau makes of each.

mod chunks;
mod connection;
mod endings;
mod framing;
mod status;
mod tools;

use std::time::Duration;

use crate::Reply;

/// How long a reply pauses where it is slow: longer than the short limits of tests, and shorter than the long ones.
pub const PAUSE: Duration = Duration::from_millis(60);

/// A deviation of a server that speaks OpenAI-compatible chat completions.
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

/// Every fault, in the order of the list in the documentation.
#[must_use]
pub fn all() -> Vec<Fault> {
    [
        framing::faults(),
        chunks::faults(),
        tools::faults(),
        endings::faults(),
        connection::faults(),
        status::faults(),
    ]
    .concat()
}
