//! Which mailboxes a message goes to.

use std::sync::Arc;

use futures::future::join_all;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::core::Core;
use super::dead_letter::DeadLetterReason;
use super::envelope::{Answer, Asker, Envelope, Parcel};
use super::error::{Failure, HubError, HubErrorKind};
use super::mailbox::{Overflow, Put};
use super::member::Member;
use super::message::{Destination, Message, MessageBuilder, Purpose};
use super::name::MessageId;
use crate::sync::read;

/// What became of a message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The id it got.
    pub id: MessageId,
    /// How many mailboxes of this hub took it.
    pub accepted: usize,
    /// How many had no room for it. Each of them made a dead letter.
    pub dropped: usize,
    /// Whether the transport took it, which says nothing of whether anybody gets it.
    pub is_forwarded: bool,
    /// Whether the outbox keeps it until it arrived.
    pub is_kept: bool,
}

impl Sent {
    fn new(id: MessageId) -> Self {
        Self { id, accepted: 0, dropped: 0, is_forwarded: false, is_kept: false }
    }

    fn count(mut self, was_accepted: bool) -> Self {
        if was_accepted {
            self.accepted += 1;
        } else {
            self.dropped += 1;
        }
        self
    }
}

impl Core {
    /// Makes a message of what somebody wants to send, while the hub takes any.
    pub(super) fn prepare(&self, builder: MessageBuilder) -> Result<Message, HubError> {
        let message = builder.build(self.next_id())?;
        self.counters.sent.add();
        self.check_open(&message)?;
        Ok(message)
    }

    pub(super) fn check_open(&self, message: &Message) -> Result<(), HubError> {
        if self.lifecycle.takes_messages() {
            return Ok(());
        }
        let failure = Failure::of(DeadLetterReason::ShutDown);
        self.give_up(message, None, &failure);
        Err(failure.into_error(&self.name, message.id))
    }

    /// Sends a message that nobody waits on.
    pub(super) async fn tell(self: &Arc<Self>, message: Message) -> Result<Sent, HubError> {
        if message.purpose == Purpose::MustArrive {
            let id = self.outbox.keep(self, message).await?;
            return Ok(Sent { is_kept: true, ..Sent::new(id) });
        }
        self.dispatch(Envelope::new(self, message)).await
    }

    /// Sends a message, and waits for the answer until its deadline.
    pub(super) async fn ask(self: &Arc<Self>, mut message: Message) -> Answer {
        if message.purpose == Purpose::MustArrive
            || !matches!(message.destination, Destination::Participant(_))
        {
            let detail = "only a message to one participant, and none that must arrive, can be a request";
            return Err(HubError::new(HubErrorKind::InvalidMessage)
                .about(&message.destination)
                .with_detail(detail));
        }
        self.counters.requests.add();
        message.purpose = Purpose::Ask;
        let deadline = *message.deadline.get_or_insert_with(|| Instant::now() + self.limits.request);
        let (id, destination) = (message.id, message.destination.clone());
        let (asker, answer) = oneshot::channel();
        let parcel = Envelope::new(self, message).asked_by(Asker::Here(asker));
        let _question = Question { core: self, id };
        let answered = timeout_at(deadline, async {
            self.dispatch(parcel).await?;
            // Whoever drops a question answers it, so this is a hub that is gone.
            answer.await.unwrap_or_else(|_| Err(HubError::new(HubErrorKind::ShutDown).of_message(id)))
        });
        answered.await.unwrap_or_else(|_| {
            self.counters.timeouts.add();
            Err(HubError::new(HubErrorKind::DeadlineExceeded).about(destination).of_message(id))
        })
    }

    async fn dispatch(self: &Arc<Self>, parcel: Parcel) -> Result<Sent, HubError> {
        let Some(message) = parcel.message() else { return Err(HubError::new(HubErrorKind::InvalidMessage)) };
        let id = message.id;
        match &message.destination {
            Destination::Participant(participant) => match (self.member(participant), &self.link) {
                (Some(member), _) => Ok(Sent::new(id).count(self.deliver(&member, parcel).await?)),
                (None, Some(link)) => {
                    link.forward(self, parcel).await?;
                    Ok(Sent { is_forwarded: true, ..Sent::new(id) })
                }
                (None, None) => Err(parcel.refuse(Failure::of(DeadLetterReason::NoSuchParticipant))),
            },
            Destination::Subject(subject) => {
                let members = read(&self.registry).subscribers(subject);
                self.spread(&members, parcel).await
            }
            Destination::Everyone => {
                let mut members = read(&self.registry).everyone();
                members.retain(|member| Some(&member.id) != message.from.as_ref());
                self.spread(&members, parcel).await
            }
        }
    }

