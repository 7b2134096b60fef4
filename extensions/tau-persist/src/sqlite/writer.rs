//! The one thread that writes: it takes whatever waits and commits it together.
//!
//! A commit costs a sync of the disk, whatever is in it. While one is under way requests gather, and the next commit
//! takes them all; so a single session pays one sync per append, and a hundred share one.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use futures::channel::oneshot;
use rusqlite::Connection;
use tracing::debug;

use super::checkpoint::checkpoint_if_due;
use super::connection::Target;
use super::error::from_sqlite;
use super::probe::{Probe, Step};
use super::room::Room;
use crate::error::{StoreError, StoreErrorKind};
use crate::pending::Pending;

/// At most so many requests in one commit, so that the first of them does not wait for long.
const MAX_JOBS: usize = 1_024;
/// And at most about so many bytes.
const MAX_BYTES: usize = 8 << 20;

type Exclusive = Box<dyn FnOnce(Result<&mut Connection, StoreError>) + Send>;

enum Job {
    /// Runs in a transaction with others.
    Grouped(Box<dyn Grouped>),
    /// Runs outside of transactions.
    Exclusive(Exclusive),
}

/// A request that can share a transaction. It may be run twice: together with others, and, if one of them spoiled that,
/// again alone.
trait Grouped: Send {
    fn bytes(&self) -> usize;
    /// Carries the request out and keeps the answer.
    fn run(&mut self, connection: &Connection) -> Outcome;
    /// Replaces the answer, unless it is an error already.
    fn fail(&mut self, error: &StoreError);
    fn answer(self: Box<Self>);
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused,
}

struct Request<T, F> {
    work: F,
    bytes: usize,
    answer: Option<Result<T, StoreError>>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&Connection) -> Result<T, StoreError> + Send> Grouped for Request<T, F> {
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn run(&mut self, connection: &Connection) -> Outcome {
        let answer = (self.work)(connection);
        let outcome = if answer.is_ok() { Outcome::Done } else { Outcome::Refused };
        self.answer = Some(answer);
        outcome
    }

    fn fail(&mut self, error: &StoreError) {
        if !matches!(self.answer, Some(Err(_))) {
            self.answer = Some(Err(error.clone()));
        }
    }

    fn answer(self: Box<Self>) {
        // Whoever asked may have gone.
        drop(self.reply.send(self.answer.unwrap_or_else(|| Err(StoreErrorKind::Closed.into()))));
    }
}

