//! What a model is asked, and the bytes it becomes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tau_core::config::ModelOptions;
use tau_core::{Message, ToolDefinition};

use crate::images::{FittedMessages, ImageLimits};
use crate::output::OutputSchema;

/// A request for a reply to a conversation.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ChatRequest<'a> {
    /// The instructions; empty for none.
    pub system: &'a str,
    /// The tools the model may call, in order.
    pub tools: &'a [ToolDefinition],
    /// The conversation. Messages are shared and do not change, so that their bytes can be kept.
    pub messages: &'a [Arc<Message>],
    /// Options laid over those of the agent.
    pub options: Option<&'a ModelOptions>,
    /// What the words of the reply have to be; any words, when there is none.
    pub output: Option<&'a OutputSchema>,
}

impl<'a> ChatRequest<'a> {
    /// A request of a conversation alone.
    #[must_use]
    pub const fn new(messages: &'a [Arc<Message>]) -> Self {
        Self { system: "", tools: &[], messages, options: None, output: None }
    }

    /// The same request with instructions.
    #[must_use]
    pub const fn with_system(mut self, system: &'a str) -> Self {
        self.system = system;
        self
    }

    /// The same request with tools.
    #[must_use]
    pub const fn with_tools(mut self, tools: &'a [ToolDefinition]) -> Self {
        self.tools = tools;
        self
    }

    /// The same request for JSON of a schema.
    #[must_use]
    pub const fn with_output(mut self, output: &'a OutputSchema) -> Self {
        self.output = Some(output);
        self
    }

    /// The same request with options.
    #[must_use]
    pub const fn with_options(mut self, options: &'a ModelOptions) -> Self {
        self.options = Some(options);
        self
    }
}

/// The wire bytes of one conversation, kept from turn to turn.
///
/// A message is recognised by its address, so a conversation whose messages are shared (`Arc`) and only added
/// to is encoded once, each message when it first appears. Give every conversation a cache of its own.
#[derive(Debug, Default)]
pub struct WireCache {
    head: Bytes,
    messages: Vec<Arc<Message>>,
    /// Where each message's bytes end, counted from the end of the head.
    ends: Vec<u64>,
    /// The bytes of the messages, in few pieces, so that sending them takes few system calls: a piece is joined
    /// with the one before when it is not much smaller, so a byte is copied at most log(n) times.
    pieces: Vec<Bytes>,
    /// Those of the same conversation for models that may be asked instead.
    fallbacks: Vec<WireCache>,
    /// The messages as they are encoded, where that is not as they are.
    fitted: FittedMessages,
}

impl WireCache {
    /// As many caches of the same conversation, for models that may be asked instead.
    pub(crate) fn fallbacks(&mut self, count: usize) -> &mut [Self] {
        self.fallbacks.resize_with(count, Self::default);
        &mut self.fallbacks
    }

    /// The conversation with pictures as they may be sent; `None` when it has no pictures.
    pub(crate) fn fitted(
        &mut self,
        messages: &[Arc<Message>],
        limits: &ImageLimits,
    ) -> Option<Vec<Arc<Message>>> {
        self.fitted.of(messages, limits)
    }

    /// The body made of `head`, then each message's bytes, then `tail`.
    ///
    /// `encode` is called with the messages the cache does not hold: the position of each, the message, and whether
    /// nothing of the messages before it is written. It appends the bytes of the message, with any separator from
    /// the one before.
    pub fn body(
        &mut self,
        head: Vec<u8>,
        messages: &[Arc<Message>],
        tail: &'static [u8],
        encode: impl FnMut(usize, &Message, bool, &mut Vec<u8>),
    ) -> WireBody {
        self.body_with_marks(head, messages, tail, encode, &Marks::NONE)
    }

    /// The same with marks put in. What the cache keeps stays without them, so a mark moves from message to message
    /// and none is encoded again.
    pub fn body_with_marks(
        &mut self,
        head: Vec<u8>,
        messages: &[Arc<Message>],
        tail: &'static [u8],
        mut encode: impl FnMut(usize, &Message, bool, &mut Vec<u8>),
        marks: &Marks<'_>,
    ) -> WireBody {
        let is_longer = messages.len() >= self.messages.len()
            && self.messages.iter().zip(messages).all(|(held, message)| Arc::ptr_eq(held, message));
        if self.head != head || !is_longer {
            let (fallbacks, fitted) = (std::mem::take(&mut self.fallbacks), std::mem::take(&mut self.fitted));
            *self = Self { head: Bytes::from(head), fallbacks, fitted, ..Self::default() };
        }
        let mut fresh = Vec::new();
        let before = self.ends.last().copied().unwrap_or(0);
        for (position, message) in messages.iter().enumerate().skip(self.messages.len()) {
            let is_first = before + fresh.len() as u64 == 0;
            encode(position, message, is_first, &mut fresh);
            self.messages.push(Arc::clone(message));
            self.ends.push(before + fresh.len() as u64);
        }
        self.push(fresh);
        let mut parts = vec![self.head.clone()];
        parts.extend(self.marked(marks));
        parts.push(Bytes::from_static(tail));
        WireBody::new(parts)
    }

