//! The kernel, operation by operation: exact events and effects.

mod agents;
mod budget;
mod cancel;
mod fork;
mod hooks;
mod import;
mod permission;
mod plan;
mod prompt;
mod question;
mod skills;
mod subagent;
pub(crate) mod support;
mod tools;
mod turn;
