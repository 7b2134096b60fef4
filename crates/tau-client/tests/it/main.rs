//! A client against the runtime itself, in the same process and over connections that break.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "helpers of tests are not tests to clippy, and the example prints"
)]

mod attach;
mod example;
mod runs;
mod sessions;
mod support;
#[cfg(feature = "tls")]
mod tls;
mod unreliable;
