//! What models answer, one type for each way of asking.

mod audio;
mod chat;
mod embeddings;

pub use audio::{Transcription, TranscriptionSegment};
pub use chat::ChatResponse;
pub use embeddings::EmbeddingsResponse;
