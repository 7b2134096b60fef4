//! OpenAI-compatible chat completions: OpenAI, Ollama, vLLM, llama.cpp, LM Studio, OpenRouter, DeepSeek,
//! Mistral, Groq, xAI and many more.
//!
//! Source: the public API reference of OpenAI (`POST /chat/completions`), and what the servers named send in
//! practice.

mod embeddings;
mod encode;
mod fold;
mod transcription;

use futures::stream::BoxStream;
use serde_json::Value;
use url::Url;

use super::decoder;
use super::embeddings::EmbeddingsFormat;
use super::transcription::TranscriptionFormat;
use super::url::below;
use super::{Ask, Format, FormatError};
use crate::provider::AuthScheme;
use crate::request::{WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "openai-chat";

/// In what is echoed, stands for the text of the reasoning it belongs to.
const ECHO_TEXT: Value = Value::Bool(true);

/// OpenAI-compatible chat completions.
#[derive(Debug)]
pub(super) struct OpenAiChat;

impl Format for OpenAiChat {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, _model: &str) -> Url {
        below(base, "chat/completions")
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

    fn embeddings(&self) -> Option<&'static dyn EmbeddingsFormat> {
        Some(&embeddings::Embeddings)
    }

    fn transcription(&self) -> Option<&'static dyn TranscriptionFormat> {
        Some(&transcription::Transcriptions)
    }
}

/// The models of a list of OpenAI's shape, which others use too.
pub(super) fn model_ids(body: &[u8]) -> Result<Vec<String>, FormatError> {
    let malformed = |problem: String| FormatError::Malformed(problem);
    let list: Value = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    // A server without any models may say `null`.
    let models = match &list["data"] {
        Value::Array(models) => models.as_slice(),
        Value::Null if list.get("data").is_some() => &[],
        _ => return Err(malformed("the list of models has no `data`".to_owned())),
    };
    Ok(models.iter().filter_map(|model| model["id"].as_str()).map(str::to_owned).collect())
}
