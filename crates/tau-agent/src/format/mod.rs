//! Wire formats: how a request is written and an answer read.
//!
//! A format is a folder with the same files in it: `encode` writes, `decode` reads.

mod openai_chat;
mod sse;

use std::fmt;

use futures::stream::BoxStream;
use tau_core::config::ModelOptions;
use tau_core::{Model, Secret};
use url::Url;

use crate::request::{ChatRequest, WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::{TransportError, WireResponse};

/// How a request is written and an answer read.
///
/// An implementer must keep true:
/// - The body of a request that only adds messages begins with the bytes of the one before, up to its end
///   marker.
/// - [`StreamEvent::Completed`] comes last, and only when the server said that the answer is complete.
/// - Unknown fields and values are ignored or kept, never an error.
pub trait Format: fmt::Debug + Send + Sync {
    /// The name configuration knows it by.
    fn name(&self) -> &'static str;

    /// Where chat requests go, below the provider's address.
    fn chat_url(&self, base: &Url) -> Url;

    /// Where the list of models is, below the provider's address.
    fn models_url(&self, base: &Url) -> Url;

    /// Reads the names of the models out of their list.
    ///
    /// # Errors
    /// [`FormatError::Malformed`] when it is no such list.
    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError>;

    /// The header that carries a key.
    fn auth_header(&self, key: &Secret) -> (String, Secret);

    /// The bytes of a streaming chat request.
    fn encode_chat(
        &self,
        model: &Model,
        options: &ModelOptions,
        request: &ChatRequest<'_>,
        cache: &mut WireCache,
    ) -> WireBody;

    /// Reads the answer to a chat request whose status was a success.
    fn decode_chat(&self, response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>>;
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

static FORMATS: [&'static dyn Format; 1] = [&openai_chat::OpenAiChat];

/// Every format, in no particular order.
#[must_use]
pub fn all() -> &'static [&'static dyn Format] {
    &FORMATS
}

/// The format of a name.
///
/// # Errors
/// When there is none; the error lists those there are.
pub fn by_name(name: &str) -> Result<&'static dyn Format, UnknownFormat> {
    FORMATS
        .iter()
        .copied()
        .find(|format| format.name() == name)
        .ok_or_else(|| UnknownFormat { name: name.to_owned() })
}

/// A name is no format's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    name: String,
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<String> = FORMATS.iter().map(|format| format!("`{}`", format.name())).collect();
        write!(f, "`{}` is not a wire format; known: {}", self.name, known.join(", "))
    }
}

impl std::error::Error for UnknownFormat {}
