//! Environments that extensions give.

mod choice;
mod commands;
#[path = "../../../../../tau-tools/tests/it/conformance.rs"]
mod conformance;
mod hostile;
mod loss;
mod played;
mod provider;
mod same;
mod support;
