use std::error::Error as _;
use std::future::{Ready, pending};
use std::num::NonZeroUsize;
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tau_orchestrate::workflow::{Concurrency, ItemErrorKind, Parallel, ParallelErrorKind};
use tokio::sync::{Barrier, Notify};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use crate::support::{Oops, Recorder};

fn limit(workers: usize) -> Concurrency {
    Concurrency::Limit(NonZeroUsize::new(workers).unwrap())
}

#[tokio::test]
async fn without_items_nothing_runs() {
    let none: [u8; 0] = [];
    let parallel = Parallel::new("empty");
    let results = parallel.fail_fast(none, async |_| Err::<u8, _>(Oops("never called"))).await;
    assert_eq!(results.unwrap(), none);
    assert!(parallel.collect_all(none, async |_| Err::<u8, _>(Oops("never called"))).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn results_keep_the_order_and_the_pool_is_never_larger_than_its_limit() {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let start = Instant::now();
    let results = Parallel::new("sleep")
        .with_concurrency(limit(4))
        .fail_fast(0..12_u64, |item| {
            let (running, most) = (Arc::clone(&running), Arc::clone(&most));
            async move {
                most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                sleep(Duration::from_secs(100 - 5 * item)).await; // the later, the faster
                running.fetch_sub(1, Ordering::SeqCst);
                Ok::<_, Oops>(item * item)
            }
        })
        .await
        .unwrap();
    assert_eq!(results, (0..12).map(|item| item * item).collect::<Vec<_>>());
    assert_eq!(most.load(Ordering::SeqCst), 4);
    // 870 seconds of sleep by four sleepers; one after another it would take them all.
    assert!(start.elapsed() < Duration::from_secs(870 / 3), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn as_many_items_as_the_limit_run_at_the_same_time() {
    // Nobody passes the barrier unless eight are there together.
    let barrier = Arc::new(Barrier::new(8));
    let leaders = Parallel::new("meet")
        .with_concurrency(NonZeroUsize::new(8).unwrap())
        .fail_fast(0..16, |_| {
            let barrier = Arc::clone(&barrier);
            async move { Ok::<_, Oops>(barrier.wait().await.is_leader()) }
        })
        .await
        .unwrap();
    assert_eq!(leaders.iter().filter(|leader| **leader).count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_run_on_several_threads() {
    // Each item blocks its thread until it hears from the other; on one thread both would give up.
    let ((to_second, from_first), (to_first, from_second)) = (mpsc::channel(), mpsc::channel());
    let results = Parallel::new("threads")
        .with_concurrency(limit(2))
        .fail_fast([(to_second, from_second), (to_first, from_first)], async |(sender, receiver)| {
            sender.send(()).map_err(|_| Oops("the other is gone"))?;
            receiver.recv_timeout(Duration::from_secs(20)).map_err(|_| Oops("the other did not run"))
        })
        .await;
    results.unwrap();
}

#[tokio::test]
async fn fail_fast_cancels_and_drops_the_others_and_keeps_what_was_done() {
    let recorder = Recorder::default();
    let held = Arc::new(());
    let error = Parallel::new("review")
        .with_concurrency(limit(3))
        .with_observer(recorder.clone())
        .fail_fast(0..6, |item| {
            let held = Arc::clone(&held);
            async move {
                match item {
                    0 => Ok("zero"),
                    2 => Err(Oops("broken")),
                    _ => {
                        pending::<()>().await;
                        drop(held);
                        Ok("never")
                    }
                }
            }
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ParallelErrorKind::ItemFailed);
    assert_eq!(error.to_string(), "parallel `review`: gave up at item 2 with 1 of 6 items completed");
    let item = error.item().unwrap();
    assert_eq!((item.kind(), item.index()), (ItemErrorKind::Failed, 2));
    assert_eq!(error.source().unwrap().to_string(), "item 2 failed");
    assert_eq!(error.source().unwrap().source().unwrap().to_string(), "broken");
    assert_eq!(error.completed(), [(0, "zero")]);
    assert!(!format!("{error:?}").contains("zero"));
    assert_eq!(Arc::strong_count(&held), 1, "an item is still alive");
    let mut lines = recorder.lines();
    lines.retain(|line| !line.contains("started"));
    lines[2..4].sort(); // in which order the two are gone is the runtime's choice
    assert_eq!(
        lines,
        [
            "parallel `review`: step.completed 0 (1 of 6 completed)",
            "parallel `review`: step.failed 2 (1 of 6 completed, 1 failed): broken",
            "parallel `review`: step.cancelled 1 (1 of 6 completed, 1 failed)",
            "parallel `review`: step.cancelled 3 (1 of 6 completed, 1 failed)",
            "parallel `review`: workflow.failed 2 (1 of 6 completed, 1 failed): broken",
        ]
    );
    assert_eq!(error.into_item().unwrap().into_step_error(), Some(Oops("broken")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fail_fast_on_several_threads_begins_no_item_beyond_the_bound() {
    for _ in 0..50 {
        let (started, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let error = Parallel::new("race")
            .with_concurrency(limit(4))
            .fail_fast(0..1_000, |item| {
                started.fetch_add(1, Ordering::SeqCst);
                let ended = Arc::clone(&ended);
                async move {
                    tokio::task::yield_now().await;
                    if item == 100 {
                        return Err(Oops("stop"));
                    }
                    ended.fetch_add(1, Ordering::SeqCst);
                    Ok(item)
                }
            })
            .await
            .unwrap_err();
        // A place gets free only by an item that ended well, so this holds whatever the threads do.
        assert!(started.load(Ordering::SeqCst) <= ended.load(Ordering::SeqCst) + 4);
        assert_eq!(error.completed().len(), ended.load(Ordering::SeqCst), "a finished item was lost");
        assert!(error.completed().is_sorted());
    }
}

#[tokio::test]
async fn collect_all_returns_a_result_or_an_error_for_each_item() {
    let recorder = Recorder::default();
    let results = Parallel::new("collect")
        .with_concurrency(limit(2))
        .with_observer(recorder.clone())
        .collect_all(0..5, async |item| match item {
            1 => Err(Oops("broken")),
            3 => panic!("item number {item}"),
            item => Ok(item * 10),
        })
        .await;
    let seen: Vec<_> = results.iter().map(|result| result.as_ref().map_err(|error| error.kind())).collect();
    assert_eq!(seen, [Ok(&0), Err(ItemErrorKind::Failed), Ok(&20), Err(ItemErrorKind::Panicked), Ok(&40)]);
    let failed = results[1].as_ref().unwrap_err();
    assert_eq!((failed.index(), failed.step_error()), (1, Some(&Oops("broken"))));
    let panicked = results[3].as_ref().unwrap_err();
    assert_eq!(panicked.panic_message(), Some("item number 3"));
    assert_eq!(panicked.to_string(), "item 3 panicked: item number 3");
    assert!(panicked.source().is_none());
    let lines = recorder.lines();
    assert_eq!(lines.last().unwrap(), "parallel `collect`: workflow.completed (3 of 5 completed, 2 failed)");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("step.failed 3") && line.ends_with(": panicked: item number 3"))
    );
}

#[tokio::test]
async fn a_panic_is_an_error_of_its_item_wherever_it_happens() {
    fn not_even_a_future(item: u8) -> Ready<Result<u8, Oops>> {
        panic!("no future for {item}")
    }
    let error = Parallel::new("p").fail_fast([1, 2], not_even_a_future).await.unwrap_err();
    let item = error.item().unwrap();
    assert_eq!((item.kind(), item.index()), (ItemErrorKind::Panicked, 0));
    assert_eq!(item.panic_message(), Some("no future for 1"));

    let results = Parallel::new("p").collect_all([1, 2], not_even_a_future).await;
    assert!(results.iter().all(|result| result.as_ref().unwrap_err().kind() == ItemErrorKind::Panicked));

    let results = Parallel::new("p")
        .collect_all(["text", "payload"], async |item| match item {
            "text" => panic!("plain text"),
            _ => panic_any(42_i32) as Result<(), Oops>,
        })
        .await;
    let messages: Vec<_> =
        results.iter().map(|result| result.as_ref().unwrap_err().panic_message()).collect();
    assert_eq!(messages, [Some("plain text"), Some("a panic without a text")]);
}

#[tokio::test]
async fn cancelling_keeps_results_and_tells_the_others_apart() {
    let run = async |collect: bool| {
        let (token, recorder) = (CancellationToken::new(), Recorder::default());
        let parallel = Parallel::new("stop")
            .with_concurrency(limit(2))
            .with_observer(recorder.clone())
            .with_cancellation(token.clone());
        let held = Arc::new(());
        let step = |item| {
            let (token, held) = (token.clone(), Arc::clone(&held));
            async move {
                if item == 1 {
                    token.cancel();
                }
                if item > 0 {
                    pending::<()>().await;
                }
                drop(held);
                Ok::<_, Oops>(item)
            }
        };
        if collect {
            let results = parallel.collect_all(0..5, step).await;
            assert_eq!(*results[0].as_ref().unwrap(), 0);
            for (index, result) in results.iter().enumerate().skip(1) {
                let error = result.as_ref().unwrap_err();
                assert_eq!((error.kind(), error.index()), (ItemErrorKind::Cancelled, index));
            }
        } else {
            let error = parallel.fail_fast(0..5, step).await.unwrap_err();
            assert_eq!(error.kind(), ParallelErrorKind::Cancelled);
            assert!(error.source().is_none());
            assert_eq!(error.to_string(), "parallel `stop`: cancelled with 1 of 5 items completed");
            assert_eq!(error.into_completed(), [(0, 0)]);
        }
        assert_eq!(Arc::strong_count(&held), 1, "an item is still alive");
        assert_eq!(
            recorder.lines().last().unwrap(),
            "parallel `stop`: workflow.cancelled (1 of 5 completed)"
        );
    };
    run(true).await;
    run(false).await;
}

#[tokio::test]
async fn an_item_that_fails_because_it_saw_the_token_is_a_cancelled_run() {
    let (token, recorder) = (CancellationToken::new(), Recorder::default());
    let parallel = Parallel::new("aware").with_observer(recorder.clone()).with_cancellation(token.clone());
    let inside = token.clone();
    let error = parallel
        .fail_fast([1], move |_| {
            let token = inside.clone();
            async move {
                token.cancel();
                Err::<(), _>(Oops("interrupted"))
            }
        })
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ParallelErrorKind::Cancelled);
    assert_eq!(
        recorder.lines().last().unwrap(),
        "parallel `aware`: workflow.cancelled (0 of 1 completed, 1 failed)"
    );
}

#[tokio::test]
async fn a_token_that_fired_before_lets_nothing_begin() {
    let token = CancellationToken::new();
    token.cancel();
    let parallel = Parallel::new("late").with_cancellation(token);
    let error = parallel.fail_fast([1], |_| -> Ready<Result<(), Oops>> { unreachable!() }).await.unwrap_err();
    assert_eq!(error.kind(), ParallelErrorKind::Cancelled);
}

#[tokio::test]
async fn dropping_the_run_drops_its_items() {
    let (held, begun) = (Arc::new(()), Arc::new(Notify::new()));
    let parallel = Parallel::new("dropped").with_concurrency(limit(3));
    let run = parallel.fail_fast(0..3, |_| {
        let (held, begun) = (Arc::clone(&held), Arc::clone(&begun));
        async move {
            begun.notify_one();
            pending::<()>().await;
            drop(held);
            Ok::<_, Oops>(())
        }
    });
    tokio::select! {
        _ = run => unreachable!("its items never end"),
        () = begun.notified() => {}
    }
    // The tasks are cancelled at once and gone when the runtime next turns to them.
    while Arc::strong_count(&held) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn patterns_nest() {
    let outer = Parallel::new("outer")
        .fail_fast(0..3_u32, async |row| {
            Parallel::new("inner")
                .fail_fast(0..3_u32, move |column| async move { Ok::<_, Oops>(row * 3 + column) })
                .await
                .map_err(|_| Oops("inner"))
        })
        .await
        .unwrap();
    assert_eq!(outer, [[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
}
