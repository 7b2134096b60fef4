//! What is kept beside events: snapshots and text.

use std::fmt;

use tau_proto::buffa::bytes::Bytes;
use tau_proto::runtime::v1::Event;

use crate::hash::Sha256Hash;
use crate::id::SessionId;

/// At most so much of an event's text can be found again, in bytes.
const MAX_TEXT: usize = 64 << 10;

/// A cache of what the events of a session up to a point amount to.
///
/// It saves the work of folding them again and is nothing but that: it can be lost at any time, and the events are
/// always enough to make it anew.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Snapshot {
    /// The session.
    pub session: SessionId,
    /// What of, 1 to 128 bytes, for example the name and version of the fold.
    pub name: String,
    /// The last event that is in it.
    pub seq: u64,
    /// Hash of that event.
    pub hash: Sha256Hash,
    /// The content.
    pub body: Bytes,
}

impl Snapshot {
    /// A snapshot of everything up to and including the event `seq`, whose hash is `hash`.
    pub fn new(
        session: SessionId,
        name: impl Into<String>,
        seq: u64,
        hash: Sha256Hash,
        body: impl Into<Bytes>,
    ) -> Self {
        Self { session, name: name.into(), seq, hash, body: body.into() }
    }
}

/// What of an event people may search for.
///
/// A store knows nothing of bodies; whoever opens it does. It runs on the thread that appends, and must give the same
/// text for the same event.
pub trait TextExtractor: fmt::Debug + Send + Sync {
    /// The text of an event, if it has any. Of a very long one, only the beginning can be found.
    fn text(&self, event: &Event) -> Option<String>;
}

/// Finds no text: nothing can be searched for.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct NoText;

impl TextExtractor for NoText {
    fn text(&self, _event: &Event) -> Option<String> {
        None
    }
}

/// The text to index, cut at its bound.
pub(crate) fn text_of(extractor: &dyn TextExtractor, event: &Event) -> Option<String> {
    let mut text = extractor.text(event)?;
    text.truncate(text.floor_char_boundary(MAX_TEXT));
    Some(text)
}

/// A search for words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Search {
    /// The words. No character in it has a meaning of its own. Without a word, nothing is found.
    pub query: String,
    /// Only in this session.
    pub session: Option<SessionId>,
    /// At most so many hits.
    pub limit: usize,
}

impl Search {
    /// A search in all sessions, for at most 20 hits.
    pub fn new(query: impl Into<String>) -> Self {
        Self { query: query.into(), session: None, limit: 20 }
    }

    /// Only in one session.
    #[must_use]
    pub fn in_session(mut self, session: SessionId) -> Self {
        self.session = Some(session);
        self
    }

    /// Another number of hits at most.
    #[must_use]
    pub const fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) fn words(&self) -> Vec<String> {
        words(&self.query).collect()
    }
}

/// The words of a text: runs of letters and digits, in lower case.
pub(crate) fn words(text: &str) -> impl Iterator<Item = String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase)
}

/// An event that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SearchHit {
    /// Its session.
    pub session: SessionId,
    /// Its place in it.
    pub seq: u64,
    /// The part of its text around the words, for people.
    pub excerpt: String,
}

impl SearchHit {
    pub(crate) const fn new(session: SessionId, seq: u64, excerpt: String) -> Self {
        Self { session, seq, excerpt }
    }
}
