//! Talking to models: one streaming client, whatever the wire format, whoever the provider.
//!
//! # Why it exists
//!
//! "OpenAI-compatible" is a family resemblance: servers differ in how they index tool calls, where they put
//! usage, how they end a stream and how they report errors. An agent meets all of it, thousands of times a
//! day, and each difference that a client reads wrongly is a lost turn. So decoding here is value-first and
//! lenient about everything that does not matter, and strict about the one thing that does: **a reply is
//! complete only after the server said so**. A stream that breaks off is a typed error, never a short reply.
//!
//! Format and provider are separate axes:
//!
//! - A [`Format`](format::Format) turns requests into bytes and streamed bytes into [`StreamEvent`]s.
//! - A [`Transport`](transport::Transport) moves bytes: over [HTTP](transport::HttpTransport), or out of a
//!   [recording](transport::ReplayTransport), so that replayed models go through the same encoder and decoder.
//! - A [`Provider`](provider::Provider) is a place where models are: its address, how it wants its key, what it wants
//!   otherwise than the format says. Most are a few lines of data.
//! - An [`Agent`] is a model at a provider: all of the above with credential, options and retries.
//!
//! Each message's wire bytes are made once and kept in a [`WireCache`], and the body of a request is a list of
//! shared slices: what encoding a turn costs does not grow with the history, and the bytes sent for a prefix stay the
//! same bytes, which is what providers' prompt caches reward.
//!
//! # What it does not do
//!
//! It runs no tools, keeps no history and has no loop. It reads no environment variable and no file: keys come
//! in with the configuration.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`mod@format`] | wire formats, one folder each, and their registry |
//! | [`provider`] | providers, one file each, their registry, and credentials that are renewed |
//! | [`transport`] | HTTP and replay |
//! | `mock` | a model that answers by script, with the feature `mock` |
//! | [`prices`] | what models cost and hold, where nobody configured it |
//! | [`probe`] | finding out what a model can do |
//! | [`tokens`] | counting, exact with the feature `tokens` |
//! | the crate root | the agent, requests, stream events, errors; [`Limits`] that sessions share, [`Recorder`] |
//!
//! # Example
//!
//! A recorded model answers; nothing leaves the machine.
//!
//! ```
//! use std::sync::Arc;
//! use tau_agent::{Agent, ChatRequest, WireCache, transport::{Recording, ReplayTransport}};
//! use tau_core::{ContentBlock, Message};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! let recording: Recording = r#"
//!   {"tau_recording":1,"format":"openai-chat","model":"greeter"}
//!   {"request":{"model":"greeter","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hi"}]}}
//!   {"response":{"events":[{"choices":[{"delta":{"content":"Hello!"},"finish_reason":"stop"}]}]}}
//! "#.parse().unwrap();
//! let agent = Agent::replay(Arc::new(ReplayTransport::new(recording))).unwrap();
//!
//! let messages = [Arc::new(Message::user([ContentBlock::text("Hi")]))];
//! let reply = agent.chat(ChatRequest::new(&messages), &mut WireCache::default()).await.unwrap();
//! assert_eq!(*reply.content, [ContentBlock::text("Hello!")]);
//! # });
//! ```

pub mod format;
#[cfg(feature = "mock")]
pub mod mock;
pub mod prices;
pub mod probe;
pub mod provider;
pub mod tokens;
pub mod transport;

mod agent;
mod ask;
mod attempt;
mod error;
mod exchange;
mod images;
mod limits;
mod output;
mod record;
mod request;
mod retry;
mod said;
mod secrets;
mod stream;
mod target;

pub use agent::{Agent, AgentSetupError};
pub use ask::StructuredResponse;
pub use error::{AgentError, Endpoint};
pub use limits::{Awaited, Limits};
pub use output::OutputSchema;
pub use record::Recorder;
pub use request::{ChatRequest, EmbeddingsRequest, Marks, TranscriptionRequest, WireBody, WireCache};
pub use stream::{ChatStream, StreamEvent};
