//! Embeddings of OpenAI and of all that follow it.

use serde_json::{Value, json};
use tau_core::{EmbeddingsResponse, Model, TokenUsage};
use url::Url;

use crate::format::FormatError;
use crate::format::embeddings::{EmbeddingsFormat, checked, parse, vector};
use crate::format::url::below;
use crate::request::EmbeddingsRequest;

/// `POST /embeddings`.
#[derive(Debug)]
pub(super) struct Embeddings;

impl EmbeddingsFormat for Embeddings {
    fn url(&self, base: &Url, _model: &str) -> Url {
        below(base, "embeddings")
    }

    fn encode(&self, model: &Model, request: &EmbeddingsRequest<'_>) -> Vec<u8> {
        let mut body = json!({ "model": model.name, "input": request.texts });
        if let Some(dimensions) = request.dimensions {
            body["dimensions"] = dimensions.into();
        }
        body.to_string().into_bytes()
    }

    fn decode(&self, body: &[u8], model: &Model, texts: usize) -> Result<EmbeddingsResponse, FormatError> {
        let answer = parse(body)?;
        let Some(data) = answer["data"].as_array() else {
            return Err(FormatError::Malformed("the answer has no `data`".to_owned()));
        };
        // Each says which text it is of; the order is not promised.
        let mut items: Vec<(usize, &Value)> = data.iter().enumerate().collect();
        items.sort_by_key(|(at, item)| item["index"].as_u64().unwrap_or(*at as u64));
        let vectors: Result<Vec<_>, _> = items.iter().map(|(_, item)| vector(&item["embedding"])).collect();
        let name = answer["model"].as_str().unwrap_or(&model.name);
        let mut response = EmbeddingsResponse::new(name, vectors?);
        response.usage = answer["usage"]["prompt_tokens"]
            .as_u64()
            .map(|input| TokenUsage { input, ..TokenUsage::default() });
        checked(response, texts)
    }
}
