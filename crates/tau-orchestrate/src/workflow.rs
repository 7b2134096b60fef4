//! The three patterns most coordinated work is made of.
//!
//! | pattern | shape | fails with |
//! |---|---|---|
//! | [`Chain`] | one step after another, each taking the state the one before left | [`ChainError`] |
//! | [`Parallel`] | the same step over many items at once, results in the order of the items | [`ParallelError`], [`ItemError`] |
//! | [`Conditional`] | one of several named handlers, chosen by looking at the state | [`ConditionalError`] |
//!
//! All three take a name for the events and errors, an [`Observer`](crate::observe::Observer) and a
//! [`CancellationToken`](tokio_util::sync::CancellationToken), can be run any number of times, also at once, and borrow
//! nothing from each other: a step of one may run another.

mod chain;
mod conditional;
mod parallel;
mod scope;

pub(crate) use scope::Scope;

pub use chain::{Capture, Chain, ChainError, ChainErrorKind, ChainOutput};
pub use conditional::{
    Conditional, ConditionalBuildError, ConditionalBuildErrorKind, ConditionalBuilder, ConditionalError,
    ConditionalErrorKind, DEFAULT_ROUTE,
};
pub use parallel::{Concurrency, ItemError, ItemErrorKind, Parallel, ParallelError, ParallelErrorKind};
