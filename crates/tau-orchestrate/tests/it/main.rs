//! Integration tests of tau-orchestrate.

#![expect(clippy::unwrap_used, reason = "clippy takes helpers of tests for ordinary code")]

mod chain;
mod conditional;
#[cfg(feature = "declared")]
mod declared;
mod graph_build;
mod graph_policy;
mod graph_questions;
mod graph_run;
mod graph_stream;
mod hub;
#[cfg(feature = "sqlite")]
mod kill;
mod langgraph;
mod observe;
mod parallel;
mod parallel_properties;
#[cfg(all(feature = "postgres", feature = "sqlite"))]
mod postgres;
mod refine;
mod runs;
mod scheduler_properties;
#[cfg(feature = "sqlite")]
mod secrets;
mod state;
mod state_properties;
#[cfg(feature = "sqlite")]
mod stores;
mod support;
#[cfg(feature = "tracing")]
mod tracing;
mod workflow_nodes;
