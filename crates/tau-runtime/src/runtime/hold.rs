//! A session that was taken in the store, until it is given back.

use tau_core::SessionId;

use super::choice::Claim;
use super::{Runtime, RuntimeError};
use crate::driver::OpenedSession;

/// The right to write a session that the store gave. Given back when it is dropped, whatever ends the call that asked for
/// it: or else nobody could take the session until the store finds that its holder is gone.
#[derive(Debug)]
pub(super) struct Hold {
    runtime: Runtime,
    session: SessionId,
    /// What it was taken under; `None` when it was given back.
    epoch: Option<u64>,
}

impl Runtime {
    /// Takes a session in the store, in a task of its own: an answer of the store to a call that was dropped meanwhile is
    /// still an answer.
    pub(super) async fn take(
        &self,
        session: SessionId,
        claim: Claim,
    ) -> Result<(OpenedSession, Hold), RuntimeError> {
        let store = self.store().cloned().ok_or(RuntimeError::NoStore(session))?;
        let runtime = self.clone();
        let taken = self.0.tasks.spawn(async move {
            let opened = match claim {
                Claim::IfFree => {
                    store.open(session).await.map_err(|error| RuntimeError::open(session, error))?
                }
                Claim::TakeOver => {
                    store.take_over(session).await.map_err(|error| RuntimeError::store(session, error))?
                }
            };
            let hold = Hold { runtime, session, epoch: Some(opened.epoch) };
            Ok((opened, hold))
        });
        taken.await.unwrap_or(Err(RuntimeError::NotLive(session)))
    }
}

impl Hold {
    /// What was made of a session that was taken. Where it was not, the session is given back first.
    pub(super) async fn unless_made<T, E>(hold: Option<Self>, made: Result<T, E>) -> Result<T, E> {
        if made.is_err() {
            Self::give_back(hold).await;
        }
        made
    }

    /// Gives a session back that was taken, and waits until the store knows.
    pub(super) async fn give_back(hold: Option<Self>) {
        let Some(mut hold) = hold else { return };
        if let (Some(epoch), Some(store)) = (hold.epoch.take(), hold.runtime.store()) {
            store.release(hold.session, epoch).await;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let (Some(epoch), Some(store)) = (self.epoch.take(), self.runtime.store().cloned()) else { return };
        let session = self.session;
        self.runtime.afterwards(async move { store.release(session, epoch).await });
    }
}
