//! The sessions that a process has, kept from others: a journal's runtime, or whoever writes to a store itself.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use futures::future::join_all;
use tau_proto::runtime::v1::SessionPosition;
use tracing::warn;

use super::attach::held_positions;
use crate::error::{StoreError, StoreErrorKind};
use crate::holder::{Holder, Liveness, take_session};
use crate::id::SessionId;
use crate::store::{Lease, OpenSession, Position, Store};

/// How long others leave a session alone of which they cannot tell whether its holder lives.
const LEASE: Duration = Duration::from_secs(30);
/// So many leases of an earlier process are taken up again.
const MAX_TAKEN_UP: usize = 10_000;
/// How often leases are renewed.
pub(super) const RENEWAL: Duration = Duration::from_secs(10);

/// The sessions that a process has, and the leases that keep others away.
///
/// Those of a journal outlive an attachment that is lost: the runtime may come back, and until then its events are taken
/// under the same epochs. Nothing is renewed but by [`keep`](Self::keep), or by the journal that they belong to.
#[derive(Debug)]
pub struct Leases {
    store: Arc<dyn Store>,
    held: Mutex<BTreeMap<SessionId, Held>>,
}

/// A lease that is held.
#[derive(Debug, Clone)]
struct Held {
    lease: Lease,
    /// It was taken here, or the runtime had time to say that it does not have the session.
    is_certain: bool,
}

impl Leases {
    /// No sessions of a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, held: Mutex::default() }
    }

    /// Takes a session that is free, or whose [`Holder`] has certainly ended, for half a minute.
    ///
    /// # Errors
    /// Those of [`take_session`].
    pub async fn take(&self, session: SessionId, holder: impl Into<String>) -> Result<Lease, StoreError> {
        let lease = take_session(&*self.store, OpenSession::new(session.clone(), holder, LEASE)).await?;
        self.hold(session, &lease);
        Ok(lease)
    }

    /// Takes leases up again that an earlier process took from this store and could not give back. Whose they are is not
    /// known: they are renewed once the runtime that is attached to had time to say which of them are not its own.
    /// Those of a [`Holder`] that has certainly ended are left to run out.
    pub(super) async fn take_up(&self) -> Result<(), StoreError> {
        for lease in self.store.leases(MAX_TAKEN_UP).await? {
            if Holder::parse(&lease.holder).liveness() != Liveness::Gone {
                let held = Held { lease, is_certain: false };
                self.held().entry(held.lease.session.clone()).or_insert(held);
            }
        }
        Ok(())
    }

    /// The runtime had time to say what it does not have.
    pub(super) fn are_certain(&self) {
        self.held().values_mut().for_each(|held| held.is_certain = true);
    }

    /// Renews what is held for as long as this is polled.
    pub async fn keep(&self) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            self.renew().await;
        }
    }

    /// Gives every session back. A lease that cannot be given back runs out, and its holder can be seen to be gone.
    pub async fn give_back(&self) {
        let held = std::mem::take(&mut *self.held());
        for held in held.values().filter(|held| held.is_certain) {
            let _ = self.store.release_lease(&held.lease).await;
        }
    }

    fn hold(&self, session: SessionId, lease: &Lease) {
        self.held().insert(session, Held { lease: lease.clone(), is_certain: true });
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<SessionId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session from whoever has it.
    pub(super) async fn take_over(&self, session: SessionId, holder: String) -> Result<Lease, StoreError> {
        let error = match self.take(session.clone(), holder.clone()).await {
            Err(error) => error,
            taken => return taken,
        };
        let StoreErrorKind::Leased { epoch, .. } = *error.kind() else { return Err(error) };
        let request = OpenSession::new(session.clone(), holder, LEASE).take_over(epoch);
        let lease = self.store.open_session(request).await?;
        self.hold(session, &lease);
        Ok(lease)
    }

    /// Gives a session back, unless it was taken again.
    pub(super) async fn release(&self, session: SessionId, epoch: u64) -> Result<(), StoreError> {
        self.let_go(&session, epoch);
        // An earlier process may have taken it, so nothing but the epoch is known.
        let (holder, expires, head) = (String::new(), SystemTime::UNIX_EPOCH, Position::default());
        match self.store.release_lease(&Lease { session, holder, epoch, expires, head }).await {
            Err(error) if matches!(error.kind(), StoreErrorKind::Fenced { .. }) => Ok(()),
            released => released,
        }
    }

    /// Renews the lease of a session no more, unless it was taken again.
    pub(super) fn let_go(&self, session: &SessionId, epoch: u64) {
        let mut held = self.held();
        if held.get(session).is_some_and(|held| held.lease.epoch <= epoch) {
            held.remove(session);
        }
    }

    /// What is held of the sessions to be continued: those that are named, and those that the runtime had when it was
    /// last attached to. Of the latter it says which it does not run, because it was started anew.
    pub(super) async fn positions(&self, named: &[SessionPosition]) -> Vec<SessionPosition> {
        let mut sessions: Vec<SessionId> = self.held().keys().cloned().collect();
        sessions.retain(|session| named.iter().all(|one| one.session_id != session.as_str()));
        let mut positions = named.to_vec();
        match held_positions(&*self.store, &sessions).await {
            Ok(held) => positions.extend(held),
            // The runtime goes on after what was acknowledged.
            Err(error) => warn!(%error, "what is held of open sessions cannot be said"),
        }
        positions
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held().is_empty()
    }

    /// Keeps others away for another while. What was lost meanwhile is let go; its writer is told when it next writes.
    pub(super) async fn renew(&self) {
        let certain = |held: &Held| held.is_certain.then(|| held.lease.clone());
        let held: Vec<Lease> = self.held().values().filter_map(certain).collect();
        let renewals =
            held.iter().map(|lease| async move { (lease, self.store.renew_lease(lease, LEASE).await) });
        for (lease, renewed) in join_all(renewals).await {
            let is_lost = renewed.is_err_and(|error| !error.is_transient());
            let mut held = self.held();
            if is_lost && held.get(&lease.session).is_some_and(|now| now.lease.epoch == lease.epoch) {
                held.remove(&lease.session);
            }
        }
    }
}
