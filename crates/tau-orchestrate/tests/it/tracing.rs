use std::fmt;
use std::sync::{Arc, Mutex};

use tau_orchestrate::observe::{Event, EventKind, Level, Observer, Pattern, Progress, TracingObserver};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

/// A subscriber that writes each log event of level INFO and above as one line.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::INFO
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(format!("{} {}", event.metadata().level(), event.metadata().target()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn events_become_log_events_of_the_same_level_with_their_fields() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.clone(), || {
        let mut event = Event::new(Pattern::Parallel, "review", EventKind::StepFailed);
        event.index = Some(2);
        event.progress = Some(Progress::of(3));
        event.message = Some("timed out".into());
        TracingObserver.observe(&event);
        let mut event = Event::new(Pattern::Conditional, "desk", EventKind::RouteSelected);
        event.route = Some("refund".into());
        TracingObserver.observe(&event);
        TracingObserver.observe(&Event::new(Pattern::Chain, "sum", EventKind::WorkflowFailed));
        TracingObserver.observe(&Event::new(Pattern::Chain, "sum", EventKind::StepStarted)); // below INFO

        assert!(TracingObserver.enabled(Level::Info));
        assert!(!TracingObserver.enabled(Level::Debug));
    });
    assert_eq!(
        *lines.0.lock().unwrap(),
        [
            "WARN tau_orchestrate kind=\"step.failed\" pattern=\"parallel\" workflow=\"review\" index=2 completed=0 failed=0 total=3 message=\"timed out\"",
            "INFO tau_orchestrate kind=\"route.selected\" pattern=\"conditional\" workflow=\"desk\" route=\"refund\" message=\"route.selected\"",
            "ERROR tau_orchestrate kind=\"workflow.failed\" pattern=\"chain\" workflow=\"sum\" message=\"workflow.failed\"",
        ]
    );
}
