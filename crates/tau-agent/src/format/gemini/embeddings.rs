//! Embeddings of Gemini.

use serde_json::{Value, json};
use tau_core::{EmbeddingsResponse, Model};
use url::Url;

use super::path;
use crate::format::FormatError;
use crate::format::embeddings::{EmbeddingsFormat, checked, parse, vector};
use crate::format::url::below;
use crate::request::EmbeddingsRequest;

/// `POST models/MODEL:batchEmbedContents`.
#[derive(Debug)]
pub(super) struct Embeddings;

impl EmbeddingsFormat for Embeddings {
    fn url(&self, base: &Url, model: &str) -> Url {
        below(base, &format!("{}:batchEmbedContents", path(model)))
    }

    fn encode(&self, model: &Model, request: &EmbeddingsRequest<'_>) -> Vec<u8> {
        let one = |text: &String| {
            let mut one = json!({ "model": path(&model.name), "content": { "parts": [{ "text": text }] } });
            if let Some(dimensions) = request.dimensions {
                one["outputDimensionality"] = dimensions.into();
            }
            one
        };
        let requests: Value = request.texts.iter().map(one).collect();
        json!({ "requests": requests }).to_string().into_bytes()
    }

    fn decode(&self, body: &[u8], model: &Model, texts: usize) -> Result<EmbeddingsResponse, FormatError> {
        let answer = parse(body)?;
        let Some(items) = answer["embeddings"].as_array() else {
            return Err(FormatError::Malformed("the answer has no `embeddings`".to_owned()));
        };
        let vectors: Result<Vec<_>, _> = items.iter().map(|item| vector(&item["values"])).collect();
        checked(EmbeddingsResponse::new(&model.name, vectors?), texts)
    }
}
