//! Tests of tau-agent through its public names: the encoder, the decoder, real connections, recordings.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes helpers of tests for ordinary code"
)]

#[cfg(feature = "bedrock")]
mod bedrock;
mod cassettes;
mod credentials;
mod faults;
mod formats;
mod fuzz;
mod http_errors;
mod http_secrets;
#[cfg(feature = "images")]
mod images;
mod list_models;
mod openai_chat_decode;
mod openai_chat_encode;
mod policy;
mod probe;
mod providers;
mod record;
mod replay;
mod structured;
mod support;
