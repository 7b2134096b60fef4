//! Sessions as JSON Lines: one line that says what it is, one per event, one that says it is complete.
//!
//! Events are in the protobuf JSON mapping. Fields that this version does not know are not carried over; the hash of an
//! event does not cover them.

mod error;
mod export;
mod import;
mod lines;

pub use error::{TransferError, TransferErrorKind};
pub use export::{export_events, export_session};
pub use import::{Salvage, import_session, salvage_session};