    fn push(&mut self, mut fresh: Vec<u8>) {
        while let Some(before) = self.pieces.pop_if(|before| before.len() / 2 <= fresh.len()) {
            let mut joined = Vec::with_capacity(before.len() + fresh.len());
            joined.extend_from_slice(&before);
            joined.extend_from_slice(&fresh);
            fresh = joined;
        }
        self.pieces.push(Bytes::from(fresh));
    }

    /// The pieces, cut where a mark comes in.
    fn marked(&self, marks: &Marks<'_>) -> Vec<Bytes> {
        let place = |message: &usize| self.ends.get(*message)?.checked_sub(marks.before_end);
        let mut places = marks.messages.iter().filter_map(place).peekable();
        let mut parts = Vec::with_capacity(self.pieces.len() + 2 * marks.messages.len());
        let mut start = 0;
        for piece in &self.pieces {
            let end = start + piece.len() as u64;
            let mut rest = piece.clone();
            while let Some(place) = places.next_if(|place| *place < end) {
                // Both lie in this piece, whose length is a `usize`.
                let cut = usize::try_from(place - (end - rest.len() as u64)).unwrap_or_default();
                parts.push(rest.split_to(cut));
                parts.push(Bytes::from_static(marks.mark));
            }
            parts.push(rest);
            start = end;
        }
        parts
    }
}

/// Bytes that are put into some messages, near the end of each.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Marks<'a> {
    /// The positions of the messages, in order.
    pub messages: &'a [usize],
    /// How many bytes before a message's end the mark comes.
    pub before_end: u64,
    /// The bytes.
    pub mark: &'static [u8],
}

impl<'a> Marks<'a> {
    /// No marks.
    pub const NONE: Self = Self { messages: &[], before_end: 0, mark: b"" };

    /// A mark in each of these messages, which are in order and have at least `before_end` bytes.
    #[must_use]
    pub const fn new(messages: &'a [usize], before_end: u64, mark: &'static [u8]) -> Self {
        Self { messages, before_end, mark }
    }
}

/// A number that stands for bytes (FNV-1a).
pub(crate) fn digest<'a>(bytes: impl IntoIterator<Item = &'a u8>) -> u64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.into_iter().fold(BASIS, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// A request for the words of a recording.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct TranscriptionRequest<'a> {
    /// The recording.
    pub audio: &'a [u8],
    /// Its media type, such as `audio/wav`.
    pub media_type: &'a str,
    /// The language that is spoken, as ISO 639-1 (`en`), where it is known.
    pub language: Option<&'a str>,
    /// Whether parts with their times are wanted, which some models cannot give.
    pub with_times: bool,
}

impl<'a> TranscriptionRequest<'a> {
    /// A request for all words.
    #[must_use]
    pub const fn new(audio: &'a [u8], media_type: &'a str) -> Self {
        Self { audio, media_type, language: None, with_times: false }
    }

    /// The same request for a recording in a language.
    #[must_use]
    pub const fn with_language(mut self, language: &'a str) -> Self {
        self.language = Some(language);
        self
    }

    /// The same request for parts with their times too.
    #[must_use]
    pub const fn with_times(mut self) -> Self {
        self.with_times = true;
        self
    }
}

/// A request for the vectors of texts.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct EmbeddingsRequest<'a> {
    /// The texts.
    pub texts: &'a [String],
    /// How long the vectors shall be, of models that leave the choice.
    pub dimensions: Option<u32>,
}

impl<'a> EmbeddingsRequest<'a> {
    /// A request of the model's own length of vectors.
    #[must_use]
    pub const fn new(texts: &'a [String]) -> Self {
        Self { texts, dimensions: None }
    }

    /// The same request for vectors of a length.
    #[must_use]
    pub const fn with_dimensions(mut self, dimensions: u32) -> Self {
        self.dimensions = Some(dimensions);
        self
    }
}

/// The bytes of a request: slices, shared with the cache they came from.
#[derive(Debug, Clone, Default)]
pub struct WireBody {
    parts: std::collections::VecDeque<Bytes>,
    len: u64,
}

impl WireBody {
    /// A body of these parts, one after the other.
    pub fn new(parts: impl IntoIterator<Item = Bytes>) -> Self {
        let parts: std::collections::VecDeque<Bytes> =
            parts.into_iter().filter(|part| !part.is_empty()).collect();
        let len = parts.iter().map(|part| part.len() as u64).sum();
        Self { parts, len }
    }

    /// The length in bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A number that stands for the bytes (FNV-1a), the same for the same bytes in every version and process.
    pub(crate) fn digest(&self) -> u64 {
        digest(self.parts.iter().flatten())
    }

    /// All bytes in one piece: a copy.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|part| part.iter().copied()).collect()
    }
}

impl Body for WireBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let part = self.parts.pop_front();
        if let Some(part) = &part {
            self.len -= part.len() as u64;
        }
        Poll::Ready(part.map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.parts.is_empty()
    }

    /// Exact, so that the request carries its length: some servers refuse chunked requests.
    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.len)
    }
}
