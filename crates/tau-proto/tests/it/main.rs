//! Tests of the wire forms of the interface, and of what is generated beside them.

#![expect(clippy::unwrap_used, reason = "helpers of tests, outside of #[test] functions")]

mod attach;
#[cfg(feature = "rpc")]
mod descriptors;
mod event;
mod messages;
#[cfg(feature = "rpc")]
mod services;
mod strategies;
#[cfg(feature = "rpc")]
mod validators;
