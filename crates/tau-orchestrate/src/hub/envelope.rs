//! A message on its way through a hub, with everything that must happen to it exactly once.

use std::sync::Arc;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::core::Core;
use super::dead_letter::DeadLetterReason;
use super::error::{Failure, HubError};
use super::message::{Message, Priority};
use super::name::{HubId, ParticipantId};
use super::outbox::Receipt;
use super::participant::Reply;

pub(super) type Parcel = Box<Envelope>;

/// What whoever asked gets.
pub(super) type Answer = Result<Message, HubError>;

/// Who waits for the answer.
pub(super) enum Asker {
    /// Somebody in this hub.
    Here(oneshot::Sender<Answer>),
    /// Somebody in the hub that it came from.
    There(HubId),
}

/// A message that is under way. It ends in exactly one way: it is finished, buried, refused or left. Dropping it
/// anywhere buries it, so that none is lost silently, nobody waits for an answer that cannot come, and a hub that drains
/// knows when it is done.
pub(super) struct Envelope {
    core: Arc<Core>,
    /// None once it has ended.
    message: Option<Message>,
    priority: Priority,
    /// When it was put into a mailbox.
    pub(super) queued_at: Option<Instant>,
    /// The participant whose mailbox it is in.
    recipient: Option<ParticipantId>,
    asker: Option<Asker>,
    receipt: Option<Receipt>,
}

impl Envelope {
    pub(super) fn new(core: &Arc<Core>, message: Message) -> Parcel {
        core.under_way.begin();
        Box::new(Self {
            core: Arc::clone(core),
            priority: message.priority,
            message: Some(message),
            queued_at: None,
            recipient: None,
            asker: None,
            receipt: None,
        })
    }

    pub(super) fn asked_by(mut self: Box<Self>, asker: Asker) -> Parcel {
        self.asker = Some(asker);
        self
    }

    pub(super) fn with_receipt(mut self: Box<Self>, receipt: Receipt) -> Parcel {
        self.receipt = Some(receipt);
        self
    }

    pub(super) fn addressed_to(mut self: Box<Self>, recipient: &ParticipantId) -> Parcel {
        self.recipient = Some(recipient.clone());
        self.queued_at = Some(Instant::now());
        self
    }

    pub(super) fn priority(&self) -> Priority {
        self.priority
    }

    pub(super) fn message(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// Whoever waits for the answer: somebody else sees to it.
    pub(super) fn take_asker(&mut self) -> Option<Asker> {
        self.asker.take()
    }

    /// It is not dealt with here, and that is as it should be.
    pub(super) fn leave(mut self: Box<Self>) {
        self.message = None;
    }

    /// The handler answered.
    pub(super) fn finish(mut self: Box<Self>, reply: Reply) {
        let Some(request) = self.message.take() else { return };
        if let Some(receipt) = self.receipt.take() {
            receipt.handled();
        }
        if let Some(asker) = self.asker.take() {
            let reply = self.core.reply_to(&request, self.recipient.clone(), reply);
            self.core.answer(asker, request.id, Ok(reply));
        }
    }

    /// Nobody deals with it any more.
    pub(super) fn bury(mut self: Box<Self>, failure: Failure) {
        self.end(failure);
    }

    /// Nobody deals with it any more, and whoever sends it is told at once.
    pub(super) fn refuse(mut self: Box<Self>, failure: Failure) -> HubError {
        let error = match &self.message {
            Some(message) => failure.clone().into_error(&message.destination, message.id),
            None => HubError::new(failure.kind),
        };
        self.end(failure);
        error
    }

    fn end(&mut self, failure: Failure) {
        let Some(message) = self.message.take() else { return };
        if let Some(receipt) = self.receipt.take() {
            // A handler that was handed the message dealt with it, however that ended.
            if !matches!(failure.reason, DeadLetterReason::HandlerFailed | DeadLetterReason::HandlerPanicked)
            {
                // Nobody gave it up: it is sent again.
                return;
            }
            receipt.handled();
        }
        self.core.give_up(&message, self.recipient.take(), &failure);
        if let Some(asker) = self.asker.take() {
            let error = failure.into_error(&message.destination, message.id);
            self.core.answer(asker, message.id, Err(error));
        }
    }
}

impl Drop for Envelope {
    fn drop(&mut self) {
        if let Some(message) = &self.message {
            let reason = if self.core.has_stopped() {
                DeadLetterReason::ShutDown
            } else if message.is_expired(Instant::now()) {
                DeadLetterReason::Expired
            } else {
                DeadLetterReason::Abandoned
            };
            self.end(Failure::of(reason));
        }
        self.core.under_way.end();
    }
}
