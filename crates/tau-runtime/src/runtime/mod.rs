//! The sessions of a process: made, found, taken up, copied and let go.
//!
//! A [`Runtime`] owns the tasks of its sessions. What a session is made of it asks its [`SessionFactory`]; what it does not
//! hold itself it asks its [`SessionStore`]. Both are wired by whoever builds it.

mod begin;
mod choice;
mod drain;
mod environment;
mod error;
mod factory;
mod hold;
mod live;
mod made;
mod store;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tau_core::SessionId;
use tau_core::event::{Event, Seq};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::attach::Attachments;
use crate::driver::Handle;
use crate::hooks::HookHealth;
use table::Table;

/// The key of a session's metadata under which the agent stands that it was created from.
pub(crate) const AGENT_KEY: &str = "tau.agent";

/// The agent that a session was created from; empty where it is not known.
pub(crate) fn agent_of(metadata: &BTreeMap<String, String>) -> &str {
    metadata.get(AGENT_KEY).map_or("", String::as_str)
}

pub use choice::{Beginning, Claim, DurabilityChoice, Revival};
pub use drain::Drained;
#[cfg(feature = "server")]
pub(crate) use drain::until_idle;
pub use error::RuntimeError;
pub use factory::{
    AgentSummary, EnvironmentChoice, FactoryError, FactoryErrorKind, NewSession, OldSession, SessionFactory,
    SessionOverrides,
};
pub use live::{Ended, LiveSession};
pub use store::{
    SessionStore, StoreError, StoreErrorKind, StoredOrder, StoredPage, StoredQuery, StoredSession,
};

/// How many sessions may be live in a runtime that does not say.
pub const DEFAULT_MAX_SESSIONS: usize = 10_000;

/// What a runtime is made of.
#[derive(Debug)]
#[non_exhaustive]
pub struct RuntimeOptions {
    /// Makes what sessions are made of.
    pub factory: Arc<dyn SessionFactory>,
    /// Where extensions attach: journals, which are sent the events of sessions, and tools. Default: a place to which
    /// nothing is attached yet.
    pub attachments: Attachments,
    /// Where sessions that are not live are found. Default: nowhere.
    pub store: Option<Arc<dyn SessionStore>>,
    /// How many journals must hold an event of a session that does not say. Default: 0.
    pub required_acks: usize,
    /// How long a session that does not say waits for journals that it misses. Default: 30 s.
    pub grace: Duration,
    /// How many sessions may be live. Default: [`DEFAULT_MAX_SESSIONS`].
    pub max_sessions: usize,
}

impl RuntimeOptions {
    /// A runtime that keeps nothing.
    #[must_use]
    pub fn new(factory: Arc<dyn SessionFactory>) -> Self {
        Self {
            factory,
            attachments: Attachments::default(),
            store: None,
            required_acks: 0,
            grace: Duration::from_secs(30),
            max_sessions: DEFAULT_MAX_SESSIONS,
        }
    }
}

/// The sessions of a process. Cheap to clone; the sessions end when they are let go, not with the last clone.
#[derive(Debug, Clone)]
pub struct Runtime(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: RuntimeOptions,
    table: Table,
    tasks: TaskTracker,
    hook_health: HookHealth,
}

impl Runtime {
    /// A runtime without sessions.
    #[must_use]
    pub fn new(options: RuntimeOptions) -> Self {
        let table = Table::new(options.max_sessions);
        Self(Arc::new(Inner {
            options,
            table,
            tasks: TaskTracker::new(),
            hook_health: HookHealth::default(),
        }))
    }

    /// What makes its sessions.
    #[must_use]
    pub fn factory(&self) -> &dyn SessionFactory {
        &*self.0.options.factory
    }

    /// The agent that sessions are created from that name none.
    #[must_use]
    pub fn default_agent(&self) -> Option<String> {
        self.factory().agents().into_iter().next().map(|agent| agent.name)
    }

    /// Where extensions attach.
    #[must_use]
    pub fn attachments(&self) -> &Attachments {
        &self.0.options.attachments
    }

    /// How the hooks of its sessions do.
    #[must_use]
    pub fn hook_health(&self) -> &HookHealth {
        &self.0.hook_health
    }

    /// Where sessions that are not live are found.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn SessionStore>> {
        self.0.options.store.as_ref()
    }

    /// How many sessions may be live.
    #[must_use]
    pub fn max_sessions(&self) -> usize {
        self.0.options.max_sessions
    }

    /// A session that is live, and no subagent's.
    ///
    /// # Errors
    /// [`RuntimeError::NotLive`] when the store knows it, [`RuntimeError::NotFound`] when nobody does.
    pub async fn get(&self, session: SessionId) -> Result<LiveSession, RuntimeError> {
        if let Some(live) = self.find(session) {
            return Ok(live);
        }
        let known = self.page(session, Seq::default()).await?;
        Err(if known.is_empty() { RuntimeError::NotFound(session) } else { RuntimeError::NotLive(session) })
    }

    /// A session, if it is live.
    #[must_use]
    pub fn find(&self, session: SessionId) -> Option<LiveSession> {
        self.0.table.get(session)
    }

    /// The way to a session that is live, a subagent's included.
    pub async fn handle(&self, session: SessionId) -> Option<Handle> {
        if let Some(live) = self.find(session) {
            return Some(live.handle().clone());
        }
        let mut parents: Vec<Handle> = self.live().iter().map(|live| live.handle().clone()).collect();
        while let Some(parent) = parents.pop() {
            for child in parent.overview().subagents {
                let Some(handle) = parent.subagent(child).await else { continue };
                if child == session {
                    return Some(handle);
                }
                parents.push(handle);
            }
        }
        None
    }

    /// The sessions that are live, by id.
    #[must_use]
    pub fn live(&self) -> Vec<LiveSession> {
        self.0.table.all()
    }

    /// Changes whenever a session becomes live or ends.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.table.changes()
    }

    /// Why a session that was live here ended, as far as that is still known.
    #[must_use]
    pub fn last_end(&self, session: SessionId) -> Option<Ended> {
        self.0.table.last_end(session)
    }

    /// The events of a session from its first on, live or not.
    ///
    /// # Errors
    /// When there is no such session, or the store cannot give it.
    pub async fn events(&self, session: SessionId) -> Result<Vec<Arc<Event>>, RuntimeError> {
        if let Some(live) = self.find(session) {
            return Ok(live.handle().events(Seq::default()));
        }
        let mut events: Vec<Arc<Event>> = Vec::new();
        loop {
            let after = events.last().map(|event| event.header.seq).unwrap_or_default();
            let page = self.page(session, after).await?;
            if page.is_empty() {
                break;
            }
            events.extend(page.into_iter().map(Arc::new));
        }
        if events.is_empty() { Err(RuntimeError::NotFound(session)) } else { Ok(events) }
    }

    /// Does what is left to do when something is dropped. Where nothing runs tasks any more the process ends, which whoever
    /// would be told finds.
    pub(crate) fn afterwards(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Ok(executor) = tokio::runtime::Handle::try_current() {
            self.0.tasks.spawn_on(work, &executor);
        }
    }

    /// Some events of a session as the store has them.
    async fn page(&self, session: SessionId, after: Seq) -> Result<Vec<Event>, RuntimeError> {
        let store = self.store().ok_or(RuntimeError::NotFound(session))?;
        store.read(session, after).await.map_err(|error| RuntimeError::store(session, error))
    }

    /// Waits until a session is neither being made live nor let go.
    #[cfg(feature = "server")]
    pub(crate) async fn settled(&self, session: SessionId) {
        self.0.table.settled(session).await;
    }
}
