//! What is stored of a run, so that it survives the process.
//!
//! A run is a log that only grows: what each task wrote, what was asked and answered, and a marker at the end of every
//! superstep. Its state is the fold of that log, so a checkpoint costs the bytes of what changed and never those of the whole
//! state, and every superstep that was stored can be gone back to. All that comes at once is one [`Record`], and a [`Store`] takes
//! a record whole or not at all.
//!
//! [`Runs`] is the way to the stored runs of a graph: resume, answer, list, look into, fork, edit, prune, delete.

mod error;
mod id;
mod memory;
#[cfg(feature = "postgres")]
mod postgres;
mod runs;
#[cfg(feature = "sqlite")]
mod sqlite;
mod store;
mod wire;

pub use error::{StoreError, StoreErrorKind};
pub use id::{InvalidRunId, RunId};
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
pub use runs::{Checkpoint, Next, Retention, Runs, Standing};
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
pub use store::{Record, RunInfo, RunStatus, Store, StoredRecord};

pub(crate) use wire::{
    Arrival, Begun, Body, Done, Origin, Posed, Replied, Shape, Snapshot, Stopped, Wire, WireTask,
};
