//! The answer to an embeddings request.

use serde::{Deserialize, Serialize};

use crate::usage::TokenUsage;

/// One vector for each text asked about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EmbeddingsResponse {
    /// The model that answered.
    pub model: String,
    /// The vectors, in the order of the texts, all of one length.
    pub embeddings: Vec<Vec<f32>>,
    /// Tokens, when the provider told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
}

impl EmbeddingsResponse {
    /// An answer of a model.
    pub fn new(model: impl Into<String>, embeddings: Vec<Vec<f32>>) -> Self {
        Self { model: model.into(), embeddings, usage: None }
    }
}
