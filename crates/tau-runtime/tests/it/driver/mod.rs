//! The driver: one session at work, with a model and tools that the test plays.

mod agents;
mod attachment;
mod cancel;
mod compaction;
mod durability;
mod ending;
mod fork;
mod hooks;
mod hooks_more;
pub(crate) mod journal;
pub(crate) mod model;
mod people;
mod permission;
mod prefix;
mod queue;
mod resume;
mod selection;
mod streaming;
mod subagents;
mod subscription;
pub(crate) mod support;
mod tools;
mod unreliable;
