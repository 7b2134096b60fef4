use std::error::Error as _;
use std::future::{Ready, pending, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;
use tau_orchestrate::workflow::{Capture, Chain, ChainErrorKind};
use tokio_util::sync::CancellationToken;

use crate::support::{Oops, Recorder, block_on};

/// A step whose result tells the order of the items.
fn mix(state: i64, item: i64) -> i64 {
    state.wrapping_mul(31).wrapping_add(item)
}

proptest! {
    #[test]
    fn is_a_fold_and_its_captured_states_a_scan(initial: i64, items: Vec<i64>) {
        let output = block_on(Chain::new("fold").with_capture(Capture::Every).run(
            initial,
            items.clone(),
            async |state, item| {
                tokio::task::yield_now().await;
                Ok::<_, Oops>(mix(state, item))
            },
        )).unwrap();
        prop_assert_eq!(output.state, items.iter().fold(initial, |state, item| mix(state, *item)));
        prop_assert_eq!(output.steps, items.len());
        let scan: Vec<i64> = std::iter::once(initial)
            .chain(items.iter().scan(initial, |state, item| {
                *state = mix(*state, *item);
                Some(*state)
            }))
            .collect();
        prop_assert_eq!(output.states, scan);
    }

    #[test]
    fn a_failing_step_keeps_the_fold_of_the_items_before_it(
        items in prop::collection::vec(any::<i64>(), 1..20),
        failing: prop::sample::Index,
    ) {
        let failing = failing.index(items.len());
        let recorder = Recorder::default();
        let mut calls = 0;
        let error = block_on(Chain::new("fold").with_observer(recorder.clone()).run(
            7,
            items.iter().enumerate(),
            |state, (index, item)| {
                calls += 1;
                ready(if index == failing { Err(Oops("no")) } else { Ok(mix(state, *item)) })
            },
        )).unwrap_err();
        prop_assert_eq!(error.kind(), ChainErrorKind::StepFailed);
        prop_assert_eq!(error.step(), failing);
        prop_assert_eq!(*error.state(), items[..failing].iter().fold(7, |state, item| mix(state, *item)));
        prop_assert_eq!(calls, failing + 1);
        prop_assert_eq!(recorder.lines().len(), 2 + 2 * (failing + 1));
    }
}

#[tokio::test]
async fn without_items_the_initial_state_comes_back() {
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let none: [u8; 0] = [];
    let output = Chain::new("empty")
        .with_capture(Capture::Every)
        .with_cancellation(cancelled)
        .run("initial", none, async |_, _| Err(Oops("never called")))
        .await
        .unwrap();
    assert_eq!((output.state, output.states, output.steps), ("initial", vec!["initial"], 0));
}

#[tokio::test]
async fn items_may_be_the_steps() {
    type Step = Box<dyn Fn(i32) -> Ready<Result<i32, Oops>>>;
    let steps: [Step; 3] = [
        Box::new(|state| ready(Ok(state + 1))),
        Box::new(|state| ready(Ok(state * 10))),
        Box::new(|state| ready(Ok(state - 3))),
    ];
    let output = Chain::new("steps").run(4, steps, |state, step| step(state)).await.unwrap();
    assert_eq!(output.state, 47);
    assert!(output.states.is_empty(), "the default keeps only the last state");
}

#[tokio::test]
async fn tells_progress() {
    let recorder = Recorder::default();
    let chain = Chain::new("sum").with_observer(recorder.clone());
    chain.run(0, [1, 2], async |sum, item| Ok::<_, Oops>(sum + item)).await.unwrap();
    assert_eq!(
        recorder.lines(),
        [
            "chain `sum`: workflow.started (0 of 2 completed)",
            "chain `sum`: step.started 0 (0 of 2 completed)",
            "chain `sum`: step.completed 0 (1 of 2 completed)",
            "chain `sum`: step.started 1 (1 of 2 completed)",
            "chain `sum`: step.completed 1 (2 of 2 completed)",
            "chain `sum`: workflow.completed (2 of 2 completed)",
        ]
    );
}

#[tokio::test]
async fn an_error_names_the_step_keeps_the_states_and_shows_none_of_them() {
    let recorder = Recorder::default();
    let error = Chain::new("sum")
        .with_capture(Capture::Every)
        .with_observer(recorder.clone())
        .run(String::from("secret"), ["a", "b", "c"], async |state, item| match item {
            "c" => Err(Oops("too much")),
            item => Ok(state + item),
        })
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "chain `sum`: step 2 failed");
    assert_eq!(error.source().unwrap().to_string(), "too much");
    assert_eq!(error.step_error(), Some(&Oops("too much")));
    assert_eq!(error.states(), ["secret", "secreta", "secretab"]);
    assert!(!format!("{error:?}").contains("secret"));
    assert_eq!(
        recorder.lines()[5..],
        [
            "chain `sum`: step.started 2 (2 of 3 completed)",
            "chain `sum`: step.failed 2 (2 of 3 completed, 1 failed): too much",
            "chain `sum`: workflow.failed 2 (2 of 3 completed, 1 failed): too much",
        ]
    );
    assert_eq!(error.into_state(), "secretab");
}

