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
//! What the book (`book.rs`, `entry.rs`) does is a matter of memory alone; `attach.rs` does the talking. A session never
//! waits for a journal here: what a journal does not read stays in the book, and the session's gate stays shut.

mod answers;
mod attach;
mod book;
mod entry;
mod error;
mod in_process;
mod output;
mod session;
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures::{Sink, Stream};
use tau_proto::runtime::v1::{AttachRequest, AttachResponse};
use tokio::sync::mpsc;

use book::Shared;

pub use error::{AttachError, AttachErrorKind, FromWireError, FromWireErrorKind, Violation};
pub use in_process::{End, in_process};
pub(crate) use session::{Appender, Outcome, Standing};
pub use wire::{event_time, from_wire, record_of, to_wire};

/// Settings of [`Journals`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JournalsOptions {
    /// Name of the program, for people. Default: `tau-runtime`.
    pub server_name: String,
    /// Version of the program, for people. Default: that of this crate.
    pub server_version: String,
    /// How long either side may be silent before it gives a sign of life; after three of it the other side is lost.
    /// Greater than zero. Default: 10 s.
    pub heartbeat_interval: Duration,
}

impl Default for JournalsOptions {
    fn default() -> Self {
        Self {
            server_name: env!("CARGO_PKG_NAME").to_owned(),
            server_version: env!("CARGO_PKG_VERSION").to_owned(),
            heartbeat_interval: Duration::from_secs(10),
        }
    }
}

/// How an attachment ended, when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AttachEnd {
    /// The extension went away.
    Detached,
    /// [`Journals::close`] was called, and the extension took everything.
    Closed,
}

/// The place where journals attach and sessions append. Cheap to clone; every clone is the same place.
#[derive(Debug, Clone, Default)]
pub struct Journals {
    shared: Arc<Shared>,
    options: Arc<JournalsOptions>,
}

impl Journals {
    /// A place with these settings.
    #[must_use]
    pub fn new(options: JournalsOptions) -> Self {
        Self { shared: Arc::default(), options: Arc::new(options) }
    }

    /// Serves one extension until it goes away. An attachment with the `client_id` of an earlier one replaces it.
    ///
    /// It needs a tokio runtime with time. Dropping it is losing the extension.
    ///
    /// # Errors
    /// When the extension breaks the interface, falls silent, attaches again, or cannot be sent to.
    pub async fn attach<I, O>(&self, incoming: I, outgoing: O) -> Result<AttachEnd, AttachError>
    where
        I: Stream<Item = AttachRequest>,
        O: Sink<AttachResponse>,
        O::Error: std::error::Error + Send + Sync + 'static,
    {
        attach::attach(Arc::clone(&self.shared), &self.options, incoming, outgoing).await
    }

    /// Ends every attachment once it was sent everything, and those that come later at once. A journal stores and
    /// acknowledges what it was sent before [`Journals::attach`] returns.
    pub fn close(&self) {
        self.shared.lock().close();
    }

    pub(crate) fn register(&self, standing: Standing) -> (Appender, mpsc::UnboundedReceiver<Outcome>) {
        session::register(&self.shared, standing)
    }
}
