//! The hub, as everybody sees it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::builder::HubBuilder;
use super::core::Core;
use super::dead_letter::{DeadLetterReason, DeadLetters};
use super::error::{HubError, HubErrorKind};
use super::link::Way;
use super::member::{Member, spawn_workers};
use super::message::{Message, MessageBuilder};
use super::metrics::HubMetrics;
use super::name::{HubId, NameError, ParticipantId};
use super::participant::{Participant, ParticipantOptions};
use super::route::Sent;
use super::subject::Pattern;
use crate::sync::{read, write};

/// A place where participants reach each other by id and by subject.
///
/// A handle, cheap to clone; all clones are the same hub. A hub lives until it is [shut down](Hub::shutdown), is
/// [stopped](Hub::stop), or the token that it was built with is cancelled. Dropping handles ends nothing: handlers hold
/// handles too.
#[derive(Clone)]
pub struct Hub {
    core: Arc<Core>,
}

/// How a shutdown went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Whether everything that was under way was dealt with in time.
    pub is_drained: bool,
    /// How many messages were not. Each of them made a dead letter, unless it is kept by an outbox.
    pub unhandled: usize,
    /// How many messages are still in the outbox. They are lost if its store is one in memory.
    pub in_outbox: usize,
}

impl Hub {
    /// A hub by itself: no transport, and what must arrive is kept in memory.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::builder(name).build_alone()
    }

    /// Begins a hub that differs from that. The name is for people.
    pub fn builder(name: &str) -> HubBuilder {
        HubBuilder::new(name)
    }

    pub(super) fn from_core(core: Arc<Core>) -> Self {
        Self { core }
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The id, drawn when it was made.
    #[must_use]
    pub fn id(&self) -> HubId {
        self.core.id
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.core.name
    }

    /// Lets `participant` take part under `id`. Once this returns, messages reach it, from other hubs too.
    ///
    /// # Errors
    ///
    /// `InvalidName`, `AlreadyRegistered`, `ShutDown`, `TransportFailed`. An id is unique in a hub. That it is among hubs on
    /// one transport is up to whoever gives ids: each of two with the same id gets the messages that come from other hubs.
    pub async fn register<I: TryInto<ParticipantId, Error: Into<NameError>>>(
        &self,
        id: I,
        participant: impl Participant,
    ) -> Result<(), HubError> {
        self.register_with(id, ParticipantOptions::default(), participant).await
    }

    /// Lets `participant` take part under `id`, with a mailbox of its own kind.
    ///
    /// # Errors
    ///
    /// As [`Hub::register`].
    pub async fn register_with<I: TryInto<ParticipantId, Error: Into<NameError>>>(
        &self,
        id: I,
        options: ParticipantOptions,
        participant: impl Participant,
    ) -> Result<(), HubError> {
        let id = id.try_into().map_err(Into::into)?;
        let member = Member::new(id, options, &self.core.lifecycle.stop);
        {
            let mut registry = write(&self.core.registry);
            // Inside the lock: a hub that stops sets its phase before it clears the registry.
            if !self.core.lifecycle.is_open() {
                return Err(HubError::new(HubErrorKind::ShutDown).about(&self.core.name));
            }
            if !registry.insert(&member) {
                return Err(HubError::new(HubErrorKind::AlreadyRegistered).about(&member.id));
            }
        }
        let registration = Registration { hub: self, member: &member };
        spawn_workers(&self.core, &member, participant, options);
        self.receive_over(&member, Way::Participant(Arc::clone(&member)), member.gone.clone()).await?;
        std::mem::forget(registration);
        self.core.outbox.is_here(&member.id);
        Ok(())
    }

    /// Ends the part of a participant. What is in its mailbox is given up, and whoever waits for an answer is told; it
    /// finishes the messages that it was handed already.
    ///
    /// # Errors
    ///
    /// `NoSuchParticipant`.
    pub fn unregister(&self, id: &str) -> Result<(), HubError> {
        let member = write(&self.core.registry).remove(id);
        let member = member.ok_or_else(|| HubError::new(HubErrorKind::NoSuchParticipant).about(id))?;
        member.leave(DeadLetterReason::Unregistered);
        Ok(())
    }

    /// Who takes part in this hub, in the order of the ids.
    #[must_use]
    pub fn participants(&self) -> Vec<ParticipantId> {
        read(&self.core.registry).everyone().iter().map(|member| member.id.clone()).collect()
    }

    /// Brings what is published on subjects that `pattern` wants to the mailbox of a participant. What several of its
    /// patterns want comes once. To subscribe twice is to subscribe once.
    ///
    /// # Errors
    ///
    /// `InvalidName`, `NoSuchParticipant`, `TransportFailed`.
    pub async fn subscribe<P: TryInto<Pattern, Error: Into<NameError>>>(
        &self,
        id: &str,
        pattern: P,
    ) -> Result<(), HubError> {
        let pattern = pattern.try_into().map_err(Into::into)?;
        let (member, end) = {
            let mut registry = write(&self.core.registry);
            let member = registry.get(id).map(Arc::clone);
            let member = member.ok_or_else(|| HubError::new(HubErrorKind::NoSuchParticipant).about(id))?;
            let Some(end) = member.subscribe(&pattern) else { return Ok(()) };
            registry.subscribe(&member, &pattern);
            (member, end)
        };
        let way = Way::Pattern(Arc::clone(&member), pattern.clone());
        let subscription = Subscription { hub: self, member: &member, pattern: &pattern };
        self.receive_over(&member, way, end).await?;
        std::mem::forget(subscription);
        Ok(())
    }

    /// Ends a subscription.
    ///
    /// # Errors
    ///
    /// `InvalidName`; `NoSuchParticipant` when there is no such participant or it did not subscribe to that.
    pub fn unsubscribe<P: TryInto<Pattern, Error: Into<NameError>>>(
        &self,
        id: &str,
        pattern: P,
    ) -> Result<(), HubError> {
        let pattern = pattern.try_into().map_err(Into::into)?;
        let member = read(&self.core.registry).get(id).map(Arc::clone);
        match member.is_some_and(|member| self.end_subscription(&member, &pattern)) {
            true => Ok(()),
            false => Err(HubError::new(HubErrorKind::NoSuchParticipant).about(format!("{id} on {pattern}"))),
        }
    }

    fn end_subscription(&self, member: &Arc<Member>, pattern: &Pattern) -> bool {
        let mut registry = write(&self.core.registry);
        registry.unsubscribe(member, pattern);
        member.unsubscribe(pattern)
    }

    /// Sends a message at most once, or through the outbox if it must arrive.
    ///
    /// Waits for room in mailboxes whose participants want that ([`Overflow::Wait`](super::Overflow::Wait)), until the
    /// deadline of the message. Dropped before it returned, it has put the message into every mailbox that had room and
    /// into no other.
    ///
    /// # Errors
    ///
    /// For one participant: `NoSuchParticipant` (only without a transport: with one, nobody knows who is there),
    /// `MailboxFull`, `DeadlineExceeded`, `Unregistered`. For any: `InvalidName`, `InvalidMessage`, `ShutDown`,
    /// `TransportFailed`; and for one that must arrive `OutboxFull` and `StoreFailed`. Each makes a dead letter but
    /// `InvalidName` and `InvalidMessage`, and the last two: such a message was not taken. A subject that nobody subscribed to is no error.
    pub async fn send(&self, message: MessageBuilder) -> Result<Sent, HubError> {
        let message = self.core.prepare(message)?;
        self.core.tell(message).await
    }

    /// Sends a message to one participant and waits for its reply, until the deadline of the message.
    ///
    /// # Errors
    ///
    /// Those of [`Hub::send`]; and `HandlerFailed`, `HandlerPanicked`, and `DeadlineExceeded`, behind which the handler may
    /// have done its work. A reply that comes later is a dead letter.
    pub async fn request(&self, message: MessageBuilder) -> Result<Message, HubError> {
        let message = self.core.prepare(message)?;
        self.core.ask(message).await
    }

    /// Messages that nobody deals with, from now on.
    #[must_use]
    pub fn dead_letters(&self) -> DeadLetters {
        DeadLetters::new(self.core.dead_letters.subscribe())
    }

    /// What it did so far.
    #[must_use]
    pub fn metrics(&self) -> HubMetrics {
        self.core.metrics()
    }

    /// Ends the hub in good order: nothing new begins but what its handlers send, and what is under way is dealt with, for
    /// as long as `drain`. Then it stops. Returns once nothing of it runs any more.
    ///
    /// A handler that waits for this waits for itself, until `drain` is over.
    pub async fn shutdown(&self, drain: Duration) -> ShutdownReport {
        let core = &self.core;
        core.lifecycle.begin_to_drain();
        let drained = timeout(drain, async {
            core.under_way.none().await;
            core.outbox.flush().await;
        });
        let is_drained = drained.await.is_ok();
        let unhandled = core.under_way.count();
        self.stop();
        self.stopped().await;
        ShutdownReport { is_drained, unhandled, in_outbox: core.outbox.depth() }
    }

    /// Ends the hub at once: handlers are dropped where they wait, what is in mailboxes is given up, and whoever waits for an
    /// answer is told.
    pub fn stop(&self) {
        self.core.lifecycle.stop.cancel();
    }

    /// Waits until the hub has stopped, whoever stopped it, and nothing of it runs any more.
    pub async fn stopped(&self) {
        self.core.lifecycle.stop.cancelled().await;
        self.core.lifecycle.tasks.close();
        self.core.lifecycle.tasks.wait().await;
    }

    /// Takes in what comes over the transport this way, until `end` fires.
    async fn receive_over(
        &self,
        member: &Member,
        way: Way,
        end: tokio_util::sync::CancellationToken,
    ) -> Result<(), HubError> {
        let Some(link) = &self.core.link else { return Ok(()) };
        let frames = link.subscribe(self.core.id, &way).await.map_err(|error| {
            HubError::new(HubErrorKind::TransportFailed).about(&member.id).with_source(error)
        })?;
        let receive = Arc::clone(&self.core).receive(frames, way);
        self.core.lifecycle.spawn(async move {
            end.run_until_cancelled(receive).await;
        });
        Ok(())
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("name", &self.name()).field("id", &self.id()).finish_non_exhaustive()
    }
}

/// A registration that is not complete. Dropped, it is taken back.
struct Registration<'a> {
    hub: &'a Hub,
    member: &'a Arc<Member>,
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        let mut registry = write(&self.hub.core.registry);
        // It may be gone already, with the hub or by its id, and somebody else may have that by now.
        if registry.get(self.member.id.as_str()).is_some_and(|member| Arc::ptr_eq(member, self.member)) {
            registry.remove(self.member.id.as_str());
        }
        drop(registry);
        self.member.leave(DeadLetterReason::Unregistered);
    }
}

/// A subscription that is not complete. Dropped, it is taken back, and the next to subscribe begins anew.
struct Subscription<'a> {
    hub: &'a Hub,
    member: &'a Arc<Member>,
    pattern: &'a Pattern,
}

impl Drop for Subscription<'_> {
    fn drop(&mut self) {
        self.hub.end_subscription(self.member, self.pattern);
    }
}
