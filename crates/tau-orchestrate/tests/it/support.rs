//! What the tests share: a recording observer, a check of the guarantees about events, an error type.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use tau_orchestrate::observe::{Event, EventKind, Observer};

/// Keeps every event.
#[derive(Debug, Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Event>>>);

impl Recorder {
    pub(crate) fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    /// The events as lines, after checking the guarantees of the `observe` module.
    pub(crate) fn lines(&self) -> Vec<String> {
        let events = self.events();
        check_well_formed(&events);
        events.iter().map(ToString::to_string).collect()
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event) {
        self.0.lock().unwrap().push(event.clone());
    }
}

/// Fails unless `events` are those of exactly one run, as the `observe` module promises them.
pub(crate) fn check_well_formed(events: &[Event]) {
    let is_end = |event: &Event| {
        matches!(
            event.kind,
            EventKind::WorkflowCompleted
                | EventKind::WorkflowFailed
                | EventKind::WorkflowCancelled
                | EventKind::WorkflowWaiting
        )
    };
    assert_eq!(events.first().map(|event| event.kind), Some(EventKind::WorkflowStarted));
    assert!(events.last().is_some_and(is_end), "the last event ends no workflow: {events:?}");
    assert_eq!(events.iter().filter(|event| is_end(event)).count(), 1);
    let mut running = BTreeSet::new();
    let (mut completed, mut failed) = (0, 0);
    for event in events {
        assert_eq!(event.level, event.kind.level());
        match event.kind {
            EventKind::StepStarted => assert!(running.insert(event.index), "started twice: {event}"),
            EventKind::StepCompleted
            | EventKind::StepFailed
            | EventKind::StepCancelled
            | EventKind::StepWaiting => {
                assert!(running.remove(&event.index), "ended without being started: {event}");
                completed += usize::from(event.kind == EventKind::StepCompleted);
                failed += usize::from(event.kind == EventKind::StepFailed);
            }
            _ => {}
        }
        if let Some(progress) = event.progress {
            assert_eq!((progress.completed, progress.failed), (completed, failed), "wrong count: {event}");
        }
    }
    assert!(running.is_empty(), "started and never ended: {running:?}");
}

/// An error with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Oops(pub(crate) &'static str);

impl fmt::Display for Oops {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Oops {}

/// Runs `future` on a fresh single-threaded runtime, where the order of tasks is the same every time.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
