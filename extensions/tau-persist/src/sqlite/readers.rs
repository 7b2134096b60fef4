//! The threads that read, each on a connection of its own: in a write-ahead log they neither wait for the writer nor
//! hold it up.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, Transaction};

use super::connection::Target;
use super::error::from_sqlite;
use crate::error::{StoreError, StoreErrorKind};
use crate::pending::Pending;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The reading side of a store. Dropping it answers what is queued and closes the connections.
#[derive(Debug)]
pub(super) struct Readers {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Opens the connections and starts the threads.
    pub(super) fn start(target: &Target, count: NonZeroUsize) -> Result<Self, StoreError> {
        let (sender, jobs) = channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        let mut readers = Self { jobs: Some(sender), threads: Vec::new() };
        for _ in 0..count.get() {
            let connection = target.open_reader()?;
            let jobs = Arc::clone(&jobs);
            let thread = std::thread::Builder::new()
                .name("tau-persist-reader".to_owned())
                .spawn(move || {
                    while let Some(job) = next(&jobs) {
                        job(&connection);
                    }
                })
                .map_err(|error| StoreError::new(StoreErrorKind::Io).with_source(error))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Has something read. All of it sees the database at one moment.
    pub(super) fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (reply, pending) = Pending::channel();
        let job: Job = Box::new(move |connection| {
            let transaction = connection.unchecked_transaction().map_err(from_sqlite);
            drop(reply.send(transaction.and_then(|transaction| work(&transaction))));
        });
        if let Some(jobs) = &self.jobs {
            drop(jobs.send(job));
        }
        pending
    }
}

/// One thread waits for the next job, the others for that thread.
fn next(jobs: &Mutex<Receiver<Job>>) -> Option<Job> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}
