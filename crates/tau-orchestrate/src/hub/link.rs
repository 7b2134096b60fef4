//! A hub's side of its transport: what goes out, and what comes in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::core::Core;
use super::dead_letter::DeadLetterReason;
use super::envelope::{Answer, Asker, Envelope, Parcel};
use super::error::{Failure, HubError, HubErrorKind};
use super::frame::Frame;
use super::member::Member;
use super::message::{Destination, Message, Purpose};
use super::name::{HubId, MessageId, ParticipantId};
use super::outbox::{Arrival, Target};
use super::subject::{Pattern, Subject};
use super::transport::{Frames, Transport, TransportError};
use crate::sync::{lock, read};

/// How long a hub that stops waits for the transport to take an answer.
const ANSWER: Duration = Duration::from_secs(1);

pub(super) struct Link {
    pub(super) transport: Arc<dyn Transport>,
    /// Who waits for an answer from another hub. Only looked up.
    questions: Mutex<HashMap<MessageId, oneshot::Sender<Answer>>>,
}

/// How a frame came.
#[derive(Clone)]
pub(super) enum Way {
    /// To a participant.
    Participant(Arc<Member>),
    /// To a participant that subscribed to this pattern.
    Pattern(Arc<Member>, Pattern),
    /// To every participant.
    Everyone,
    /// To the hub itself.
    Hub,
}

/// The subjects that hubs use among themselves.
fn subject_of(destination: &Destination) -> Subject {
    Subject::of_tokens(match destination {
        Destination::Participant(id) => to(id),
        Destination::Subject(subject) => ["on.", subject.as_str()].concat(),
        Destination::Everyone => "all".to_owned(),
    })
}

fn to(id: &ParticipantId) -> String {
    ["to.", id.as_str()].concat()
}

fn hub(id: HubId) -> Subject {
    Subject::of_tokens(format!("hub.{id}"))
}

impl Link {
    pub(super) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, questions: Mutex::default() }
    }

    /// Subscribes to what comes this way.
    pub(super) async fn subscribe(&self, id: HubId, way: &Way) -> Result<Frames, TransportError> {
        let pattern = match way {
            Way::Participant(member) => Pattern::from(&Subject::of_tokens(to(&member.id))),
            Way::Pattern(_, pattern) => pattern.below("on"),
            Way::Everyone => Pattern::from(&subject_of(&Destination::Everyone)),
            Way::Hub => Pattern::from(&hub(id)),
        };
        self.transport.subscribe(pattern).await
    }

    async fn publish(&self, core: &Core, subject: Subject, frame: Bytes) -> Result<(), TransportError> {
        self.transport.publish(subject, frame).await?;
        core.counters.frames_sent.add();
        Ok(())
    }

    /// Sends a message to other hubs. `settled` is what the outbox says of the origin of a message that must arrive.
    pub(super) async fn send(
        &self,
        core: &Core,
        message: &Message,
        settled: u64,
    ) -> Result<(), TransportError> {
        let frame = Frame::message(core.id, settled, message);
        self.publish(core, subject_of(&message.destination), frame).await
    }

    /// Sends a message that no participant here is meant by. Whoever asked waits for what comes back.
    pub(super) async fn forward(&self, core: &Core, mut parcel: Parcel) -> Result<(), HubError> {
        let asker = parcel.take_asker();
        let Some(message) = parcel.message() else { return Ok(()) };
        let id = message.id;
        if let Some(Asker::Here(asker)) = asker {
            lock(&self.questions).insert(id, asker);
        }
        match self.send(core, message, 0).await {
            Ok(()) => {
                parcel.leave();
                Ok(())
            }
            Err(error) => {
                self.forget(id);
                let failure = Failure::of(DeadLetterReason::TransportFailed);
                Err(parcel.refuse(failure).with_source(error))
            }
        }
    }

    /// Nobody waits for this answer any more.
    pub(super) fn forget(&self, request: MessageId) {
        lock(&self.questions).remove(&request);
    }

    /// No answer comes any more.
    pub(super) fn give_up_questions(&self) {
        let questions = std::mem::take(&mut *lock(&self.questions));
        for (id, asker) in questions {
            // Whoever asked may be gone.
            let _ = asker.send(Err(HubError::new(HubErrorKind::ShutDown).of_message(id)));
        }
    }

    /// Sends an answer to the hub that asked. Nobody waits for that here.
    pub(super) fn answer(&self, core: &Core, asker: HubId, request: MessageId, answer: Answer) {
        let frame = match answer {
            Ok(reply) => Frame::reply(request, &reply),
            Err(error) => Frame::failed(request, error.kind(), error.detail().unwrap_or_default()),
        };
        let transport = Arc::clone(&self.transport);
        core.counters.frames_sent.add();
        let send = async move {
            // Lost, as any frame may be: whoever asked has a deadline.
            let _ = timeout(ANSWER, transport.publish(hub(asker), frame)).await;
        };
        core.lifecycle.tasks.spawn_on(send, &core.lifecycle.runtime);
    }

    /// Tells a hub that its message was dealt with.
    pub(super) async fn acknowledge(&self, core: &Core, sender: HubId, id: MessageId) {
        // Lost, as any frame may be: then the message comes again, and so does this.
        let _ = self.publish(core, hub(sender), Frame::acknowledged(id)).await;
    }
}

