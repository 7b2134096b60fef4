//! Integration tests, against real servers in processes of their own: `examples/fixture_server.rs` and
//! `examples/asking_server.rs`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes helpers of tests for ordinary code"
)]

mod asking;
mod call;
mod config;
mod connect;
mod http;
// Whether a process runs is read from `/proc`.
#[cfg(target_os = "linux")]
mod pool;
#[cfg(target_os = "linux")]
mod process;
mod registry;
mod search;
mod support;
