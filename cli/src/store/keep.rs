//! Keeping sessions while this process works on them: their leases, and the journal that stores their events.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use tau_core::SessionId;
use tau_persist::{Holder, Journal, JournalOptions, Lease, OpenSession, Store, StoreError, take_session};
use tau_runtime::attach::{Attachments, Caller, in_process};
use tau_runtime::{Durability, OpenError, OpenedSession, Past, ResumeError, SessionOpener};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use super::entry::Unreadable;
use super::read::read_whole;

/// How long others leave a session alone of which they cannot tell whether its holder lives.
const LEASE: Duration = Duration::from_secs(30);

/// What the store is called towards the runtime.
const CLIENT: &str = "tau-persist";

/// Keeps the sessions of this process.
#[derive(Debug)]
pub(crate) struct Keeper {
    leases: Arc<Leases>,
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
        match keeper.leases.take(session).await {
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
        let leases = Arc::new(Leases { store, held: Mutex::default() });
        let renewal = AbortOnDropHandle::new(tokio::spawn(Arc::clone(&leases).renew()));
        Self { leases, attachments, kept, _renewal: renewal }
    }

    /// How a session that was taken is made durable.
    pub(crate) fn durability(&self, session: SessionId, opened: &OpenedSession) -> Durability {
        let mut durability = Durability::default();
        durability.session = Some(session);
        durability.epoch = Some(opened.epoch);
        durability.last_hash = (!opened.past.events().is_empty()).then_some(opened.last_hash);
        durability.journals = Some(self.attachments.journals().clone());
        durability.opener = Some(Arc::clone(&self.leases) as Arc<dyn SessionOpener>);
        durability.required_acks = 1;
        durability
    }

    /// Stores what is still to be stored and gives every session back.
    pub(crate) async fn finish(self) {
        self.attachments.close();
        self.kept.finish().await;
        self.leases.release().await;
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

/// The sessions that this process has.
struct Leases {
    store: Arc<dyn Store>,
    held: Mutex<Vec<Lease>>,
}

impl fmt::Debug for Leases {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leases").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Leases {
    async fn take(&self, session: SessionId) -> Result<OpenedSession, TakeError> {
        let id = stored_id(session)?;
        let holder = Holder::this_process("tau");
        let lease = take_session(&*self.store, OpenSession::new(id.clone(), holder, LEASE)).await?;
        let (epoch, head) = (lease.epoch, lease.head);
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(lease);
        let (past, last_hash) = read_whole(&*self.store, &id, head).await?;
        Ok(OpenedSession::new(epoch).with_past(past, last_hash))
    }

    fn held(&self) -> Vec<Lease> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps others away for as long as this is polled.
    async fn renew(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            for lease in self.held() {
                // Who lost a lease is told so when it next writes.
                let _ = self.store.renew_lease(&lease, LEASE).await;
            }
        }
    }

    async fn release(&self) {
        for lease in self.held() {
            // A lease that is not given back runs out, and its holder can be seen to be gone.
            let _ = self.store.release_lease(&lease).await;
        }
    }
}

impl SessionOpener for Leases {
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
