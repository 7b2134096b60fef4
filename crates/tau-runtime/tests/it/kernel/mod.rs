//! The kernel, operation by operation: exact events and effects.

mod budget;
mod cancel;
mod permission;
mod prompt;
pub(crate) mod support;
mod tools;
mod turn;
