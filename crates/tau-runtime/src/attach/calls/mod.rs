//! Calls that extensions are asked to carry out: memory alone. It does no I/O and reads no clock.
//!
//! A call is *parked* while nobody is attached who serves it, *waits* at a client until that has credit, is *begun* once
//! it was sent, and is settled when its result was taken, or, for a session, when the event that holds it is durable.
//! What was begun stays with its client, because nobody else knows how far it came.

mod attached;
mod book;
mod client;
mod give;
mod hooks;
mod input;
mod open;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::driver::ResultKeeper;
pub(super) use attached::PROGRESS_WINDOW;
pub(super) use book::{Book, Entered, Step, Terms};
pub(super) use open::{Key, Repeat, Request, Settled, Then, Undone};

/// The book, as callers and attachments share it. Whoever holds the lock only reads and writes memory.
#[derive(Debug)]
pub(super) struct Calls(Mutex<Book>);

impl Calls {
    pub(super) const fn new(book: Book) -> Self {
        Self(Mutex::new(book))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ResultKeeper for Calls {
    fn settle(&self, key: &str) {
        self.lock().settle(key);
    }

    fn forget(&self, key: &str) {
        self.lock().forget(key);
    }
}