    /// Sends a message to many: here, and where the transport leads.
    async fn spread(self: &Arc<Self>, members: &[Arc<Member>], parcel: Parcel) -> Result<Sent, HubError> {
        let forwarded = match (&self.link, parcel.message()) {
            (Some(link), Some(message)) => Some((link.send(self, message, 0).await, message.clone())),
            _ => None,
        };
        if members.is_empty() && forwarded.is_none() {
            let sent = parcel.message().map(|message| Sent::new(message.id));
            let failure = Failure::of(DeadLetterReason::NoReceiver);
            return match sent {
                Some(sent) => {
                    parcel.bury(failure);
                    Ok(sent)
                }
                None => Err(parcel.refuse(failure)),
            };
        }
        let sent = self.deliver_to_all(members, parcel).await?;
        match forwarded {
            None => Ok(sent),
            Some((Ok(()), _)) => Ok(Sent { is_forwarded: true, ..sent }),
            Some((Err(error), message)) => {
                let failure = Failure::of(DeadLetterReason::TransportFailed);
                self.give_up(&message, None, &failure);
                Err(failure.into_error(&message.destination, message.id).with_source(error))
            }
        }
    }

    /// Puts a message into the mailboxes of `members`. One that has no room holds up none of the others.
    pub(super) async fn deliver_to_all(
        self: &Arc<Self>,
        members: &[Arc<Member>],
        parcel: Parcel,
    ) -> Result<Sent, HubError> {
        let Some(message) = parcel.message() else { return Err(HubError::new(HubErrorKind::InvalidMessage)) };
        let sent = Sent::new(message.id);
        if let [member] = members {
            return Ok(sent.count(self.deliver(member, parcel).await?));
        }
        let copies = members.iter().map(|member| self.deliver(member, Envelope::new(self, message.clone())));
        let delivered = join_all(copies).await;
        parcel.leave();
        Ok(delivered.into_iter().fold(sent, |sent, delivered| sent.count(delivered.unwrap_or(false))))
    }

    /// Puts a message into a mailbox as its participant's policy says, and tells whether it is in.
    pub(super) async fn deliver(&self, member: &Member, parcel: Parcel) -> Result<bool, HubError> {
        let mut put = member.mailbox.try_put(parcel.addressed_to(&member.id));
        let overflow = member.mailbox.overflow();
        if overflow == Overflow::Wait
            && let Put::Full(parcel) = put
        {
            put = wait_for_room(member, parcel).await?;
        }
        let full = Failure::of(DeadLetterReason::MailboxFull);
        match put {
            Put::Queued => Ok(true),
            Put::Evicted(oldest) => {
                member.counters.dropped.add();
                oldest.bury(Failure::of(DeadLetterReason::Evicted));
                Ok(true)
            }
            Put::Full(parcel) if matches!(overflow, Overflow::DropOldest | Overflow::DropNewest) => {
                member.counters.dropped.add();
                parcel.bury(full);
                Ok(false)
            }
            Put::Full(parcel) => {
                member.counters.dropped.add();
                Err(parcel.refuse(full))
            }
            Put::Closed(parcel) if self.has_stopped() => {
                Err(parcel.refuse(Failure::of(DeadLetterReason::ShutDown)))
            }
            Put::Closed(parcel) => Err(parcel.refuse(Failure::of(DeadLetterReason::Unregistered))),
        }
    }
}

async fn wait_for_room(member: &Member, parcel: Parcel) -> Result<Put, HubError> {
    let Some(message) = parcel.message() else { return Ok(Put::Full(parcel)) };
    let (id, deadline) = (message.id, message.deadline);
    match deadline {
        None => Ok(member.mailbox.put(parcel).await),
        Some(deadline) => timeout_at(deadline, member.mailbox.put(parcel))
            .await
            .map_err(|_| HubError::new(HubErrorKind::DeadlineExceeded).about(&member.id).of_message(id)),
    }
}

/// That somebody waits for an answer. Dropped, nobody does.
struct Question<'a> {
    core: &'a Core,
    id: MessageId,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if let Some(link) = &self.core.link {
            link.forget(self.id);
        }
    }
}
