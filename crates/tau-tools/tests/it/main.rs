//! Tests of the tool system through its public interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not tests to clippy")]

mod bash;
mod conformance;
mod definitions;
mod edit;
mod environment_conformance;
mod glob;
mod grep;
mod local;
mod output;
mod permission;
mod process;
mod read;
mod registry;
mod results;
#[cfg(feature = "sandbox")]
mod sandboxed;
mod scope;
mod support;
mod undo;
mod write;
