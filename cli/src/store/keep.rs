//! Keeping sessions while this process works on them: their leases, and the journal that stores their events.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_persist::{Holder, Journal, JournalOptions, Leases, Store, StoreError};
use tau_runtime::attach::{Attachments, Caller, in_process};
use tau_runtime::{Durability, OpenError, OpenedSession, Past, ResumeError, SessionOpener};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use super::entry::Unreadable;
use super::read::read_whole;

/// What the store is called towards the runtime.
const CLIENT: &str = "tau-persist";

/// Keeps the sessions of this process.
#[derive(Debug)]
pub(crate) struct Keeper {
    sessions: Sessions,
    attachments: Attachments,
    kept: Kept,
    _renewal: AbortOnDropHandle<()>,
}

/// Why a session cannot be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TakeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Id(tau_persist::ParseSessionIdError),
    #[error("event {0} cannot be read: {1}")]
    Unreadable(u64, Unreadable),
    #[error(transparent)]
    Order(#[from] ResumeError),
}

impl Keeper {
    /// Takes a session, which need not exist, for this process, and keeps it from now on.
    pub(crate) async fn take(
        store: Arc<dyn Store>,
        session: SessionId,
    ) -> Result<(Self, OpenedSession), TakeError> {
        let keeper = Self::start(store);
        match keeper.sessions.take(session).await {
            Ok(opened) => Ok((keeper, opened)),
            Err(error) => {
                keeper.finish().await;
                Err(error)
            }
        }
    }

    fn start(store: Arc<dyn Store>) -> Self {
        let attachments = Attachments::default();
        let kept = Kept::start(Arc::clone(&store), &attachments);
        let leases = Arc::new(Leases::new(Arc::clone(&store)));
        let kept_away = Arc::clone(&leases);
        let renewal = AbortOnDropHandle::new(tokio::spawn(async move { kept_away.keep().await }));
        Self { sessions: Sessions { store, leases }, attachments, kept, _renewal: renewal }
    }

    /// How a session that was taken is made durable.
    pub(crate) fn durability(&self, session: SessionId, opened: &OpenedSession) -> Durability {
        let mut durability = Durability::default();
        durability.session = Some(session);
        durability.epoch = Some(opened.epoch);
        durability.last_hash = (!opened.past.events().is_empty()).then_some(opened.last_hash);
        durability.journals = Some(self.attachments.journals().clone());
        durability.opener = Some(Arc::new(self.sessions.clone()) as Arc<dyn SessionOpener>);
        durability.required_acks = 1;
        durability
    }

    /// Stores what is still to be stored and gives every session back.
    pub(crate) async fn finish(self) {
        self.attachments.close();
        self.kept.finish().await;
        self.sessions.leases.give_back().await;
    }
}

/// The persistence extension in this process, attached as it would be over the network.
#[derive(Debug)]
pub(crate) struct Kept {
    attachment: JoinHandle<()>,
    journal: JoinHandle<()>,
}

impl Kept {
    pub(crate) fn start(store: Arc<dyn Store>, attachments: &Attachments) -> Self {
        let (runtime, extension) = in_process();
        let hub = attachments.clone();
        // How either side ends is what sessions see of it: their events are stored, or they are not.
        let attachment = tokio::spawn(async move {
            let _ = hub.attach(runtime.incoming, runtime.outgoing, &Caller::trusted()).await;
        });
        let journal = Journal::new(store, JournalOptions::new(CLIENT));
        let journal = tokio::spawn(async move {
            let _ = journal.run(extension.incoming, extension.outgoing, std::future::pending()).await;
        });
        Self { attachment, journal }
    }

    /// Waits until everything is stored, once the attachments are closed.
    pub(crate) async fn finish(self) {
        let _ = tokio::join!(self.attachment, self.journal);
    }
}

/// The sessions that this process has, and those that it can take.
#[derive(Debug, Clone)]
struct Sessions {
    store: Arc<dyn Store>,
    leases: Arc<Leases>,
}

impl Sessions {
    async fn take(&self, session: SessionId) -> Result<OpenedSession, TakeError> {
        let id = stored_id(session)?;
        let lease = self.leases.take(id.clone(), Holder::this_process("tau")).await?;
        let (past, last_hash) = read_whole(&*self.store, &id, lease.head).await?;
        Ok(OpenedSession::new(lease.epoch).with_past(past, last_hash))
    }
}

impl SessionOpener for Sessions {
    fn open(&self, session: SessionId) -> BoxFuture<'_, Result<OpenedSession, OpenError>> {
        async move { self.take(session).await.map_err(|error| Arc::new(error) as OpenError) }.boxed()
    }
}

/// What happened in a session that need not be taken.
pub(crate) async fn past(store: &dyn Store, session: SessionId) -> Result<Past, TakeError> {
    let id = stored_id(session)?;
    let head = store.head(&id).await?.unwrap_or_default();
    Ok(read_whole(store, &id, head).await?.0)
}

/// A session's id as the store knows it.
fn stored_id(session: SessionId) -> Result<tau_persist::SessionId, TakeError> {
    tau_persist::SessionId::new(session.to_string()).map_err(TakeError::Id)
}
