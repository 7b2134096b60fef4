//! Wire formats: how a request is written and an answer read.
//!
//! A format is a folder with the same files in it: `mod` says what it is and where it is spoken, `encode` writes
//! requests, `fold` reads answers.

mod anthropic_messages;
#[cfg(feature = "bedrock")]
mod bedrock_converse;
mod decoder;
mod echo;
mod embeddings;
#[cfg(feature = "bedrock")]
mod eventstream;
mod gemini;
mod gemini_interactions;
mod json;
mod ndjson;
mod ollama_chat;
mod openai_chat;
mod openai_responses;
mod places;
mod sse;
mod transcription;
mod url;
mod wire;

use std::fmt;

use ::url::Url;
use futures::stream::BoxStream;
use tau_core::Model;
use tau_core::config::{ModelOptions, Quirks};

use crate::provider::AuthScheme;
use crate::request::{ChatRequest, WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::{TransportError, WireResponse};

pub use embeddings::EmbeddingsFormat;
pub use transcription::TranscriptionFormat;

/// How a request is written and an answer read.
///
/// An implementer must keep true:
/// - The body of a request that only adds messages begins with the bytes of the one before, up to its end
///   marker and the marks of places for the prompt cache.
/// - [`StreamEvent::Completed`] comes last, and only when the server said that the answer is complete.
/// - Unknown fields and values are ignored or kept, never an error.
/// - What a provider wants back unchanged goes back as it came, to the format it came from alone.
pub trait Format: fmt::Debug + Send + Sync {
    /// The name configuration knows it by.
    fn name(&self) -> &'static str;

    /// Where chat requests for a model go, below the provider's address.
    fn chat_url(&self, base: &Url, model: &str) -> Url;

    /// Where the list of models is, below the provider's address.
    fn models_url(&self, base: &Url) -> Url;

    /// Reads the names of the models out of their list.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] when it is no such list.
    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError>;

    /// How a key is sent where the provider does not say otherwise.
    fn auth(&self) -> AuthScheme;

    /// Headers every request has beside those of JSON.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// The bytes of a streaming chat request.
    fn encode_chat(&self, ask: &Ask<'_>, cache: &mut WireCache) -> WireBody;

    /// Reads the answer to a chat request whose status was a success.
    fn decode_chat(&self, response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>>;

    /// How embeddings are asked for, where the format has them.
    fn embeddings(&self) -> Option<&'static dyn EmbeddingsFormat> {
        None
    }

    /// How transcriptions are asked for, where the format has them.
    fn transcription(&self) -> Option<&'static dyn TranscriptionFormat> {
        None
    }
}

/// Whom is asked, what and how.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// The model.
    pub model: &'a Model,
    /// The options in force.
    pub options: &'a ModelOptions,
    /// What the server wants otherwise than the format says.
    pub quirks: &'a Quirks,
    /// The request.
    pub request: &'a ChatRequest<'a>,
}

impl<'a> Ask<'a> {
    /// A question.
    #[must_use]
    pub const fn new(
        model: &'a Model,
        options: &'a ModelOptions,
        quirks: &'a Quirks,
        request: &'a ChatRequest<'a>,
    ) -> Self {
        Self { model, options, quirks, request }
    }
}

/// An answer could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Its bytes stopped coming.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The server says that it failed; this is what it said, as text.
    #[error("the server reports: {0}")]
    Server(String),
    /// It is not what the format allows.
    #[error("{0}")]
    Malformed(String),
}

static FORMATS: &[&'static dyn Format] = &[
    &openai_chat::OpenAiChat,
    &openai_responses::OpenAiResponses,
    &anthropic_messages::AnthropicMessages,
    &ollama_chat::OllamaChat,
    &gemini::Gemini,
    &gemini_interactions::GeminiInteractions,
    #[cfg(feature = "bedrock")]
    &bedrock_converse::BedrockConverse,
];

/// Every format, the most widely spoken first.
pub fn all() -> impl Iterator<Item = &'static dyn Format> {
    FORMATS.iter().copied()
}

/// The format of a name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn by_name(name: &str) -> Result<&'static dyn Format, UnknownFormat> {
    all().find(|format| format.name() == name).ok_or_else(|| UnknownFormat { name: name.to_owned() })
}

/// A name is no format's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    name: String,
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = all().map(|format| format!("`{}`", format.name())).collect();
        write!(f, "`{}` is not a wire format; known: {}", self.name, known.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}
