//! Tests of the fold through its public interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not tests to clippy")]

mod compaction;
mod conversation;
mod history;
mod overview;
mod properties;
mod report;
mod strategies;
mod support;
mod tokens;