#[tokio::test]
async fn cancelling_drops_the_running_step_where_it_waits() {
    let (token, recorder) = (CancellationToken::new(), Recorder::default());
    let chain = Chain::new("slow").with_observer(recorder.clone()).with_cancellation(token.clone());
    let held = Arc::new(());
    let step = async |state, item| {
        if item == 1 {
            let _held = Arc::clone(&held);
            token.cancel();
            pending::<()>().await;
        }
        Ok::<_, Oops>(state + 10)
    };
    let error = chain.run(0, [0, 1, 2], step).await.unwrap_err();
    assert_eq!(error.kind(), ChainErrorKind::Cancelled);
    assert_eq!((error.step(), *error.state()), (1, 10));
    assert_eq!(error.to_string(), "chain `slow`: cancelled at step 1");
    assert!(error.source().is_none());
    assert_eq!(Arc::strong_count(&held), 1, "the step is still alive");
    assert_eq!(
        recorder.lines()[3..],
        [
            "chain `slow`: step.started 1 (1 of 3 completed)",
            "chain `slow`: step.cancelled 1 (1 of 3 completed)",
            "chain `slow`: workflow.cancelled (1 of 3 completed)",
        ]
    );
}

#[tokio::test]
async fn a_step_that_returned_counts_though_the_token_fired_meanwhile() {
    let token = CancellationToken::new();
    let chain = Chain::new("last").with_cancellation(token.clone());
    let step = async |state, item| {
        if item == 1 {
            token.cancel();
        }
        Ok::<_, Oops>(state + 1)
    };
    assert_eq!(chain.run(0, [1], step).await.unwrap().state, 1);
}

#[tokio::test]
async fn a_token_that_fired_before_lets_no_step_begin() {
    let (token, recorder) = (CancellationToken::new(), Recorder::default());
    token.cancel();
    let chain = Chain::new("late").with_observer(recorder.clone()).with_cancellation(token);
    let error =
        chain.run(5, [0, 1], |_, _| -> Ready<Result<i32, Oops>> { unreachable!() }).await.unwrap_err();
    assert_eq!((error.kind(), error.step(), *error.state()), (ChainErrorKind::Cancelled, 0, 5));
    assert_eq!(
        recorder.lines(),
        [
            "chain `late`: workflow.started (0 of 2 completed)",
            "chain `late`: workflow.cancelled (0 of 2 completed)",
        ]
    );
}

#[tokio::test]
async fn a_step_that_fails_because_it_saw_the_token_is_a_cancelled_chain() {
    let (token, recorder) = (CancellationToken::new(), Recorder::default());
    let chain = Chain::new("aware").with_observer(recorder.clone()).with_cancellation(token.clone());
    let step = async |_, _| {
        token.cancel();
        Err::<i32, _>(Oops("interrupted"))
    };
    let error = chain.run(0, [1], step).await.unwrap_err();
    assert_eq!(error.kind(), ChainErrorKind::Cancelled);
    assert_eq!(error.into_step_error(), Some(Oops("interrupted")));
    assert_eq!(
        recorder.lines().last().unwrap(),
        "chain `aware`: workflow.cancelled (0 of 1 completed, 1 failed)"
    );
}

#[tokio::test]
async fn steps_that_never_wait_let_other_tasks_run() {
    let other_ran = Arc::new(AtomicBool::new(false));
    let other = tokio::spawn({
        let other_ran = Arc::clone(&other_ran);
        async move { other_ran.store(true, Ordering::Relaxed) }
    });
    let seen = Chain::new("busy")
        .run(false, 0..10_000, |seen, _| ready(Ok::<_, Oops>(seen || other_ran.load(Ordering::Relaxed))))
        .await
        .unwrap();
    assert!(seen.state, "10,000 steps went by before another task was let in");
    other.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_of_one_chain_may_overlap_and_be_spawned() {
    let chain = Arc::new(Chain::new("shared"));
    let runs: Vec<_> = (0..8_u64)
        .map(|run| {
            let chain = Arc::clone(&chain);
            tokio::spawn(async move {
                chain
                    .run(run, 0..100_u64, async |state, item| Ok::<_, Oops>(state + item))
                    .await
                    .unwrap()
                    .state
            })
        })
        .collect();
    for (run, sum) in (0..).zip(runs) {
        assert_eq!(sum.await.unwrap(), run + 4950);
    }
}
