//! Tests of the kernel, of its driver, of events on the wire and of what the model is told first.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are not tests to clippy"
)]

mod attach;
mod driver;
mod gate;
mod kernel;
mod runtime;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod server_http;
mod system_prompt;
mod wire;
