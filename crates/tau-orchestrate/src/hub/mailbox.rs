//! Mailboxes: bounded queues with priorities, and what happens when one is full.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::{Notify, Semaphore, TryAcquireError};

use super::envelope::Parcel;
use super::message::Priority;
use crate::sync::lock;

/// What happens to a message that finds the mailbox full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// Whoever sends it waits for room, until its deadline; those who wait get room in their order.
    #[default]
    Wait,
    /// Whoever sends it gets an error.
    Reject,
    /// The oldest message of the lowest priority there is makes room, unless the new one is lower still.
    DropOldest,
    /// It is dropped, and whoever sends it is not told.
    DropNewest,
}

/// What became of a message that was put into a mailbox.
pub(super) enum Put {
    Queued,
    /// It is in, and this one is out.
    Evicted(Parcel),
    Full(Parcel),
    Closed(Parcel),
}

pub(super) struct Mailbox {
    capacity: NonZeroUsize,
    overflow: Overflow,
    /// A permit for every free place. Whoever puts a message in takes one, whoever takes one out gives it back.
    room: Semaphore,
    filled: Notify,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    /// One for each priority, the lowest first.
    lanes: [VecDeque<Parcel>; 3],
    is_closed: bool,
}

fn lane(priority: Priority) -> usize {
    match priority {
        Priority::Low => 0,
        Priority::Normal => 1,
        Priority::High => 2,
    }
}

impl Mailbox {
    pub(super) fn new(capacity: NonZeroUsize, overflow: Overflow) -> Self {
        let room = Semaphore::new(capacity.get().min(Semaphore::MAX_PERMITS));
        Self { capacity, overflow, room, filled: Notify::new(), queue: Mutex::default() }
    }

    pub(super) fn capacity(&self) -> usize {
        self.capacity.get()
    }

    pub(super) fn overflow(&self) -> Overflow {
        self.overflow
    }

    pub(super) fn depth(&self) -> usize {
        lock(&self.queue).lanes.iter().map(VecDeque::len).sum()
    }

    /// Puts a message in without waiting.
    pub(super) fn try_put(&self, parcel: Parcel) -> Put {
        let queue = lock(&self.queue);
        match self.room.try_acquire() {
            Ok(permit) => permit.forget(),
            Err(TryAcquireError::Closed) => return Put::Closed(parcel),
            Err(TryAcquireError::NoPermits) if self.overflow == Overflow::DropOldest => {
                return self.replace(queue, parcel);
            }
            Err(TryAcquireError::NoPermits) => return Put::Full(parcel),
        }
        self.insert(queue, parcel)
    }

    /// Puts a message in the place of the oldest of the lowest priority.
    fn replace(&self, mut queue: MutexGuard<'_, Queue>, parcel: Parcel) -> Put {
        let new = lane(parcel.priority());
        let Some(oldest) = queue.lanes[..=new].iter_mut().find_map(VecDeque::pop_front) else {
            return Put::Full(parcel);
        };
        queue.lanes[new].push_back(parcel);
        drop(queue);
        self.filled.notify_one();
        Put::Evicted(oldest)
    }

    /// Puts a message in as soon as there is room. Safe to cancel: then it is not in.
    pub(super) async fn put(&self, parcel: Parcel) -> Put {
        match self.room.acquire().await {
            Ok(permit) => {
                permit.forget();
                self.insert(lock(&self.queue), parcel)
            }
            Err(_) => Put::Closed(parcel),
        }
    }

    fn insert(&self, mut queue: MutexGuard<'_, Queue>, parcel: Parcel) -> Put {
        if queue.is_closed {
            return Put::Closed(parcel);
        }
        queue.lanes[lane(parcel.priority())].push_back(parcel);
        drop(queue);
        self.filled.notify_one();
        Put::Queued
    }

    /// The next message. None once the mailbox is closed. Safe to cancel.
    pub(super) async fn next(&self) -> Option<Parcel> {
        loop {
            {
                let mut queue = lock(&self.queue);
                if let Some(parcel) = queue.lanes.iter_mut().rev().find_map(VecDeque::pop_front) {
                    // Inside the lock: where there is no permit, the queue is full.
                    self.room.add_permits(1);
                    return Some(parcel);
                }
                if queue.is_closed {
                    return None;
                }
            }
            self.filled.notified().await;
        }
    }

    /// Takes nothing more, and hands out what is in it.
    pub(super) fn close(&self) -> Vec<Parcel> {
        let mut queue = lock(&self.queue);
        queue.is_closed = true;
        let left = queue.lanes.iter_mut().rev().flat_map(std::mem::take).collect();
        drop(queue);
        self.room.close();
        self.filled.notify_waiters();
        // For whoever looked before it was closed and does not wait yet.
        self.filled.notify_one();
        left
    }
}
