//! Messages that nobody dealt with.

use std::sync::Arc;

use tokio::sync::broadcast;

use super::error::HubErrorKind;
use super::message::Message;
use super::name::ParticipantId;

/// Why nobody dealt with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum DeadLetterReason {
    /// Nobody has the id that the message is for.
    NoSuchParticipant,
    /// It was published or broadcast, and nobody wanted it.
    NoReceiver,
    /// The mailbox had no room for it: its participant refuses what is new, or drops it.
    MailboxFull,
    /// It was the oldest in a full mailbox, and made room.
    Evicted,
    /// Its deadline passed before its turn came.
    Expired,
    /// The handler returned an error.
    HandlerFailed,
    /// The handler panicked.
    HandlerPanicked,
    /// It is a reply, and nobody waits for it any more.
    LateReply,
    /// The participant was unregistered before its turn came.
    Unregistered,
    /// The hub was shut down before it was dealt with.
    ShutDown,
    /// It went through as many hubs as it may, or came back to one.
    HopLimit,
    /// The transport did not take it.
    TransportFailed,
    /// Whoever sent it stopped waiting for room in the mailbox.
    Abandoned,
}

impl DeadLetterReason {
    pub(super) const ALL: [Self; 13] = [
        Self::NoSuchParticipant,
        Self::NoReceiver,
        Self::MailboxFull,
        Self::Evicted,
        Self::Expired,
        Self::HandlerFailed,
        Self::HandlerPanicked,
        Self::LateReply,
        Self::Unregistered,
        Self::ShutDown,
        Self::HopLimit,
        Self::TransportFailed,
        Self::Abandoned,
    ];

    /// What whoever asked is told.
    pub(super) fn error(self) -> HubErrorKind {
        match self {
            Self::NoSuchParticipant | Self::NoReceiver => HubErrorKind::NoSuchParticipant,
            Self::MailboxFull | Self::Evicted => HubErrorKind::MailboxFull,
            Self::Expired | Self::LateReply | Self::Abandoned => HubErrorKind::DeadlineExceeded,
            Self::HandlerFailed => HubErrorKind::HandlerFailed,
            Self::HandlerPanicked => HubErrorKind::HandlerPanicked,
            Self::Unregistered => HubErrorKind::Unregistered,
            Self::ShutDown => HubErrorKind::ShutDown,
            Self::HopLimit => HubErrorKind::HopLimit,
            Self::TransportFailed => HubErrorKind::TransportFailed,
        }
    }
}

/// A message that nobody dealt with, and why.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    /// The message.
    pub message: Message,
    /// Why nobody dealt with it.
    pub reason: DeadLetterReason,
    /// The participant that it was given up at, if it came as far as one.
    pub participant: Option<ParticipantId>,
    /// The text of the handler's error or panic.
    pub detail: Option<Box<str>>,
}

/// Dead letters from the moment of subscribing on, made by [`Hub::dead_letters`](super::Hub::dead_letters).
///
/// A subscriber that falls behind misses the oldest and is told how many: a hub does not wait for it.
#[derive(Debug)]
pub struct DeadLetters {
    receiver: broadcast::Receiver<Arc<DeadLetter>>,
    missed: u64,
}

impl DeadLetters {
    pub(super) fn new(receiver: broadcast::Receiver<Arc<DeadLetter>>) -> Self {
        Self { receiver, missed: 0 }
    }

    /// The next one. None once the hub is gone. Safe to cancel.
    pub async fn next(&mut self) -> Option<Arc<DeadLetter>> {
        loop {
            match self.receiver.recv().await {
                Ok(letter) => return Some(letter),
                Err(broadcast::error::RecvError::Lagged(count)) => self.missed += count,
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }

    /// How many passed it by because it fell behind.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.missed
    }
}