/// The writing side of a store. Dropping it carries out what is queued and closes the connection.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Opens the database for writing and starts the thread.
    pub(super) fn start(target: Target) -> Result<Self, StoreError> {
        let connection = target.open_writer()?;
        let (sender, jobs) = channel();
        let thread = std::thread::Builder::new()
            .name("tau-persist-writer".to_owned())
            .spawn(move || Loop::new(target, connection, jobs).run())
            .map_err(|error| StoreError::new(StoreErrorKind::Io).with_source(error))?;
        Ok(Self { jobs: Some(sender), thread: Some(thread) })
    }

    /// Has a request carried out in a transaction, which others may share. `bytes` is about what it writes.
    pub(super) fn grouped<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnMut(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (reply, pending) = Pending::channel();
        self.send(Job::Grouped(Box::new(Request { work, bytes, answer: None, reply })));
        pending
    }

    /// Has a request carried out that cannot be in a transaction.
    pub(super) fn exclusive<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<T> {
        let (reply, pending) = Pending::channel();
        self.send(Job::Exclusive(Box::new(move |connection| drop(reply.send(connection.and_then(work))))));
        pending
    }

    fn send(&self, job: Job) {
        // If the thread is gone the job is dropped, and with it the end that answers: the answer is `Closed`.
        if let Some(jobs) = &self.jobs {
            drop(jobs.send(job));
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

struct Loop {
    target: Target,
    /// An error if the last attempt to open it anew failed.
    connection: Result<Connection, StoreError>,
    room: Room,
    jobs: Receiver<Job>,
}

impl Loop {
    fn new(target: Target, connection: Connection, jobs: Receiver<Job>) -> Self {
        Self { room: Room::new(&target.path), connection: Ok(connection), target, jobs }
    }

    fn run(mut self) {
        let mut left = None;
        while let Some(first) = left.take().or_else(|| self.jobs.recv().ok()) {
            if self.connection.is_err() {
                self.connection = self.target.open_writer();
            }
            match first {
                Job::Exclusive(work) => {
                    work(self.connection.as_mut().map_err(|error| error.clone()));
                }
                Job::Grouped(first) => {
                    let batch;
                    (batch, left) = self.gather(first);
                    self.commit(batch);
                }
            }
        }
    }

    /// What waits, up to the bounds of a batch; and the job that ended it, if one did.
    fn gather(&self, first: Box<dyn Grouped>) -> (Vec<Box<dyn Grouped>>, Option<Job>) {
        let mut bytes = first.bytes();
        let mut batch = vec![first];
        while batch.len() < MAX_JOBS && bytes < MAX_BYTES {
            match self.jobs.try_recv() {
                Ok(Job::Grouped(job)) => {
                    bytes = bytes.saturating_add(job.bytes());
                    batch.push(job);
                }
                Ok(exclusive) => return (batch, Some(exclusive)),
                Err(_) => break,
            }
        }
        (batch, None)
    }

    fn commit(&mut self, mut batch: Vec<Box<dyn Grouped>>) {
        let health = match &self.connection {
            Ok(connection) => {
                Commit { connection, probe: &*self.target.probe, room: &self.room }.of(&mut batch)
            }
            Err(error) => {
                batch.iter_mut().for_each(|job| job.fail(error));
                Health::Sound
            }
        };
        if health == Health::Suspect {
            // After a failed sync nobody knows what the file holds; a new connection reads it again.
            self.connection = Err(StoreErrorKind::Io.into());
        }
        batch.into_iter().for_each(|job| job.answer());
        if let Ok(connection) = &self.connection {
            checkpoint_if_due(connection, &*self.target.probe, &mut self.room);
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Health {
    Sound,
    Suspect,
}

/// A transaction for requests together.
#[derive(Clone, Copy)]
struct Commit<'a> {
    connection: &'a Connection,
    probe: &'a dyn Probe,
    room: &'a Room,
}

impl Commit<'_> {
    fn of(&self, batch: &mut [Box<dyn Grouped>]) -> Health {
        let Self { connection, probe, .. } = *self;
        probe.reached(Step::Begin);
        if let Err(error) = begin(connection) {
            batch.iter_mut().for_each(|job| job.fail(&error));
            return Health::Sound;
        }
        let is_whole = batch.iter_mut().all(|job| {
            let before = connection.total_changes();
            let outcome = job.run(connection);
            // A request that was refused before it wrote anything is no harm to the others.
            let is_clean = connection.total_changes() == before && !connection.is_autocommit();
            outcome == Outcome::Done || is_clean
        });
        if is_whole {
            return self.end(batch);
        }
        if roll_back(connection) == Health::Suspect {
            batch.iter_mut().for_each(|job| job.fail(&StoreErrorKind::Io.into()));
            return Health::Suspect;
        }
        if let [only] = batch {
            // It ran alone already; its own error is the answer.
            only.fail(&StoreErrorKind::Io.into());
            return Health::Sound;
        }
        let mut health = Health::Sound;
        for job in batch.chunks_mut(1) {
            if health == Health::Suspect {
                job.iter_mut().for_each(|job| job.fail(&StoreErrorKind::Io.into()));
            } else {
                health = self.of(job);
            }
        }
        health
    }

    fn end(&self, batch: &mut [Box<dyn Grouped>]) -> Health {
        let Self { connection, probe, room } = *self;
        probe.reached(Step::Commit);
        if let Err(error) = room.make() {
            // Then SQLite makes it, or says why it cannot.
            debug!(%error, "no room could be made in the log");
        }
        let Err(error) = connection.execute_batch("COMMIT").map_err(from_sqlite) else {
            probe.reached(Step::Committed);
            return Health::Sound;
        };
        batch.iter_mut().for_each(|job| job.fail(&error));
        let health = roll_back(connection);
        if *error.kind() == StoreErrorKind::StorageFull { health } else { Health::Suspect }
    }
}

fn begin(connection: &Connection) -> Result<(), StoreError> {
    connection.execute_batch("BEGIN IMMEDIATE").map_err(from_sqlite)
}

fn roll_back(connection: &Connection) -> Health {
    if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
        Health::Sound
    } else {
        Health::Suspect
    }
}
