//! Participants that lead to another hub.

use super::core::Core;
use super::error::{HubError, HubErrorKind};
use super::handle::Hub;
use super::message::{Destination, Message, Purpose};
use super::participant::{HandlerError, Participant, Reply};
use crate::sync::lock;

use std::sync::Arc;

/// A participant that sends whatever it is handed in another hub, to the same destination.
///
/// Registered under the id of a participant of the other hub, it stands for that one; subscribed to a pattern, it brings
/// what is published there over; and broadcasts reach it as they reach everybody. Requests are answered through it. Two of
/// them, one in each hub, join two hubs both ways, and any number of hubs may be joined in any way:
///
/// - no message comes back to a hub that it went through, and none goes over more bridges than the hub allows
///   ([`HubBuilder::hops`](super::HubBuilder::hops));
/// - what is for many reaches a hub once, though several ways lead there.
///
/// A message that must arrive is kept by the outbox of the other hub before the bridge is done with it.
#[derive(Debug, Clone)]
pub struct Bridge {
    target: Hub,
}

impl Bridge {
    /// A bridge that leads to `target`.
    #[must_use]
    pub fn to(target: &Hub) -> Self {
        Self { target: target.clone() }
    }
}

impl Participant for Bridge {
    async fn handle(&self, message: Message) -> Result<Reply, HandlerError> {
        Ok(self.target.core().cross(message).await?)
    }
}

impl Core {
    /// Takes a message over from another hub.
    async fn cross(self: &Arc<Self>, mut message: Message) -> Result<Reply, HubError> {
        let is_for_one = matches!(message.destination, Destination::Participant(_));
        let comes_back = message.has_passed(self.id);
        if comes_back && !is_for_one {
            return Ok(Reply::default());
        }
        if comes_back || message.hops() >= self.limits.hops {
            return Err(HubError::new(HubErrorKind::HopLimit)
                .about(&message.destination)
                .of_message(message.id));
        }
        if !is_for_one && !lock(&self.bridged).insert(message.id) {
            self.counters.duplicates.add();
            return Ok(Reply::default());
        }
        self.check_open(&message)?;
        // One that must arrive gets an id of this hub, which then stands for it.
        let passed = if message.purpose == Purpose::MustArrive { message.id.origin } else { self.id };
        let path = message.path.as_deref().unwrap_or_default();
        message.path = Some(path.iter().copied().chain([passed]).collect());
        self.counters.sent.add();
        if message.purpose == Purpose::Ask {
            return self.ask(message).await.map(|reply| Reply::of(&reply));
        }
        self.tell(message).await.map(|_| Reply::default())
    }
}
