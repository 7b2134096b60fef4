//! Embeddings: texts in, vectors out.

use std::fmt;

use ::url::Url;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tau_core::{EmbeddingsResponse, Model};

use super::FormatError;
use crate::request::EmbeddingsRequest;

/// How embeddings are asked for, and their answer read.
pub trait EmbeddingsFormat: fmt::Debug + Send + Sync {
    /// Where requests go, below the provider's address.
    fn url(&self, base: &Url, model: &str) -> Url;

    /// The bytes of a request.
    fn encode(&self, model: &Model, request: &EmbeddingsRequest<'_>) -> Vec<u8>;

    /// Reads the answer to a request of so many texts.
    ///
    /// # Errors
    /// When it is none, or its vectors are not one for each text, all of one length.
    fn decode(&self, body: &[u8], model: &Model, texts: usize) -> Result<EmbeddingsResponse, FormatError>;
}

/// The JSON of an answer.
pub(super) fn parse(body: &[u8]) -> Result<Value, FormatError> {
    serde_json::from_slice(body).map_err(|error| FormatError::Malformed(error.to_string()))
}

/// A vector: numbers, or their bytes (little-endian `f32`) in base64.
pub(super) fn vector(value: &Value) -> Result<Vec<f32>, FormatError> {
    let malformed = || FormatError::Malformed("an embedding is not a list of numbers".to_owned());
    match value {
        Value::Array(numbers) => {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "vectors are kept as f32, as the models make them"
            )]
            let number = |value: &Value| value.as_f64().map(|number| number as f32).ok_or_else(malformed);
            numbers.iter().map(number).collect()
        }
        Value::String(text) => {
            let bytes = BASE64_STANDARD.decode(text).map_err(|_| malformed())?;
            let (numbers, rest) = bytes.as_chunks::<4>();
            if rest.is_empty() {
                Ok(numbers.iter().copied().map(f32::from_le_bytes).collect())
            } else {
                Err(malformed())
            }
        }
        _ => Err(malformed()),
    }
}

/// The answer, once its vectors are one for each text and all of one length.
pub(super) fn checked(response: EmbeddingsResponse, texts: usize) -> Result<EmbeddingsResponse, FormatError> {
    let vectors = &response.embeddings;
    if vectors.len() != texts {
        let problem = format!("{} embeddings for {texts} texts", vectors.len());
        return Err(FormatError::Malformed(problem));
    }
    if vectors.windows(2).any(|pair| pair[0].len() != pair[1].len()) {
        return Err(FormatError::Malformed("the embeddings are not of one length".to_owned()));
    }
    Ok(response)
}
