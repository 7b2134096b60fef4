//! The hub.

mod bad_input;
mod bridges;
mod lossy;
mod mailboxes;
mod messages;
#[cfg(feature = "nats")]
mod nats;
mod outbox;
mod shutdown;
mod stores;
mod subjects;
mod support;
mod transports;
