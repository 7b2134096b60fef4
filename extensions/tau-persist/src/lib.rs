//! Persistence for the tau runtime: a store of session events, and the journal that keeps a runtime's events in it.
//!
//! # Why it exists
//!
//! The runtime writes nothing down. It announces what it is about to do as events, and does it when whoever is attached
//! as a journal says that they are durable. This crate is such a journal. It knows the interface (`tau-proto`) and
//! nothing of the runtime behind it: bodies of events are bytes to it, and it works with any program that speaks the
//! interface.
//!
//! - A [`Store`] holds sessions: lists of events that only grow, chained by hash, each with one writer at a time. An
//!   [epoch](Store::open_session) that was replaced never writes again, whatever a clock says. A [`Holder`] names the
//!   writer so that a session of a process that crashed can be [taken](take_session) at once.
//! - [`SqliteStore`] keeps them in one file. One thread commits what waits together, so durability costs one sync of the
//!   disk per commit and not per append. [`MemoryStore`] keeps the same rules and forgets; both run one conformance
//!   suite.
//! - A [`Journal`] takes the events of a runtime from a stream of messages, has them stored, and acknowledges all that
//!   one commit made durable in one message.
//!
//! # What it does not do
//!
//! It runs no agent, reads no body and decides nothing. It opens no network connection: whoever uses the journal brings
//! the stream. It does not keep full states of sessions: events are differences, and [snapshots](Store::put_snapshot) are
//! caches that can be lost. It reads no environment and no folder that it was not given, and prints nothing; the program
//! `tau-persist` does.
//!
//! # Map
//!
//! | module | holds |
//! |---|---|
//! | `store` | the port and its requests and answers |
//! | `admission` | whether an append continues a session: pure functions, shared by all stores |
//! | `memory`, `sqlite` | the two stores |
//! | `journal` | the client side of the role `journal` of `ExtensionService.Attach` |
//! | `holder` | names of writers, and whether the process behind one is gone |
//! | `chain`, `hash` | the hash of an event, and the check of a session |
//! | `transfer` | export and import as JSON Lines, and what can be read of a damaged export |
//!
//! # Example
//!
//! ```
//! use std::time::Duration;
//! use tau_persist::{Append, MemoryStore, OpenSession, ReadEvents, SessionId, Store, StoreErrorKind};
//! use tau_proto::buffa_types::google::protobuf::Timestamp;
//! use tau_proto::runtime::v1::Event;
//!
//! let store = MemoryStore::default();
//! let session = SessionId::new("s-1")?;
//!
//! // One writer at a time: whoever comes second is told at once.
//! let minute = Duration::from_secs(60);
//! let lease = store.open_session(OpenSession::new(session.clone(), "first", minute)).wait()?;
//! let refused = store.open_session(OpenSession::new(session.clone(), "second", minute)).wait();
//! assert!(matches!(refused.unwrap_err().kind(), StoreErrorKind::Leased { holder, .. } if holder == "first"));
//!
//! let event = Event {
//!     session_id: session.to_string(),
//!     seq: lease.head.seq + 1,
//!     epoch: lease.epoch,
//!     event_id: "e-1".into(),
//!     kind: "prompt_submitted".into(),
//!     schema_version: 1,
//!     time: Timestamp { seconds: 1, ..Default::default() }.into(),
//!     body: "{}".into(),
//!     prev_hash: lease.head.hash.0.to_vec().into(),
//!     ..Default::default()
//! };
//! let position = store.append(Append::new(vec![event.clone()])).wait()?;
//! assert_eq!(position.seq, 1);
//! // Sent again it is a repetition, and is not stored again.
//! assert_eq!(store.append(Append::new(vec![event.clone()])).wait()?, position);
//! assert_eq!(store.read(ReadEvents::after(session, 0)).wait()?, [event]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod admission;
mod chain;
mod clock;
mod error;
mod hash;
mod holder;
mod id;
mod journal;
mod memory;
mod pending;
mod sqlite;
mod store;
mod transfer;

pub use chain::{Verification, verify_session};
pub use clock::{Clock, SystemClock};
pub use error::{Damage, Rule, StoreError, StoreErrorKind};
pub use hash::{Sha256Hash, event_hash};
pub use holder::{Holder, Liveness, take_session};
pub use id::{ParseSessionIdError, SessionId};
pub use journal::{
    Journal, JournalEnd, JournalError, JournalErrorKind, JournalOptions, JournalReport, Leases, Violation,
    held_positions,
};
pub use memory::MemoryStore;
pub use pending::Pending;
pub use sqlite::{Access, Probe, SCHEMA_VERSION, SqliteOptions, SqliteStore, Step};
pub use store::{
    Append, Claim, Lease, ListOrder, ListSessions, NoText, OpenSession, OutboxMessage, Position, ReadEvents,
    Retention, Search, SearchHit, SessionInfo, Snapshot, Store, StoreOptions, StoredMessage, TextExtractor,
    VacuumReport,
};
pub use transfer::{
    Salvage, TransferError, TransferErrorKind, export_events, export_session, import_session, salvage_session,
};
