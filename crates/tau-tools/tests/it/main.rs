//! Tests of the tool system through its public interface.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not tests to clippy")]

mod alias;
mod apply_patch;
mod bash;
mod concurrency;
mod conformance;
mod definitions;
mod edit;
mod environment_conformance;
mod glob;
mod grep;
mod jobs;
mod local;
mod output;
mod permission;
mod process;
mod read;
mod real_tree;
mod registry;
mod results;
mod rich;
#[cfg(feature = "sandbox")]
mod sandboxed;
mod scope;
mod small_tools;
mod support;
mod undo;
mod web_fetch;
mod write;