impl Core {
    /// Takes in what comes over a subscription, until it ends.
    pub(super) async fn receive(self: Arc<Self>, mut frames: Frames, way: Way) {
        while let Some(frame) = frames.next().await {
            self.counters.frames_received.add();
            match Frame::decode(frame) {
                Ok(frame) => self.take_in(frame, &way).await,
                Err(_) => self.counters.frames_malformed.add(),
            }
        }
    }

    async fn take_in(self: &Arc<Self>, frame: Frame, way: &Way) {
        match frame {
            Frame::Message { sender, .. } if sender == self.id => {}
            Frame::Message { sender, settled, message } => self.arrive(sender, settled, message, way).await,
            Frame::Reply { request, reply } => self.answered(request, Ok(reply)),
            Frame::Failed { request, kind, detail } => {
                let error = HubError::new(kind).of_message(request);
                let error = if detail.is_empty() { error } else { error.with_detail(detail) };
                self.answered(request, Err(error));
            }
            Frame::Acknowledged { id } => self.outbox.acknowledged(id),
        }
    }

    fn answered(&self, request: MessageId, answer: Answer) {
        let asker = self.link.as_ref().and_then(|link| lock(&link.questions).remove(&request));
        match (asker, answer) {
            (Some(asker), answer) => self.answer(Asker::Here(asker), request, answer),
            (None, Ok(reply)) => self.give_up(&reply, None, &Failure::of(DeadLetterReason::LateReply)),
            (None, Err(_)) => {}
        }
    }

    async fn arrive(self: &Arc<Self>, sender: HubId, settled: u64, message: Message, way: &Way) {
        let members = match (way, &message.destination) {
            (Way::Participant(member), Destination::Participant(id)) if member.id == *id => {
                match self.member(id) {
                    // Its own subscription brings the message too.
                    Some(successor) if !Arc::ptr_eq(&successor, member) => return,
                    _ => vec![Arc::clone(member)],
                }
            }
            (Way::Pattern(member, pattern), Destination::Subject(subject)) if pattern.matches(subject) => {
                let is_meant = member.takes_through(pattern, message.id);
                is_meant.then(|| Arc::clone(member)).into_iter().collect()
            }
            (Way::Everyone, Destination::Everyone) => read(&self.registry).everyone(),
            _ => return self.counters.frames_malformed.add(),
        };
        let asker = (message.purpose == Purpose::Ask).then_some(Asker::There(sender));
        let (id, purpose) = (message.id, message.purpose);
        let mut parcel = Envelope::new(self, message);
        if let Some(asker) = asker {
            parcel = parcel.asked_by(asker);
        }
        if !self.lifecycle.is_open() {
            return match purpose {
                // It comes again, to whoever is here then.
                Purpose::MustArrive => parcel.leave(),
                _ => parcel.bury(Failure::of(DeadLetterReason::ShutDown)),
            };
        }
        if purpose == Purpose::MustArrive {
            match self.outbox.arrived(self, id, settled, Target::There(sender)) {
                Arrival::New(receipt) => parcel = parcel.with_receipt(receipt),
                Arrival::Again => {
                    self.counters.duplicates.add();
                    return parcel.leave();
                }
            }
        }
        // What cannot be delivered was told where it can be.
        let _ = self.deliver_to_all(&members, parcel).await;
    }
}
