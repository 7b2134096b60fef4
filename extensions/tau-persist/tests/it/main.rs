//! Integration tests. The conformance suite runs over every store.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "clippy takes helpers of tests for ordinary code"
)]

mod conformance;
mod crash;
mod damage;
mod groups;
mod growth;
mod journal;
mod layers;
mod migration;
mod model;
mod operations;
mod places;
mod processes;
mod program;
mod steps;
mod support;
mod torn;
mod transfer;
