//! OpenAI's Responses, which xAI, OpenRouter, vLLM, llama.cpp and Azure speak too.
//!
//! Nothing is kept at the server (`store: false`): the history is sent whole, encrypted reasoning included.
//!
//! Source: the public API reference of OpenAI (`POST /responses`, "Streaming events").

mod encode;
mod fold;
mod item;

use futures::stream::BoxStream;
use url::Url;

use super::embeddings::EmbeddingsFormat;
use super::openai_chat::model_ids;
use super::transcription::TranscriptionFormat;
use super::url::below;
use super::{Ask, Format, FormatError, decoder, openai_chat};
use crate::provider::AuthScheme;
use crate::request::{WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "openai-responses";

/// OpenAI's Responses.
#[derive(Debug)]
pub(super) struct OpenAiResponses;

impl Format for OpenAiResponses {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, _model: &str) -> Url {
        below(base, "responses")
    }

    fn models_url(&self, base: &Url) -> Url {
        below(base, "models")
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        model_ids(body)
    }

    fn auth(&self) -> AuthScheme {
        AuthScheme::Bearer
    }

    fn encode_chat(&self, ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
        encode::body(ask, cache)
    }

    fn decode_chat(&self, response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
        decoder::decode::<fold::Fold>(response)
    }

    /// They are the same beside either way of chatting.
    fn embeddings(&self) -> Option<&'static dyn EmbeddingsFormat> {
        openai_chat::OpenAiChat.embeddings()
    }

    fn transcription(&self) -> Option<&'static dyn TranscriptionFormat> {
        openai_chat::OpenAiChat.transcription()
    }
}
