//! Integration tests, against a real server in a process of its own: `examples/fixture_server.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes helpers of tests for ordinary code"
)]

mod call;
mod config;
mod connect;
// Whether a process runs is read from `/proc`.
#[cfg(target_os = "linux")]
mod process;
mod registry;
mod support;
