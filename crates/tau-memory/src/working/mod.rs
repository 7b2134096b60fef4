//! Working memory: a folder of notes that an agent reads, writes and appends to, of which nothing is ever lost.
//!
//! A note is a text file that people may edit too. Every version that went through here, or was found here, is kept by the
//! hash of its content in `.versions`, beside a log that only grows; so a note can be compared with what it was and put
//! back. Whoever writes says what he believes to replace ([`Expected`]): a note that has changed since is not overwritten.
//!
//! Kinds of notes: [progress and hand-off](Progress), [feature lists](Features) with what passes, and [structured
//! notes](NoteKind). [`tools`] is the same for a model.
//!
//! Writers through here wait for each other, in other processes too. An editor that saves in the moment between the
//! comparison and the replacement is not noticed; its text then is no version.

mod error;
mod features;
mod history;
mod notes;
mod path;
mod progress;
mod store;
pub mod tools;
mod version;

pub use error::{MemoryError, MemoryErrorKind};
pub use features::{Feature, FeatureStatus, Features};
pub use history::Revision;
pub use notes::{Note, NoteKind};
pub use path::NotePath;
pub use progress::{HandOff, Progress};
pub use store::{Expected, Stored, WorkingMemory};
pub use version::Version;
