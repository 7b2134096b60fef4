//! The chain of a session's events, checked link by link.

use tau_proto::runtime::v1::Event;

use crate::error::{Damage, StoreError, StoreErrorKind};
use crate::hash::{Sha256Hash, event_hash};
use crate::id::SessionId;
use crate::store::{Position, ReadEvents, Store};

/// A walk along the events of one session.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    session: SessionId,
    /// The last event that followed the one before.
    at: Position,
}

impl Chain {
    pub(crate) fn new(session: SessionId) -> Self {
        Self { session, at: Position::default() }
    }

    pub(crate) const fn at(&self) -> Position {
        self.at
    }

    /// Takes the next event, if it is the next.
    pub(crate) fn follow(&mut self, event: &Event) -> Result<(), StoreError> {
        let seq = self.at.seq + 1;
        let damage = if event.seq != seq || event.session_id != self.session.as_str() {
            Some(Damage::MissingEvent)
        } else if Sha256Hash::from_slice(&event.prev_hash) != Some(self.at.hash)
            || event.epoch < self.at.epoch
        {
            Some(Damage::Chain)
        } else {
            None
        };
        if let Some(damage) = damage {
            return Err(self.damaged(damage, seq));
        }
        self.at = Position { seq, epoch: event.epoch, hash: event_hash(event) };
        Ok(())
    }

    fn damaged(&self, damage: Damage, seq: u64) -> StoreError {
        StoreError::new(StoreErrorKind::Corrupt(damage)).in_session(&self.session).at(seq)
    }
}

/// What the check of a session found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Verification {
    /// Up to here the session is whole: every event follows the one before.
    pub intact: Position,
    /// What is held according to the session's head.
    pub head: Position,
    /// The first damage, if there is any. Always of kind `Corrupt`.
    pub damage: Option<StoreError>,
}

/// Reads a session from its first event to its head and checks that each event follows the one before and that the
/// head is the last of them. What is appended meanwhile is not looked at.
///
/// # Errors
/// `NotFound`, `Deleted`, and what keeps the store from being read. Damage is no error but what is looked for.
pub async fn verify_session(store: &dyn Store, session: &SessionId) -> Result<Verification, StoreError> {
    let Some(head) = store.head(session).await? else {
        return Err(StoreError::new(StoreErrorKind::NotFound).in_session(session));
    };
    let mut chain = Chain::new(session.clone());
    let damage = match walk(store, session, &head, &mut chain).await {
        Ok(()) => None,
        Err(error) if matches!(error.kind(), StoreErrorKind::Corrupt(_)) => Some(error),
        Err(error) => return Err(error),
    };
    Ok(Verification { intact: chain.at(), head, damage })
}

async fn walk(
    store: &dyn Store,
    session: &SessionId,
    head: &Position,
    chain: &mut Chain,
) -> Result<(), StoreError> {
    while chain.at().seq < head.seq {
        let page = store.read(ReadEvents::after(session.clone(), chain.at().seq)).await?;
        if page.is_empty() {
            return Err(chain.damaged(Damage::MissingEvent, chain.at().seq + 1));
        }
        let left = usize::try_from(head.seq - chain.at().seq).unwrap_or(usize::MAX);
        for event in page.iter().take(left) {
            chain.follow(event)?;
        }
    }
    if chain.at().hash != head.hash || chain.at().epoch > head.epoch {
        return Err(chain.damaged(Damage::Head, head.seq));
    }
    // An event beyond the head, of which the head knows nothing still.
    let beyond = store.read(ReadEvents::after(session.clone(), head.seq).with_max_events(1)).await?;
    if !beyond.is_empty() && store.head(session).await?.is_none_or(|now| now.seq == head.seq) {
        return Err(chain.damaged(Damage::Head, head.seq));
    }
    Ok(())
}
