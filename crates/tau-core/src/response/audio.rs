//! The answer to a transcription request.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::usage::TokenUsage;

/// The words of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Transcription {
    /// All words.
    pub text: String,
    /// The language, as the provider names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Parts with their times, when asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub segments: Vec<TranscriptionSegment>,
    /// Tokens, when the provider told them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<TokenUsage>,
}

impl Transcription {
    /// A transcription of words alone.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), language: None, segments: Vec::new(), usage: None }
    }
}

/// A part of a transcription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TranscriptionSegment {
    /// From the start of the recording.
    pub start: Duration,
    /// From the start of the recording.
    pub end: Duration,
    /// The words between.
    pub text: String,
}

impl TranscriptionSegment {
    /// A part between two times from the start of the recording.
    pub fn new(start: Duration, end: Duration, text: impl Into<String>) -> Self {
        Self { start, end, text: text.into() }
    }
}
