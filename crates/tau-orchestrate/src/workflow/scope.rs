//! What every workflow carries: its name, its observer and its cancellation token.

use std::fmt;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::observe::{Event, EventKind, NoOpObserver, Observer, Pattern, Progress};

#[derive(Clone)]
pub(crate) struct Scope {
    pub(crate) pattern: Pattern,
    pub(crate) workflow: Arc<str>,
    pub(crate) observer: Arc<dyn Observer>,
    pub(crate) cancellation: CancellationToken,
}

impl Scope {
    /// A scope nobody observes and nobody cancels.
    pub(crate) fn new(pattern: Pattern, workflow: Arc<str>) -> Self {
        Self { pattern, workflow, observer: Arc::new(NoOpObserver), cancellation: CancellationToken::new() }
    }

    /// Builds and hands over an event, if the observer wants one of this level.
    pub(crate) fn emit(&self, kind: EventKind, fill: impl FnOnce(&mut Event)) {
        if self.observer.enabled(kind.level()) {
            let mut event = Event::new(self.pattern, Arc::clone(&self.workflow), kind);
            fill(&mut event);
            self.observer.observe(&event);
        }
    }

    /// An event about the run as a whole.
    pub(crate) fn emit_run(&self, kind: EventKind, progress: Progress) {
        self.emit(kind, |event| event.progress = Some(progress));
    }

    /// An event about the step or item at `index`.
    pub(crate) fn emit_step(&self, kind: EventKind, index: usize, progress: Progress) {
        self.emit(kind, |event| {
            event.index = Some(index);
            event.progress = Some(progress);
        });
    }

    /// An event about the step or item at `index` that went wrong in the way `reason` displays.
    pub(crate) fn emit_failure(
        &self,
        kind: EventKind,
        index: usize,
        progress: Progress,
        reason: &dyn fmt::Display,
    ) {
        self.emit(kind, |event| {
            event.index = Some(index);
            event.progress = Some(progress);
            event.message = Some(reason.to_string().into());
        });
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("pattern", &self.pattern)
            .field("workflow", &self.workflow)
            .field("cancelled", &self.cancellation.is_cancelled())
            .finish_non_exhaustive()
    }
}
