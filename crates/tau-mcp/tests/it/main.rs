//! Integration tests, against a real server in a process of its own: `examples/fixture_server.rs`.

mod call;
mod config;
mod connect;
mod process;
mod registry;
mod support;
