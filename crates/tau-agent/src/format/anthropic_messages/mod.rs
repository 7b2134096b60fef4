//! Anthropic's Messages, which Azure AI Foundry, OpenRouter, llama.cpp and others speak too.
//!
//! Source: the public API reference of Anthropic (`POST /v1/messages`, "Streaming messages", "Extended thinking",
//! "Prompt caching").

mod encode;
mod fold;
mod thinking;

use futures::stream::BoxStream;
use url::Url;

use super::openai_chat::model_ids;
use super::url::below;
use super::{Ask, Format, FormatError, decoder};
use crate::provider::AuthScheme;
use crate::request::{WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "anthropic-messages";

/// Anthropic's Messages.
#[derive(Debug)]
pub(super) struct AnthropicMessages;

impl Format for AnthropicMessages {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, _model: &str) -> Url {
        below(base, "v1/messages")
    }

    /// All of them: the list comes in pages of 20 otherwise.
    fn models_url(&self, base: &Url) -> Url {
        let mut url = below(base, "v1/models");
        url.query_pairs_mut().append_pair("limit", "1000");
        url
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        model_ids(body)
    }

    fn auth(&self) -> AuthScheme {
        AuthScheme::Header("x-api-key")
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn encode_chat(&self, ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
        encode::body(ask, cache)
    }

    fn decode_chat(&self, response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
        decoder::decode::<fold::Fold>(response)
    }
}
