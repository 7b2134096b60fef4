//! Which calls run beside each other, and in which order the others follow.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::environment::WorkspacePath;

/// What a call may run beside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Concurrency {
    /// Calls that change nothing, as it changes nothing itself.
    Shared,
    /// Calls that change other files: it changes these alone.
    Files(Vec<WorkspacePath>),
    /// Nothing.
    Alone,
}

impl Concurrency {
    /// Whether two calls must not overlap.
    #[must_use]
    pub fn conflicts(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Shared, Self::Shared) => false,
            (Self::Files(own), Self::Files(others)) => own.iter().any(|path| others.contains(path)),
            // What is read may be what is changed.
            _ => true,
        }
    }
}

/// The calls of a session in the order they were made: each waits for the earlier ones it [conflicts](Concurrency::conflicts)
/// with, and for no other. Cheap to clone; every clone is the same queue.
#[derive(Debug, Clone, Default)]
pub struct CallQueue(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    entries: VecDeque<Entry>,
    last: u64,
}

#[derive(Debug)]
struct Entry {
    ticket: u64,
    concurrency: Concurrency,
    /// There while it waits.
    start: Option<oneshot::Sender<()>>,
}

/// A place in a [`CallQueue`], had until it is dropped.
#[derive(Debug)]
pub struct QueuedCall {
    queue: CallQueue,
    ticket: u64,
    started: Option<oneshot::Receiver<()>>,
}

impl CallQueue {
    /// Joins the queue, here and now.
    #[must_use]
    pub fn join(&self, concurrency: Concurrency) -> QueuedCall {
        let (start, started) = oneshot::channel();
        let mut queue = self.lock();
        queue.last += 1;
        let ticket = queue.last;
        queue.entries.push_back(Entry { ticket, concurrency, start: Some(start) });
        queue.start_ready();
        drop(queue);
        QueuedCall { queue: self.clone(), ticket, started: Some(started) }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn start_ready(&mut self) {
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            let is_held =
                self.entries.range(..at).any(|earlier| earlier.concurrency.conflicts(&entry.concurrency));
            if !is_held && let Some(start) = self.entries[at].start.take() {
                // Whoever does not listen any more leaves the queue by itself.
                let _ = start.send(());
            }
        }
    }
}

impl QueuedCall {
    /// Waits until no earlier call conflicts with this one.
    pub async fn ready(&mut self) {
        if let Some(started) = &mut self.started {
            // The sender is dropped by nobody but this place itself.
            let _ = started.await;
            self.started = None;
        }
    }
}

impl Drop for QueuedCall {
    fn drop(&mut self) {
        let mut queue = self.queue.lock();
        queue.entries.retain(|entry| entry.ticket != self.ticket);
        queue.start_ready();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn files(names: &[&str]) -> Concurrency {
        Concurrency::Files(names.iter().map(|name| WorkspacePath::root().join(name)).collect())
    }

    fn is_ready(call: &mut QueuedCall) -> bool {
        call.ready().now_or_never().is_some()
    }

    #[test]
    fn what_conflicts_waits_in_order() {
        let queue = CallQueue::default();
        let mut calls: Vec<QueuedCall> = [
            files(&["a"]),
            files(&["b"]),
            files(&["b", "a"]),
            Concurrency::Shared,
            Concurrency::Shared,
            Concurrency::Alone,
            Concurrency::Shared,
        ]
        .map(|concurrency| queue.join(concurrency))
        .into();
        let ready = |calls: &mut Vec<QueuedCall>| calls.iter_mut().map(is_ready).collect::<Vec<_>>();
        assert_eq!(ready(&mut calls), [true, true, false, false, false, false, false]);
        drop(calls.remove(0));
        assert_eq!(ready(&mut calls), [true, false, false, false, false, false]);
        drop(calls.remove(0));
        assert_eq!(ready(&mut calls), [true, false, false, false, false]);
        drop(calls.remove(0));
        assert_eq!(ready(&mut calls), [true, true, false, false]);
        drop(calls.remove(1));
        assert_eq!(ready(&mut calls), [true, false, false]);
        drop(calls.remove(1));
        assert_eq!(ready(&mut calls), [true, true], "one that gave up holds nobody");
    }
}
