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
mod wire;

use std::sync::Arc;
use std::time::Duration;

use futures::{Sink, Stream};
use tau_proto::runtime::v1::{AttachRequest, AttachResponse};
use tokio::sync::mpsc;

use crate::attach::{Attachments, AttachmentsOptions, Caller, RoleKind};
use book::Shared;

pub use crate::attach::{AttachEnd, AttachError, AttachErrorKind, End, Violation, in_process};
pub(crate) use book::Next;
pub use error::{FromWireError, FromWireErrorKind};
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

/// The place where journals attach and sessions append. Cheap to clone; every clone is the same place.
#[derive(Debug, Clone, Default)]
pub struct Journals {
    pub(crate) shared: Arc<Shared>,
    options: Arc<JournalsOptions>,
}

impl Journals {
    /// A place with these settings.
    #[must_use]
    pub fn new(options: JournalsOptions) -> Self {
        Self { shared: Arc::default(), options: Arc::new(options) }
    }

    /// Serves one journal, which takes no other role, as [`Attachments::attach`] does.
    ///
    /// It needs a tokio runtime with time. Dropping it is losing the extension.
    ///
    /// # Errors
    /// Those of [`Attachments::attach`].
    pub async fn attach<I, O>(&self, incoming: I, outgoing: O) -> Result<AttachEnd, AttachError>
    where
        I: Stream<Item = AttachRequest>,
        O: Sink<AttachResponse>,
        O::Error: std::error::Error + Send + Sync + 'static,
    {
        let mut options = AttachmentsOptions::default();
        options.server_name.clone_from(&self.options.server_name);
        options.server_version.clone_from(&self.options.server_version);
        options.heartbeat_interval = self.options.heartbeat_interval;
        let journal = Caller::with_roles([RoleKind::Journal]);
        Attachments::new(self.clone(), options).attach(incoming, outgoing, &journal).await
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
