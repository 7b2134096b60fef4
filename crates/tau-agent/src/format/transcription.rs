//! Transcription: audio in, words out.

use std::fmt;

use ::url::Url;
use tau_core::{Model, Transcription};

use super::FormatError;
use crate::request::TranscriptionRequest;

/// How a transcription is asked for, and its answer read.
pub trait TranscriptionFormat: fmt::Debug + Send + Sync {
    /// Where requests go, below the provider's address.
    fn url(&self, base: &Url, model: &str) -> Url;

    /// The media type and the bytes of a request.
    fn encode(&self, model: &Model, request: &TranscriptionRequest<'_>) -> (String, Vec<u8>);

    /// Reads the answer.
    ///
    /// # Errors
    /// When it is none.
    fn decode(&self, body: &[u8]) -> Result<Transcription, FormatError>;
}
