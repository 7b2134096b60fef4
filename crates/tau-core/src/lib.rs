//! The vocabulary of an agent runtime: what a message, a tool call, a model, a configuration and a durable
//! event *are*, and nothing about what is done with them.
//!
//! # Why it exists
//!
//! An agent is built of parts that must agree on a handful of nouns: the client that talks to a model, the
//! tools, the history, the loop, the journal. When each has its own message type, every edge between them is
//! a lossy conversion: reasoning signatures vanish, argument text is re-serialised, unknown finish reasons
//! become errors. This crate is the one place for those nouns, and its types are chosen so that nothing a
//! model or a provider said is lost:
//!
//! - A [`Message`] is an *ordered* list of [`ContentBlock`]s; the order of text, reasoning and tool calls is
//!   kept as the model gave it.
//! - [`Reasoning`] carries the provider's opaque data [byte for byte](Opaque).
//! - [`ToolArguments`] keeps the text the model wrote beside what it parses to. Text that is not JSON stays
//!   visible as such; it is never repaired.
//! - A [`FinishReason`] this version does not know is kept, not rejected; so is the [record](event::Record) of an
//!   event it cannot open.
//!
//! # What it does not do
//!
//! No I/O, no async, no HTTP, no protobuf. The types are not wire types: providers' formats and the runtime's
//! interface convert at their own edge. A type is admitted when two crates need it.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | agent, provider, model and client configuration: defaults, merging, validation |
//! | [`event`] | the durable session event: vocabulary, version, hash chain |
//! | the crate root | messages, tools, responses, usage, models, ids, durations, secrets |
//!
//! # Example
//!
//! ```
//! use tau_core::{ContentBlock, Message, ToolArguments, ToolCall, ToolCallId};
//!
//! let call = ToolCall::new(ToolCallId::new("call_1"), "read", ToolArguments::parse(r#"{"path":"a.rs"}"#));
//! assert_eq!(call.arguments.value().unwrap()["path"], "a.rs");
//!
//! let reply = Message::assistant([ContentBlock::text("Let me look."), ContentBlock::ToolCall(call)]);
//! assert_eq!(reply.tool_calls().count(), 1);
//! ```

pub mod config;
pub mod event;

mod content;
mod duration;
mod finish;
mod id;
mod message;
mod model;
mod money;
mod protocol;
mod response;
mod secret;
mod tool;
mod usage;

pub use content::{ContentBlock, Image, ImageSource, Opaque, Reasoning};
pub use duration::{HumanDuration, ParseDurationError};
pub use finish::FinishReason;
pub use id::{EventId, ParseIdError, RunId, SessionId, ToolCallId};
pub use message::{Message, Role};
pub use model::{Capabilities, Model, ModelRef, ParseModelRefError, Prices};
pub use money::{Money, ParseMoneyError};
pub use protocol::{ParseProtocolError, Protocol};
pub use response::{ChatResponse, EmbeddingsResponse, Transcription, TranscriptionSegment};
pub use secret::{Secret, redact_url};
pub use tool::{EffectClass, ToolArguments, ToolCall, ToolDefinition, ToolResult, ToolResultBlock};
pub use usage::TokenUsage;
