//! Where journals attach: the runtime's side of the `journal` role of `ExtensionService.Attach`.
//!
//! The runtime calls nobody. A journal is a client that attaches, is sent the events of every session, and says which of
//! them are durable. Sessions that were told to wait for that (see [`Durability`](crate::Durability)) do.
//!
//! ```text
//!  Session ── records ──▶ book ── Append ──▶ attachment ──▶ journal
//!     ▲                    │ keeps what is not acknowledged      │
//!     └──── outcomes ──────┴───────────── Ack, Nack ◀────────────┘
//! ```
//!
//! What the book (`book.rs`, `entry.rs`) does is a matter of memory alone; [`attach`](crate::attach) does the talking. A
//! session never waits for a journal here: what a journal does not read stays in the book, and the session's gate stays
//! shut.

mod answers;
mod book;
mod entry;
mod error;
mod session;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use tokio::sync::mpsc;

use book::Shared;

pub use crate::attach::{AttachEnd, AttachError, AttachErrorKind, End, Violation, in_process};
pub(crate) use book::Next;
pub use error::{FromWireError, FromWireErrorKind};
pub(crate) use session::{Appender, Outcome, Standing};
pub use wire::{event_time, from_wire, record_of, to_wire};
pub(crate) use wire::{time_of, wire_time};

/// The place where journals attach and sessions append. Cheap to clone; every clone is the same place.
#[derive(Debug, Clone, Default)]
pub struct Journals {
    pub(crate) shared: Arc<Shared>,
}

impl Journals {
    /// Ends every attachment once it was sent everything, and those that come later at once. A journal stores and
    /// acknowledges what it was sent before [`Attachments::attach`](crate::attach::Attachments::attach) returns.
    pub fn close(&self) {
        self.shared.lock().close();
    }

    pub(crate) fn register(&self, standing: Standing) -> (Appender, mpsc::UnboundedReceiver<Outcome>) {
        session::register(&self.shared, standing)
    }
}
