//! Open, draining, stopped: what a hub may still do, and when it is done.

use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::name::HubId;

tokio::task_local! {
    /// The hub whose participant the task works for. What a handler sends while its hub drains is a part of what drains.
    static WORKS_FOR: HubId;
}

const OPEN: u8 = 0;
const DRAINING: u8 = 1;
const STOPPED: u8 = 2;

pub(super) struct Lifecycle {
    hub: HubId,
    phase: AtomicU8,
    /// Fires when the hub stops at once. A child of whoever's token the hub was given.
    pub(super) stop: CancellationToken,
    /// Everything that the hub does in the background.
    pub(super) tasks: TaskTracker,
    /// The runtime that it was made in: a message may be dropped, and so be told of, outside of any.
    pub(super) runtime: Handle,
}

impl Lifecycle {
    pub(super) fn new(hub: HubId, parent: &CancellationToken) -> Self {
        let (phase, stop, tasks) = (AtomicU8::new(OPEN), parent.child_token(), TaskTracker::new());
        Self { hub, phase, stop, tasks, runtime: Handle::current() }
    }

    /// Whether a message may begin here and now.
    pub(super) fn takes_messages(&self) -> bool {
        match self.phase.load(Ordering::Acquire) {
            OPEN => true,
            DRAINING => WORKS_FOR.try_with(|hub| *hub == self.hub).unwrap_or(false),
            _ => false,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.phase.load(Ordering::Acquire) == OPEN
    }

    pub(super) fn has_stopped(&self) -> bool {
        self.phase.load(Ordering::Acquire) == STOPPED || self.stop.is_cancelled()
    }

    pub(super) fn begin_to_drain(&self) {
        self.phase.fetch_max(DRAINING, Ordering::AcqRel);
    }

    pub(super) fn set_stopped(&self) {
        self.phase.store(STOPPED, Ordering::Release);
    }

    /// Runs `work` in the background until it ends or the hub stops, as the hub's own.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        let work = async move {
            stop.run_until_cancelled(work).await;
        };
        self.tasks.spawn_on(WORKS_FOR.scope(self.hub, work), &self.runtime);
    }
}

/// How many messages are under way, and a sign when there is none.
#[derive(Debug, Default)]
pub(super) struct UnderWay {
    count: AtomicUsize,
    none: Notify,
}

impl UnderWay {
    pub(super) fn begin(&self) {
        self.count.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn end(&self) {
        if self.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.none.notify_waiters();
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Waits for the moment at which no message is under way.
    pub(super) async fn none(&self) {
        loop {
            // Registered by its creation for what `notify_waiters` says from here on.
            let none = self.none.notified();
            if self.count() == 0 {
                return;
            }
            none.await;
        }
    }
}
