//! What can go wrong with the sessions of a process.

use std::sync::Arc;

use tau_core::SessionId;

use super::factory::FactoryError;
use super::store::{StoreError, StoreErrorKind};
use crate::attach::ProvideError;
use crate::driver::{ForkError, HandleError, OpenError, ResumeError, SessionError};

/// The runtime could not do what was asked of it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// There is no session of this id, here or in the store.
    #[error("there is no session {0}")]
    NotFound(SessionId),
    /// The session is known and not live here.
    #[error("session {0} is not live here; resume it first")]
    NotLive(SessionId),
    /// There is a session of this id.
    #[error("session {0} exists already")]
    Exists(SessionId),
    /// The session was closed for good.
    #[error("session {0} is closed; a fork of it can go on")]
    Closed(SessionId),
    /// So many sessions are live that no more may be.
    #[error("{limit} sessions are live, and no more may be")]
    TooManySessions {
        /// How many may be.
        limit: usize,
    },
    /// The runtime takes no new work.
    #[error("the runtime takes no new work, because it is about to end")]
    Draining,
    /// No store is there from which a session could be resumed.
    #[error("nothing is attached that could open session {0}")]
    NoStore(SessionId),
    /// The session cannot be made of what was asked for.
    #[error(transparent)]
    Factory(#[from] FactoryError),
    /// The session gets no environment of an extension.
    #[error(transparent)]
    Environment(Arc<ProvideError>),
    /// Another writer has the session.
    #[error("another writer has session {session}: {error}")]
    InUse {
        /// The session.
        session: SessionId,
        /// What the store says.
        error: StoreError,
    },
    /// The store cannot.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store could not open the session, for a reason of its own.
    #[error("the session could not be opened: {0}")]
    Open(OpenError),
    /// Events are not the journal of a session.
    #[error(transparent)]
    Events(#[from] ResumeError),
    /// The session could not do it.
    #[error("session {0}: {1}")]
    Session(SessionId, HandleError),
    /// The session stopped.
    #[error(transparent)]
    Stopped(#[from] Arc<SessionError>),
}

impl RuntimeError {
    /// Why a session could not be opened, in the store's own terms where it gave them.
    pub(super) fn open(session: SessionId, error: OpenError) -> Self {
        match error.downcast_ref::<StoreError>() {
            Some(known) => Self::store(session, known.clone()),
            None => Self::Open(error),
        }
    }

    /// What the store says of a session.
    pub(super) fn store(session: SessionId, error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::NotFound | StoreErrorKind::Deleted => Self::NotFound(session),
            StoreErrorKind::InUse => Self::InUse { session, error },
            _ => Self::Store(error),
        }
    }

    /// Why a session could not be copied.
    pub(super) fn fork(from: SessionId, error: ForkError) -> Self {
        match error {
            ForkError::Events(error) => Self::Events(error),
            ForkError::Rejected(rejection) => Self::Session(from, rejection.into()),
        }
    }
}
