//! Google's Interactions, the newer interface of Gemini.
//!
//! Nothing is kept at the server (`store: false`): the steps are sent whole, signatures included.
//!
//! Source: the public reference of the Gemini API ("Interactions", revision 2026-05-20).

mod encode;
mod fold;
mod step;

use futures::stream::BoxStream;
use url::Url;

use super::embeddings::EmbeddingsFormat;
use super::url::below;
use super::{Ask, Format, FormatError, decoder, gemini};
use crate::provider::AuthScheme;
use crate::request::{WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "gemini-interactions";

/// Google's Interactions.
#[derive(Debug)]
pub(super) struct GeminiInteractions;

impl Format for GeminiInteractions {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, _model: &str) -> Url {
        let mut url = below(base, "interactions");
        url.query_pairs_mut().append_pair("alt", "sse");
        url
    }

    fn models_url(&self, base: &Url) -> Url {
        gemini::Gemini.models_url(base)
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        gemini::Gemini.decode_models(body)
    }

    fn auth(&self) -> AuthScheme {
        gemini::Gemini.auth()
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("api-revision", "2026-05-20")]
    }

    fn encode_chat(&self, ask: &Ask<'_>, cache: &mut WireCache) -> WireBody {
        encode::body(ask, cache)
    }

    fn decode_chat(&self, response: WireResponse) -> BoxStream<'static, Result<StreamEvent, FormatError>> {
        decoder::decode::<fold::Fold>(response)
    }

    /// They are the same beside either way of chatting.
    fn embeddings(&self) -> Option<&'static dyn EmbeddingsFormat> {
        gemini::Gemini.embeddings()
    }
}
