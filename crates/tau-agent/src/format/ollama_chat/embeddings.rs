//! Embeddings of Ollama.

use serde_json::json;
use tau_core::{EmbeddingsResponse, Model, TokenUsage};
use url::Url;

use super::api;
use crate::format::FormatError;
use crate::format::embeddings::{EmbeddingsFormat, checked, parse, vector};
use crate::request::EmbeddingsRequest;

/// `POST /api/embed`.
#[derive(Debug)]
pub(super) struct Embeddings;

impl EmbeddingsFormat for Embeddings {
    fn url(&self, base: &Url, _model: &str) -> Url {
        api(base, "api/embed")
    }

    /// Text that is too long is an error, not cut in silence.
    fn encode(&self, model: &Model, request: &EmbeddingsRequest<'_>) -> Vec<u8> {
        let mut body = json!({ "model": model.name, "input": request.texts, "truncate": false });
        if let Some(dimensions) = request.dimensions {
            body["dimensions"] = dimensions.into();
        }
        if let Some(window) = model.capabilities.context_window {
            body["options"] = json!({ "num_ctx": window });
        }
        body.to_string().into_bytes()
    }

    fn decode(&self, body: &[u8], model: &Model, texts: usize) -> Result<EmbeddingsResponse, FormatError> {
        let answer = parse(body)?;
        let Some(vectors) = answer["embeddings"].as_array() else {
            return Err(FormatError::Malformed("the answer has no `embeddings`".to_owned()));
        };
        let vectors: Result<Vec<_>, _> = vectors.iter().map(vector).collect();
        let name = answer["model"].as_str().unwrap_or(&model.name);
        let mut response = EmbeddingsResponse::new(name, vectors?);
        response.usage =
            answer["prompt_eval_count"].as_u64().map(|input| TokenUsage { input, ..TokenUsage::default() });
        checked(response, texts)
    }
}
