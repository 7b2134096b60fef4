//! Google's Gemini (`generateContent`).
//!
//! Source: the public API reference of the Gemini API (`models.streamGenerateContent`, "Thought signatures").

mod embeddings;
mod encode;
mod fold;
pub(super) mod thinking;

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

pub(super) const NAME: &str = "gemini";

/// Google's Gemini.
#[derive(Debug)]
pub(super) struct Gemini;

impl Format for Gemini {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, model: &str) -> Url {
        let mut url = below(base, &format!("{}:streamGenerateContent", path(model)));
        url.query_pairs_mut().append_pair("alt", "sse");
        url
    }

    /// All of them: the list comes in pages of 50 otherwise.
    fn models_url(&self, base: &Url) -> Url {
        let mut url = below(base, "models");
        url.query_pairs_mut().append_pair("pageSize", "1000");
        url
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        let list: Value =
            serde_json::from_slice(body).map_err(|error| FormatError::Malformed(error.to_string()))?;
        let Some(models) = list["models"].as_array() else {
            return Err(FormatError::Malformed("the list of models has no `models`".to_owned()));
        };
        let name = |model: &Value| {
            let name = model["name"].as_str()?;
            Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
        };
        Ok(models.iter().filter_map(name).collect())
    }

    fn auth(&self) -> AuthScheme {
        AuthScheme::Header("x-goog-api-key")
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

/// Where a model is: tuned models have a collection of their own.
fn path(model: &str) -> String {
    if model.contains('/') { model.to_owned() } else { format!("models/{model}") }
}
