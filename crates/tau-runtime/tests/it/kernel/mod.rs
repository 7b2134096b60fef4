//! The kernel, operation by operation: exact events and effects.

mod budget;
mod cancel;
mod fork;
mod hooks;
mod import;
mod permission;
mod plan;
mod prompt;
mod question;
mod subagent;
pub(crate) mod support;
mod tools;
mod turn;
