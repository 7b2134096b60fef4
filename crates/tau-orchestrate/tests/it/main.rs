//! Integration tests of tau-orchestrate.

#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

mod chain;
mod conditional;
mod hub;
mod observe;
mod parallel;
mod parallel_properties;
mod support;
#[cfg(feature = "tracing")]
mod tracing;
