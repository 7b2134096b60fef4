//! Environments that extensions give.

mod choice;
mod commands;
#[path = "../../../../../tau-tools/tests/it/conformance.rs"]
mod conformance;
mod hostile;
mod loss;
mod played;
pub(crate) mod provider;
mod same;
pub(crate) mod support;
