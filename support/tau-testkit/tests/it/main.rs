//! The scripted server, seen through raw TCP.

#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

mod server;
