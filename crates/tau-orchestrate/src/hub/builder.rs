//! How a hub is made.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::core::{Core, Limits, Parts};
use super::dead_letter::DeadLetterReason;
use super::error::{HubError, HubErrorKind};
use super::handle::Hub;
use super::lifecycle::Lifecycle;
use super::link::{Link, Way};
use super::name::HubId;
use super::outbox::{MemoryStore, MessageStore, Outbox, OutboxOptions};
use super::transport::Transport;
use crate::sync::write;

/// Makes a [`Hub`]. Begun by [`Hub::builder`].
#[must_use = "a hub is there once it is built"]
pub struct HubBuilder {
    name: Arc<str>,
    id: Option<HubId>,
    parent: CancellationToken,
    limits: Limits,
    transport: Option<Arc<dyn Transport>>,
    store: Arc<dyn MessageStore>,
    outbox: OutboxOptions,
}

impl HubBuilder {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            id: None,
            parent: CancellationToken::new(),
            limits: Limits { request: Duration::from_secs(30), hops: 8, dead_letters: 1024 },
            transport: None,
            store: Arc::new(MemoryStore::new()),
            outbox: OutboxOptions::default(),
        }
    }

    /// Gives the hub this id, and draws none: for a simulation, in which nothing may be random. A hub that starts again needs
    /// another, or others take what is new for what they know.
    pub fn id(mut self, id: HubId) -> Self {
        self.id = Some(id);
        self
    }

    /// Stops the hub at once when `parent` is cancelled.
    pub fn cancelled_by(mut self, parent: &CancellationToken) -> Self {
        self.parent = parent.clone();
        self
    }

    /// How long a request waits that says nothing else. 30 seconds where nothing is said.
    pub fn request_time(mut self, time: Duration) -> Self {
        self.limits.request = time;
        self
    }

    /// How many bridges a message may go over to be taken here. 8 where nothing is said.
    pub fn hops(mut self, hops: u8) -> Self {
        self.limits.hops = hops.into();
        self
    }

    /// How many dead letters are kept for a subscriber that is slow. 1,024 where nothing is said.
    pub fn dead_letter_capacity(mut self, capacity: std::num::NonZeroU16) -> Self {
        self.limits.dead_letters = usize::from(capacity.get());
        self
    }

    /// Reaches other hubs: all that are on the same transport.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Keeps messages that must arrive in `store`, which no other hub may have at the same time. What is in it already is sent
    /// again.
    pub fn store(mut self, store: impl MessageStore) -> Self {
        self.store = Arc::new(store);
        self
    }

    /// How messages that must arrive are sent again.
    pub fn outbox(mut self, options: OutboxOptions) -> Self {
        self.outbox = options;
        self
    }

    /// Makes the hub. Once this returns, other hubs reach it.
    ///
    /// # Errors
    ///
    /// `StoreFailed` when the store cannot be read, `TransportFailed` when the transport takes no subscription.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime.
    pub async fn build(self) -> Result<Hub, HubError> {
        let outbox = Outbox::open(Arc::clone(&self.store), self.outbox).await;
        let outbox = outbox
            .map_err(|error| HubError::new(HubErrorKind::StoreFailed).about(&self.name).with_source(error))?;
        let core = self.core(outbox);
        let mut ways = Vec::new();
        if let Some(link) = &core.link {
            for way in [Way::Hub, Way::Everyone] {
                let frames = link.subscribe(core.id, &way).await.map_err(|error| {
                    HubError::new(HubErrorKind::TransportFailed).about(&core.name).with_source(error)
                })?;
                ways.push((frames, way));
            }
        }
        for (frames, way) in ways {
            core.lifecycle.spawn(Arc::clone(&core).receive(frames, way));
        }
        Ok(start(core))
    }

    /// Makes a hub that nothing can be wrong with.
    pub(super) fn build_alone(self) -> Hub {
        let outbox = Outbox::new(Arc::clone(&self.store), self.outbox);
        start(self.core(outbox))
    }

    fn core(self, outbox: Outbox) -> Arc<Core> {
        let id = self.id.unwrap_or_else(HubId::random);
        let lifecycle = Lifecycle::new(id, &self.parent);
        let link = self.transport.map(Link::new);
        Arc::new(Core::new(Parts { id, name: self.name, limits: self.limits, lifecycle, link, outbox }))
    }
}

impl std::fmt::Debug for HubBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubBuilder").field("name", &self.name).finish_non_exhaustive()
    }
}

fn start(core: Arc<Core>) -> Hub {
    core.start_outbox();
    let stopping = Arc::clone(&core);
    core.lifecycle.tasks.spawn_on(
        async move {
            stopping.lifecycle.stop.cancelled().await;
            stopping.end();
        },
        &core.lifecycle.runtime,
    );
    Hub::from_core(core)
}

impl Core {
    /// Gives up everything that is still here.
    fn end(&self) {
        self.lifecycle.set_stopped();
        let members = write(&self.registry).clear();
        for member in members {
            member.leave(DeadLetterReason::ShutDown);
        }
        if let Some(link) = &self.link {
            link.give_up_questions();
        }
    }
}
