//! A driver decides which of the running items ends next, so every order of completion is tried, and sees exactly
//! which items have begun.

use std::cell::RefCell;
use std::num::NonZeroUsize;

use proptest::prelude::*;
use tau_orchestrate::workflow::{Concurrency, ItemErrorKind, Parallel, ParallelErrorKind};
use tokio::sync::{mpsc, oneshot};

use crate::support::{Oops, Recorder, block_on};

/// An item that began, and the switch that ends it.
type Begun = (usize, oneshot::Sender<Result<usize, Oops>>);

struct Driver {
    begun: mpsc::UnboundedReceiver<Begun>,
    running: Vec<Begun>,
    /// Items in the order they began.
    order: Vec<usize>,
}

impl Driver {
    /// Waits until `count` items are running.
    async fn fill(&mut self, count: usize) {
        while self.running.len() < count {
            let begun = self.begun.recv().await.unwrap();
            self.order.push(begun.0);
            self.running.push(begun);
        }
    }

    /// Lets every task run as far as it can, and takes note of what began.
    async fn settle(&mut self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        while let Ok(begun) = self.begun.try_recv() {
            self.order.push(begun.0);
            self.running.push(begun);
        }
    }

    /// Ends the running item that `choice` picks.
    fn end(&mut self, choice: prop::sample::Index, result: Result<(), Oops>) -> usize {
        let (item, switch) = self.running.swap_remove(choice.index(self.running.len()));
        switch.send(result.map(|()| item)).unwrap();
        item
    }
}

fn driver() -> (Driver, impl FnMut(usize) -> BoxedItem) {
    let (sender, begun) = mpsc::unbounded_channel();
    let step = move |item| {
        let sender = sender.clone();
        Box::pin(async move {
            let (switch, ended) = oneshot::channel();
            sender.send((item, switch)).unwrap();
            ended.await.unwrap()
        }) as BoxedItem
    };
    (Driver { begun, running: Vec::new(), order: Vec::new() }, step)
}

type BoxedItem = futures::future::BoxFuture<'static, Result<usize, Oops>>;

fn parallel(workers: usize, recorder: &Recorder) -> Parallel {
    Parallel::new("driven")
        .with_concurrency(Concurrency::Limit(NonZeroUsize::new(workers).unwrap()))
        .with_observer(recorder.clone())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn results_keep_the_order_of_the_items_whatever_the_order_of_completion(
        choices in prop::collection::vec(any::<prop::sample::Index>(), 0..24),
        workers in 1_usize..8,
    ) {
        let total = choices.len();
        let recorder = Recorder::default();
        let completions = RefCell::new(Vec::new());
        let results = block_on(async {
            let (mut driver, step) = driver();
            let parallel = parallel(workers, &recorder);
            let drive = async {
                for (done, choice) in choices.iter().enumerate() {
                    let expected = workers.min(total - done);
                    driver.fill(expected).await;
                    driver.settle().await;
                    assert_eq!(driver.running.len(), expected, "more items run than the limit allows");
                    completions.borrow_mut().push(driver.end(*choice, Ok(())));
                }
                assert!(driver.order.is_sorted(), "items begin in their order");
            };
            futures::join!(parallel.fail_fast(0..total, step), drive).0.unwrap()
        });
        prop_assert_eq!(results, (0..total).collect::<Vec<_>>());
        let seen: Vec<_> = recorder
            .events()
            .iter()
            .filter(|event| event.kind.as_str() == "step.completed")
            .map(|event| event.index.unwrap())
            .collect();
        prop_assert_eq!(&seen, &*completions.borrow(), "the items did not complete in the chosen order");
        prop_assert_eq!(recorder.lines().len(), 2 + 2 * total);
    }

    #[test]
    fn fail_fast_begins_no_item_after_it_saw_a_failure(
        choices in prop::collection::vec(any::<prop::sample::Index>(), 1..24),
        failing: prop::sample::Index,
        workers in 1_usize..8,
    ) {
        let (total, before) = (choices.len(), failing.index(choices.len()));
        let recorder = Recorder::default();
        let (error, culprit, completed, begun) = block_on(async {
            let (mut driver, step) = driver();
            let parallel = parallel(workers, &recorder);
            let drive = async {
                let mut completed = Vec::new();
                for (done, choice) in choices[..before].iter().enumerate() {
                    driver.fill(workers.min(total - done)).await;
                    completed.push(driver.end(*choice, Ok(())));
                }
                driver.fill(workers.min(total - before)).await;
                let culprit = driver.end(choices[before], Err(Oops("stop")));
                driver.settle().await;
                completed.sort_unstable();
                // The others are gone: nobody waits on their switches any more.
                assert!(driver.running.iter().all(|(_, switch)| switch.is_closed()));
                (culprit, completed, driver.order.len())
            };
            let (result, (culprit, completed, begun)) =
                futures::join!(parallel.fail_fast(0..total, step), drive);
            (result.unwrap_err(), culprit, completed, begun)
        });
        prop_assert_eq!(error.kind(), ParallelErrorKind::ItemFailed);
        let item = error.item().unwrap();
        prop_assert_eq!((item.kind(), item.index()), (ItemErrorKind::Failed, culprit));
        prop_assert_eq!(begun, total.min(before + workers));
        prop_assert_eq!(error.into_completed(), completed.into_iter().map(|i| (i, i)).collect::<Vec<_>>());
        prop_assert_eq!(recorder.lines().len(), 2 + 2 * begun);
    }

    #[test]
    fn collect_all_gives_each_item_its_own_result(
        plan in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..24),
        workers in 1_usize..8,
    ) {
        let total = plan.len();
        let recorder = Recorder::default();
        let (results, failed) = block_on(async {
            let (mut driver, step) = driver();
            let parallel = parallel(workers, &recorder);
            let drive = async {
                let mut failed = Vec::new();
                for (done, (choice, fails)) in plan.iter().enumerate() {
                    driver.fill(workers.min(total - done)).await;
                    let item = driver.end(*choice, if *fails { Err(Oops("no")) } else { Ok(()) });
                    failed.extend(fails.then_some(item));
                }
                failed
            };
            futures::join!(parallel.collect_all(0..total, step), drive)
        });
        prop_assert_eq!(results.len(), total);
        for (index, result) in results.into_iter().enumerate() {
            match result {
                Ok(item) => prop_assert!(item == index && !failed.contains(&index)),
                Err(error) => {
                    prop_assert_eq!((error.index(), error.step_error()), (index, Some(&Oops("no"))));
                    prop_assert!(failed.contains(&index));
                }
            }
        }
        prop_assert_eq!(recorder.lines().len(), 2 + 2 * total);
    }
}
