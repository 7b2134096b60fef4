//! The patterns most coordinated work is made of.
//!
//! | pattern | shape | fails with |
//! |---|---|---|
//! | [`Chain`] | one step after another, each taking the state the one before left | [`ChainError`] |
//! | [`Parallel`] | the same step over many items at once, results in the order of the items | [`ParallelError`], [`ItemError`] |
//! | [`Conditional`] | one of several named handlers, chosen by looking at the state | [`ConditionalError`] |
//! | [`Refine`] | a draft made, judged, and made again until it is accepted | [`RefineError`] |
//! | [`Delegate`] | a step that splits the work, a [`Parallel`] that does the parts, a step that puts them together | [`DelegateError`] |
//!
//! Routing by a model is a [`Conditional`] whose key function reads what the model said. Each of them is a node of a
//! [graph](crate::graph) as it is: a node is an asynchronous function, and their errors are errors of nodes.
//!
//! They take a name for the events and errors, an [`Observer`](crate::observe::Observer) and a
//! [`CancellationToken`](tokio_util::sync::CancellationToken), can be run any number of times, also at once, and borrow
//! nothing from each other: a step of one may run another.

mod chain;
mod conditional;
mod delegate;
mod parallel;
mod refine;
mod scope;

pub(crate) use scope::Scope;

pub use chain::{Capture, Chain, ChainError, ChainErrorKind, ChainOutput};
pub use conditional::{
    Conditional, ConditionalBuildError, ConditionalBuildErrorKind, ConditionalBuilder, ConditionalError,
    ConditionalErrorKind, DEFAULT_ROUTE,
};
pub use delegate::{Delegate, DelegateError};
pub use parallel::{Concurrency, ItemError, ItemErrorKind, Parallel, ParallelError, ParallelErrorKind};
pub use refine::{Refine, RefineError, RefineErrorKind, RefineOutput, Verdict};
