//! Tests of agent projects through the crate's public interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not tests to clippy")]

mod agents;
mod hooks_ask;
mod hooks_declare;
#[cfg(feature = "http")]
mod hooks_http;
mod hooks_run;
mod hooks_support;
mod settings;
mod skills;
mod tree;
mod trust;
