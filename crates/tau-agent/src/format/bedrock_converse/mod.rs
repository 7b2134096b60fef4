//! Amazon Bedrock's Converse, which is one interface for the models of many.
//!
//! Answers stream as `application/vnd.amazon.eventstream`: binary frames, each with two checksums. A picture is sent by its
//! bytes alone.
//!
//! Source: the public API reference of Amazon Bedrock Runtime (`ConverseStream`) and of the event stream encoding.

mod encode;
mod fold;

use futures::stream::BoxStream;
use serde_json::Value;
use url::Url;

use super::url::below;
use super::{Ask, Format, FormatError, decoder};
use crate::provider::AuthScheme;
use crate::request::{WireBody, WireCache};
use crate::stream::StreamEvent;
use crate::transport::WireResponse;

pub(super) const NAME: &str = "bedrock-converse";

/// Amazon Bedrock's Converse.
#[derive(Debug)]
pub(super) struct BedrockConverse;

impl Format for BedrockConverse {
    fn name(&self) -> &'static str {
        NAME
    }

    fn chat_url(&self, base: &Url, model: &str) -> Url {
        // Names hold colons, and those of inference profiles slashes.
        let name: String = url::form_urlencoded::byte_serialize(model.as_bytes()).collect();
        below(base, &format!("model/{}/converse-stream", name.replace('+', "%20")))
    }

    /// At another host than the models, so that a list is to be had only where one address serves both.
    fn models_url(&self, base: &Url) -> Url {
        below(base, "foundation-models")
    }

    fn decode_models(&self, body: &[u8]) -> Result<Vec<String>, FormatError> {
        let list: Value =
            serde_json::from_slice(body).map_err(|error| FormatError::Malformed(error.to_string()))?;
        let Some(models) = list["modelSummaries"].as_array() else {
            return Err(FormatError::Malformed("the list of models has no `modelSummaries`".to_owned()));
        };
        Ok(models.iter().filter_map(|model| model["modelId"].as_str()).map(str::to_owned).collect())
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
}
