//! Tests of the vocabulary, through its public names alone.

#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

mod config_merge;
mod config_resolve;
mod config_toml;
mod config_validate;
mod content;
mod duration;
mod events;
mod finish_reason;
mod fixture;
mod hash_chain;
mod ids;
mod model_ref;
mod protocol;
mod samples;
#[cfg(feature = "schema")]
mod schema;
mod secret;
mod strategies;
mod tool_arguments;
mod usage_money;
