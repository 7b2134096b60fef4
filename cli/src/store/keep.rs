//! Keeping sessions while this process works on them: their leases, and the journal that stores their events.

use std::sync::Arc;

use tau_core::SessionId;
use tau_persist::{Holder, Journal, JournalOptions, Leases, Store, StoreError};
use tau_runtime::attach::{Attachments, Caller, in_process};
use tau_runtime::{OpenedSession, Past, ResumeError};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use super::entry::Unreadable;
use super::read::read_whole;

/// What the store is called towards the runtime.
const CLIENT: &str = "tau-persist";

/// Keeps a session for a command that writes to it without working on it.
#[derive(Debug)]
pub(crate) struct Keeper {
    leases: Arc<Leases>,
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
        let leases = Arc::new(Leases::new(Arc::clone(&store)));
        let kept_away = Arc::clone(&leases);
        let renewal = AbortOnDropHandle::new(tokio::spawn(async move { kept_away.keep().await }));
        let keeper = Self { leases, _renewal: renewal };
        match keeper.open(&*store, session).await {
            Ok(opened) => Ok((keeper, opened)),
            Err(error) => {
                keeper.finish().await;
                Err(error)
            }
        }
    }

    async fn open(&self, store: &dyn Store, session: SessionId) -> Result<OpenedSession, TakeError> {
        let id = stored_id(session)?;
        let lease = self.leases.take(id.clone(), Holder::this_process("tau")).await?;
        let (past, last_hash) = read_whole(store, &id, lease.head).await?;
        Ok(OpenedSession::new(lease.epoch).with_past(past, last_hash))
    }

    /// Gives it back.
    pub(crate) async fn finish(self) {
        self.leases.give_back().await;
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
