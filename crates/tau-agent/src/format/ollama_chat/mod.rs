//! Ollama's own interface, which alone lets a client set the context window.
//!
//! Source: the public API reference of Ollama (`POST /api/chat`, `POST /api/embed`, `GET /api/tags`).

mod embeddings;
mod encode;
mod fold;

use futures::stream::BoxStream;
use serde_json::Value;
use url::Url;

use super::embeddings::EmbeddingsFormat;
use super::url::below;
use super::{Ask, Format, FormatError, decoder};
use crate::provider::AuthScheme;
use crate::request::{WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "ollama-chat";

/// Ollama's own interface.
#[derive(Debug)]
pub(super) struct OllamaChat;

impl Format for OllamaChat {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, _model: &str) -> Url {
        api(base, "api/chat")
    }

    fn models_url(&self, base: &Url) -> Url {
        api(base, "api/tags")
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        let list: Value =
            serde_json::from_slice(body).map_err(|error| FormatError::Malformed(error.to_string()))?;
        let models = match &list["models"] {
            Value::Array(models) => models.as_slice(),
            Value::Null if list.get("models").is_some() => &[],
            _ => return Err(FormatError::Malformed("the list of models has no `models`".to_owned())),
        };
        let name = |model: &Value| model["name"].as_str().or(model["model"].as_str()).map(str::to_owned);
        Ok(models.iter().filter_map(name).collect())
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
}

/// The address of a path. People know the address of Ollama's OpenAI-compatible side, which ends in `/v1`.
fn api(base: &Url, path: &str) -> Url {
    let mut base = base.clone();
    let held = base.path().trim_end_matches('/');
    let held = held.strip_suffix("/v1").unwrap_or(held).to_owned();
    base.set_path(&held);
    below(&base, path)
}
