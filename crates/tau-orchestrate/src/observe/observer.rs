//! The observer port and its small implementations.

use std::fmt;
use std::sync::Arc;

use super::event::{Event, Level};

/// A synchronous sink of [`Event`]s.
///
/// A workflow calls its observer between its own steps, on its own task, so an implementer must return quickly, must
/// not block, and must not panic: a panic reaches whoever awaits the workflow. An observer cannot change what a workflow
/// does. See the [module](crate::observe) for the order in which events arrive.
pub trait Observer: Send + Sync {
    /// Takes notice of `event`.
    fn observe(&self, event: &Event);

    /// Whether events of `level` are wanted. Where it says no, a workflow does not even build the event.
    ///
    /// The answer may change during a run. A caller that asks nothing and observes anyway is correct too.
    fn enabled(&self, level: Level) -> bool {
        let _ = level;
        true
    }
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event) {
        (**self).observe(event);
    }

    fn enabled(&self, level: Level) -> bool {
        (**self).enabled(level)
    }
}

impl<O: Observer + ?Sized> Observer for Box<O> {
    fn observe(&self, event: &Event) {
        (**self).observe(event);
    }

    fn enabled(&self, level: Level) -> bool {
        (**self).enabled(level)
    }
}

/// Wants no event.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "having no state is its definition")]
pub struct NoOpObserver;

impl Observer for NoOpObserver {
    fn observe(&self, _event: &Event) {}

    fn enabled(&self, _level: Level) -> bool {
        false
    }
}

/// An observer that calls a closure with every event. Made by [`from_fn`].
#[derive(Clone, Copy)]
pub struct FnObserver<F>(F);

/// Makes an observer of a closure: the shortest way to a progress display.
pub fn from_fn<F: Fn(&Event) + Send + Sync>(callback: F) -> FnObserver<F> {
    FnObserver(callback)
}

impl<F: Fn(&Event) + Send + Sync> Observer for FnObserver<F> {
    fn observe(&self, event: &Event) {
        (self.0)(event);
    }
}

impl<F> fmt::Debug for FnObserver<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnObserver").finish_non_exhaustive()
    }
}

/// Hands each event to several observers, in the order they were added, skipping those that do not want its level.
#[derive(Clone, Default)]
pub struct MultiObserver {
    observers: Vec<Arc<dyn Observer>>,
}

impl MultiObserver {
    /// Observes nothing until an observer is added.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `observer` behind those already there.
    #[must_use]
    pub fn with(mut self, observer: impl Observer + 'static) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }
}

impl Observer for MultiObserver {
    fn observe(&self, event: &Event) {
        for observer in self.observers.iter().filter(|observer| observer.enabled(event.level)) {
            observer.observe(event);
        }
    }

    fn enabled(&self, level: Level) -> bool {
        self.observers.iter().any(|observer| observer.enabled(level))
    }
}

impl fmt::Debug for MultiObserver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MultiObserver").field("observers", &self.observers.len()).finish()
    }
}
