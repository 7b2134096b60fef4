//! What a running workflow tells the outside: [`Event`]s, handed to an [`Observer`].
//!
//! A workflow carries exactly one observer. [`NoOpObserver`] is the default and costs one virtual call per event;
//! [`MultiObserver`] fans out to several, [`ChannelObserver`] hands events to another task without ever blocking,
//! [`from_fn`] makes an observer of a closure, and `TracingObserver` (feature `tracing`) writes structured log events.
//!
//! A [`Registry`] finds observers by name, and an [`ObserverConfig`] says which of them are wanted, and from which level on.
//!
//! Guarantees a workflow gives its observer, as long as its future is polled to the end:
//!
//! - the events of one run arrive one after another and never concurrently, the first is
//!   [`EventKind::WorkflowStarted`], the last is one of `WorkflowCompleted`, `WorkflowFailed`, `WorkflowCancelled`,
//!   `WorkflowWaiting`;
//! - each [`EventKind::StepStarted`] is followed by exactly one of `StepCompleted`, `StepFailed`, `StepCancelled`,
//!   `StepWaiting` with the same index.
//!
//! Not guaranteed: a time stamp (an observer that needs one takes it on arrival), and any event after the future of a
//! run was dropped. Two runs of workflows with the same name cannot be told apart; give each its own name for that.

mod channel;
mod event;
mod observer;
mod registry;
#[cfg(feature = "tracing")]
mod tracing;

pub use channel::{ChannelObserver, EventReceiver};
pub use event::{Event, EventKind, Level, Pattern, Progress};
pub use observer::{FnObserver, MultiObserver, NoOpObserver, Observer, from_fn};
pub use registry::{Filtered, ObserverConfig, Registry, UnknownObserver};

#[cfg(feature = "tracing")]
pub use tracing::TracingObserver;
