use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures::StreamExt as _;
use tau_orchestrate::observe::{
    ChannelObserver, Event, EventKind, Level, MultiObserver, NoOpObserver, Observer, Pattern, from_fn,
};
use tau_orchestrate::workflow::{Chain, Parallel};

use crate::support::{Oops, Recorder, check_well_formed};

/// Wants warnings and worse only.
struct Warnings(Recorder);

impl Observer for Warnings {
    fn observe(&self, event: &Event) {
        self.0.observe(event);
    }

    fn enabled(&self, level: Level) -> bool {
        level >= Level::Warn
    }
}

fn event(index: usize) -> Event {
    let mut event = Event::new(Pattern::Chain, "test", EventKind::StepStarted);
    event.index = Some(index);
    event
}

fn capacity(capacity: usize) -> NonZeroUsize {
    NonZeroUsize::new(capacity).unwrap()
}

#[test]
fn levels_are_ordered_as_their_numbers_are() {
    let levels = [Level::Trace, Level::Debug, Level::Info, Level::Warn, Level::Error];
    assert!(levels.is_sorted());
    assert_eq!(levels.map(Level::severity_number), [1, 5, 9, 13, 17]);
}

#[tokio::test]
async fn multi_hands_on_to_each_what_it_wants() {
    let (all, warnings, count) = (Recorder::default(), Recorder::default(), Arc::new(AtomicUsize::new(0)));
    let counter = Arc::clone(&count);
    let multi =
        MultiObserver::new().with(all.clone()).with(NoOpObserver).with(Warnings(warnings.clone())).with(
            from_fn(move |_| {
                counter.fetch_add(1, Ordering::Relaxed);
            }),
        );
    let chain = Chain::new("c").with_observer(multi);
    chain.run(0, [1, 2], async |_, item| if item == 1 { Ok(1) } else { Err(Oops("no")) }).await.unwrap_err();
    assert_eq!(all.lines().len(), 6);
    assert_eq!(count.load(Ordering::Relaxed), 6);
    assert_eq!(
        warnings.events().iter().map(|event| event.kind).collect::<Vec<_>>(),
        [EventKind::StepFailed, EventKind::WorkflowFailed]
    );
}

#[test]
fn multi_wants_a_level_if_any_of_its_observers_does() {
    let warnings = || Warnings(Recorder::default());
    assert!(!MultiObserver::new().enabled(Level::Error));
    assert!(!MultiObserver::new().with(NoOpObserver).enabled(Level::Error));
    let multi = MultiObserver::new().with(NoOpObserver).with(Arc::new(warnings()) as Arc<dyn Observer>);
    assert!(multi.enabled(Level::Warn) && !multi.enabled(Level::Info));
    let boxed: Box<dyn Observer> = Box::new(warnings());
    assert!(boxed.enabled(Level::Warn) && !boxed.enabled(Level::Info));
}

#[tokio::test]
async fn an_observer_that_does_not_want_a_level_is_not_called() {
    let recorder = Recorder::default();
    let parallel = Parallel::new("p").with_observer(Warnings(recorder.clone()));
    parallel.fail_fast(0..3, async |item| Ok::<_, Oops>(item)).await.unwrap();
    assert_eq!(recorder.events(), []);
}

#[tokio::test]
async fn a_full_channel_keeps_the_oldest_and_counts_the_rest() {
    let (observer, mut receiver) = ChannelObserver::new(capacity(2));
    for index in 0..5 {
        observer.observe(&event(index));
    }
    assert_eq!((observer.dropped(), receiver.dropped()), (3, 3));
    assert_eq!(receiver.recv().await, Some(event(0)));
    observer.clone().observe(&event(5)); // there is room again
    assert_eq!(receiver.try_recv(), Some(event(1)));
    assert_eq!(receiver.try_recv(), Some(event(5)));
    assert_eq!(receiver.try_recv(), None);
    drop(observer);
    assert_eq!(receiver.recv().await, None);
    assert_eq!(receiver.dropped(), 3);
}

#[test]
fn a_channel_nobody_reads_counts_and_does_not_fail() {
    let (observer, receiver) = ChannelObserver::new(NonZeroUsize::MAX);
    drop(receiver);
    observer.observe(&event(0));
    assert_eq!(observer.dropped(), 1);
}

#[tokio::test]
async fn a_channel_carries_a_run_to_another_task() {
    let (observer, receiver) = ChannelObserver::new(capacity(64));
    let reader = tokio::spawn(receiver.collect::<Vec<_>>());
    let parallel = Parallel::new("p").with_observer(observer);
    parallel.fail_fast(0..10, async |item| Ok::<_, Oops>(item)).await.unwrap();
    drop(parallel);
    let events = reader.await.unwrap();
    check_well_formed(&events);
    assert_eq!(events.len(), 22);
}

#[tokio::test]
async fn a_full_channel_never_holds_a_workflow_up() {
    let (observer, mut receiver) = ChannelObserver::new(capacity(1));
    let chain = Chain::new("c").with_observer(observer);
    chain.run(0, 0..1_000, async |sum, item| Ok::<_, Oops>(sum + item)).await.unwrap();
    assert_eq!(receiver.try_recv().unwrap().kind, EventKind::WorkflowStarted);
    assert_eq!(receiver.dropped(), 2_001);
}

#[test]
fn observers_are_found_by_name() {
    use tau_orchestrate::observe::{Event, EventKind, Level, Observer, ObserverConfig, Pattern, Registry};

    let config = |text: &str| serde_json::from_str::<ObserverConfig>(text).unwrap();
    let (one, two) = (Recorder::default(), Recorder::default());
    let registry = Registry::new().with("one", one.clone()).with("two", two.clone());
    assert!(registry.names().any(|name| name == "none"));

    let defaults = config(r#"{"observers": ["one", "two"], "level": "debug"}"#);
    let merged = config(r#"{"level": "warn"}"#).over(defaults.clone());
    assert_eq!(merged, config(r#"{"observers": ["one", "two"], "level": "warn"}"#));
    assert_eq!(ObserverConfig::default().over(defaults.clone()), defaults);

    let observer = registry.observer(&merged).unwrap();
    assert!(observer.enabled(Level::Warn) && !observer.enabled(Level::Info));
    for kind in [EventKind::WorkflowStarted, EventKind::WorkflowFailed] {
        observer.observe(&Event::new(Pattern::Graph, "w", kind));
    }
    let kinds = |recorder: &Recorder| recorder.events().iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(
        (kinds(&one), kinds(&two)),
        (vec![EventKind::WorkflowFailed], vec![EventKind::WorkflowFailed])
    );
    assert!(
        !registry.observer(&ObserverConfig::default()).unwrap().enabled(Level::Error),
        "nobody is asked for"
    );

    let unknown = registry.observer(&config(r#"{"observers": ["three"]}"#)).unwrap_err();
    assert_eq!(unknown.name(), "three");
    assert!(unknown.to_string().starts_with("there is no observer `three`; known are: none, one, "));
    serde_json::from_str::<ObserverConfig>(r#"{"levle": "warn"}"#).unwrap_err();
}
