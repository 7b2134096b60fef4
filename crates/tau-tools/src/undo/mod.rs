//! File undo: what the tools of a run change can be put back.
//!
//! An [`UndoableEnvironment`] stands around another environment. On behalf of a call (see
//! [`CallScope`](crate::CallScope)) it writes to an [`UndoLog`] what a file held *before* the file is changed, and
//! later [`plan`] and [`restore`] put a run's files back.
//!
//! - **Tools that write** name their file: its content, or that it did not exist, is kept first, with a digest of
//!   what will stand there.
//! - **Commands** change files unseen. Before one runs, the tree is scanned and every file that changed since the last
//!   scan is kept; afterwards it is scanned again and what differs is the command's. What ignore rules hide and what
//!   lies in `.git` is not looked at, and a tree over the [bounds](ScanBounds) is not covered: the run's record says
//!   so, and so does its plan.
//! - **Everything is in the log before the change happens**, on the disk. Where it cannot be written, the change does
//!   not happen. A program that dies in the middle leaves a record from which the run can still be undone; what a
//!   command changed that was cut off then is listed, but not touched, since nobody knows what came after it.
//! - **Undoing is all or nothing.** A file that is not what the run left is somebody else's work: nothing is restored
//!   then, and the error names it.
//!
//! It covers what is below the root, not what a command does elsewhere, and not what other programs do to the tree
//! while a command runs: that is taken for the command's work.

mod content;
mod environment;
mod error;
mod folder;
mod log;
mod memory;
mod pack;
mod plan;
mod record;
mod recorder;
mod restore;
mod tree;

pub use content::{ContentHash, FileState, KnownContent};
pub use environment::{ScanBounds, UndoableEnvironment};
pub use error::{UndoError, UndoErrorKind};
pub use folder::FolderUndoLog;
pub use log::{Keeping, UndoLimits, UndoLog};
pub use memory::MemoryUndoLog;
pub use plan::{Change, ChangeKind, Conflict, ConflictReason, RunChanges, UndoPlan, plan, runs};
pub use record::{Gap, KnownFile, Record};
pub use restore::{Restored, restore};
