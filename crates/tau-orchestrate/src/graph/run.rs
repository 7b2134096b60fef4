//! One run of a graph.
//!
//! `machine` is what a run is, and changes by entries of its log alone; `schedule` says which tasks come next; both are pure.
//! `driver` runs tasks (`task`), stores entries (`log`) and tells what happens (`stream`).

mod driver;
mod error;
mod log;
mod machine;
mod options;
mod outcome;
mod replay;
mod schedule;
mod scope;
mod stream;
mod task;

pub use error::{RunError, RunErrorKind};
pub use options::{Durability, OnCompletion, Run};
pub use outcome::Outcome;
pub use stream::{Modes, Part, RunStream, TaskResult};

pub(crate) use machine::Machine;
pub(super) use options::Start;
pub(super) use scope::Scope;
