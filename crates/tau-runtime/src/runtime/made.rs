//! What a session is made of, just before it starts.

use std::collections::BTreeMap;
use std::sync::Arc;

use tau_core::SessionId;
use tau_core::event::{EventHash, Seq};

use super::RuntimeError;
use super::choice::Revival;
use super::environment::Loan;
use super::factory::{EnvironmentChoice, OldSession};
use super::live::MadeOf;
use crate::attach::SessionTraits;
use crate::driver::{Handle, Past, ResumeError, Session, SessionOptions};

/// What extensions know a session by.
pub(super) fn traits(
    id: SessionId,
    metadata: &BTreeMap<String, String>,
    epoch: Option<u64>,
) -> SessionTraits {
    SessionTraits::described(id, metadata).with_epoch(epoch.unwrap_or_default())
}

/// A session that is about to start.
pub(super) struct Made {
    pub(super) session: Session,
    pub(super) of: MadeOf,
    /// The environment that an extension gives it.
    pub(super) loan: Option<Loan>,
    /// What extensions know it by.
    pub(super) traits: SessionTraits,
}

impl Made {
    pub(super) fn new<E: Into<RuntimeError>>(
        options: SessionOptions,
        environment: EnvironmentChoice,
        loan: Option<Loan>,
        traits: SessionTraits,
        make: impl FnOnce(SessionOptions) -> Result<(Session, Handle), E>,
    ) -> Result<Self, RuntimeError> {
        let files = Arc::clone(&options.environment);
        let required_acks = options.durability.required_acks;
        let (session, handle) = make(options).map_err(Into::into)?;
        let provided = loan.as_ref().and_then(Loan::environment).cloned();
        let (began, began_hash) = (Seq::default(), EventHash::ZERO);
        let of = MadeOf { handle, files, environment, provided, began, began_hash, required_acks };
        Ok(Self { session, of, loan, traits })
    }
}

/// What the factory is to know of a session that exists.
pub(super) fn old_session(id: SessionId, past: &Past, revival: &Revival) -> Result<OldSession, RuntimeError> {
    let config = past.state().config().ok_or(ResumeError::Empty)?;
    let mut old = OldSession::new(id, config.clone());
    old.metadata.clone_from(&past.overview().metadata);
    old.model.clone_from(&revival.model);
    old.environment.clone_from(&revival.environment);
    Ok(old)
}
