//! Containers, where the machine has an engine.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "clippy takes helpers of tests for ordinary code"
)]

mod commands;
mod image;
mod refused;
