//! Messages between participants: a [`Hub`] is a place where whoever has an id and a handler reaches the others.
//!
//! | to | sent with | reaches |
//! |---|---|---|
//! | one participant | [`Message::to`] and [`Hub::send`] | it, or a dead letter and an error |
//! | one participant, for an answer | [`Message::to`] and [`Hub::request`] | it; the reply, or a typed error by the deadline |
//! | whoever subscribed | [`Message::on`] and [`Hub::send`] | every participant with a pattern that matches: `orders.*.created`, `orders.>` |
//! | everybody | [`Message::to_everyone`] and [`Hub::send`] | every participant but the sender |
//!
//! ```
//! use tau_orchestrate::hub::{Hub, Message, Priority};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hub = Hub::new("desk");
//! hub.register("reviewer", |draft: Message| async move { format!("{} bytes", draft.body().len()) }).await?;
//! hub.register("archive", async |_: Message| ()).await?;
//! hub.subscribe("archive", "reviews.>").await?;
//!
//! let verdict = hub.request(Message::to("reviewer").body("a draft").priority(Priority::High)).await?;
//! assert_eq!(verdict.text()?, "7 bytes");
//! let sent = hub.send(Message::on("reviews.eu.done").body(verdict.body().clone())).await?;
//! assert_eq!(sent.accepted, 1);
//! # hub.shutdown(std::time::Duration::from_secs(1)).await;
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - A participant is handed its messages one after the other, by priority and then in the order they came; its mailbox is
//!   bounded, and it chooses what happens when that is full ([`Overflow`]).
//! - Every message that was taken ends in one way: a handler was done with it, or it is a [dead letter](Hub::dead_letters) with a
//!   [reason](DeadLetterReason). Whoever waits for an answer is told of that at once, and need not wait for the deadline.
//! - A handler that panics costs the message it was handed, and nothing else.
//! - [Messages that must arrive](MessageBuilder::must_arrive) are kept in a [`MessageStore`] before anything else happens,
//!   and handed to their handler once, over a [`Transport`] that loses, repeats and reorders as well. Across a crash of the
//!   *receiving* process between its handler and its store, they are handed over again: at least once.
//! - Nothing polls: whoever waits is woken.
//!
//! Not promised: any order between participants or between hubs, the order of messages that must arrive, and that anybody
//! gets a message that was published or that a transport took. Nobody proves who [sent](Message::from) a message: a
//! participant can do whatever the hub can, and so can whoever is let onto the transport.
//!
//! # Several hubs
//!
//! Hubs on one [`Transport`] ([`InProcess`], or `NatsTransport` with the feature `nats`) are one hub to their
//! participants: messages go where their destination is. A [`Bridge`] is a participant of one hub that leads to another, and
//! brings over what it is handed alone.

mod bridge;
mod builder;
mod core;
mod dead_letter;
mod envelope;
mod error;
mod frame;
mod handle;
mod lifecycle;
mod link;
mod mailbox;
mod member;
mod message;
mod metrics;
mod name;
mod outbox;
mod participant;
mod registry;
mod route;
mod seen;
mod subject;
mod transport;
mod tree;

pub use bridge::Bridge;
pub use builder::HubBuilder;
pub use dead_letter::{DeadLetter, DeadLetterReason, DeadLetters};
pub use error::{HubError, HubErrorKind};
pub use handle::{Hub, ShutdownReport};
pub use mailbox::Overflow;
pub use message::{Destination, Message, MessageBuilder, Priority};
pub use metrics::{HubMetrics, Latency, ParticipantMetrics};
pub use name::{HubId, MessageId, NameError, NameErrorKind, ParticipantId};
pub use outbox::{Handled, MemoryStore, MessageStore, OutboxOptions, StoreError, StoreErrorKind, Stored};
pub use participant::{HandlerError, IntoReply, Participant, ParticipantOptions, Reply};
pub use route::Sent;
pub use subject::{Pattern, Subject};
pub use transport::{Frames, InProcess, Transport, TransportError, TransportErrorKind, TransportStatus};

#[cfg(feature = "nats")]
pub use transport::NatsTransport;

#[cfg(feature = "sqlite")]
pub use outbox::SqliteStore;
