//! One writer per session: leases and their fencing epochs.

use std::time::{Duration, SystemTime};

use crate::clock::{from_millis, to_millis};
use crate::error::{Rule, StoreError, StoreErrorKind};
use crate::id::SessionId;
use crate::store::Position;

const MAX_HOLDER: usize = 256;

/// A request for the sole right to write a session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenSession {
    /// The session.
    pub session: SessionId,
    /// Who wants it, told to whoever is refused meanwhile. It must differ from process to process: a holder that
    /// opens again takes its own session, and its earlier lease is fenced.
    pub holder: String,
    /// How long it lasts unless it is renewed. It only says when others may take the session unasked.
    pub ttl: Duration,
    /// What happens if somebody else has it.
    pub claim: Claim,
}

impl OpenSession {
    /// Asks for a session that nobody has.
    pub fn new(session: SessionId, holder: impl Into<String>, ttl: Duration) -> Self {
        Self { session, holder: holder.into(), ttl, claim: Claim::IfFree }
    }

    /// Takes the session from whoever has it under `epoch`, where the caller knows that this writer is gone.
    #[must_use]
    pub const fn take_over(mut self, epoch: u64) -> Self {
        self.claim = Claim::Takeover { epoch };
        self
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        if (1..=MAX_HOLDER).contains(&self.holder.len()) {
            return Ok(());
        }
        Err(StoreError::new(StoreErrorKind::Invalid(Rule::Name)).in_session(&self.session))
    }
}

/// What happens if somebody else has a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The request fails.
    IfFree,
    /// The session is taken from them, if its newest epoch is still this one.
    Takeover {
        /// The epoch of the writer that is gone.
        epoch: u64,
    },
}

/// The sole right to write a session.
///
/// It holds until somebody takes the session over. Every event carries its epoch, and that alone keeps an earlier
/// writer out; the time it expires only says when others may take the session unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lease {
    /// The session.
    pub session: SessionId,
    /// Who has it.
    pub holder: String,
    /// The epoch that events of this writer carry.
    pub epoch: u64,
    /// When others may take it unasked.
    pub expires: SystemTime,
    /// What was held when it was taken: the writer continues here.
    pub head: Position,
}

/// A lease as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeaseRow {
    pub(crate) holder: String,
    /// Milliseconds since 1970.
    pub(crate) granted: i64,
    /// Milliseconds.
    pub(crate) ttl: i64,
}

impl LeaseRow {
    pub(crate) fn new(holder: &str, ttl: Duration, now: SystemTime) -> Self {
        let ttl = i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX);
        Self { holder: holder.to_owned(), granted: to_millis(now), ttl }
    }

    pub(crate) fn expires(&self) -> SystemTime {
        from_millis(self.granted.saturating_add(self.ttl))
    }

    /// A clock that was set back by more than the lease's own length ends the lease, so that no session is locked
    /// until the clock has caught up.
    pub(crate) fn is_live(&self, now: SystemTime) -> bool {
        let now = to_millis(now);
        now < self.granted.saturating_add(self.ttl) && now.saturating_add(self.ttl) >= self.granted
    }

    pub(crate) fn refusal(&self, held: &Position) -> StoreErrorKind {
        StoreErrorKind::Leased { holder: self.holder.clone(), epoch: held.epoch, expires: self.expires() }
    }
}

/// Judges a request for a session; the answer is the new epoch.
pub(crate) fn claim(
    held: &Position,
    lease: Option<&LeaseRow>,
    request: &OpenSession,
    now: SystemTime,
) -> Result<u64, StoreError> {
    match request.claim {
        Claim::IfFree => {
            if let Some(lease) = lease.filter(|lease| lease.holder != request.holder && lease.is_live(now)) {
                return Err(StoreError::new(lease.refusal(held)).in_session(&request.session));
            }
        }
        Claim::Takeover { epoch } if epoch == held.epoch => {}
        Claim::Takeover { epoch } => {
            let kind = StoreErrorKind::Conflict { expected: Position { epoch, ..*held }, found: *held };
            return Err(StoreError::new(kind).in_session(&request.session));
        }
    }
    let epoch = held.epoch.checked_add(1).filter(|epoch| i64::try_from(*epoch).is_ok());
    epoch.ok_or_else(|| StoreError::new(StoreErrorKind::Invalid(Rule::Range)).in_session(&request.session))
}

/// Whether a lease is still the newest.
pub(crate) fn check_newest(held: &Position, lease: &Lease) -> Result<(), StoreError> {
    if held.epoch == lease.epoch {
        return Ok(());
    }
    Err(StoreError::new(StoreErrorKind::Fenced { held: *held }).in_session(&lease.session))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::LeaseRow;

    #[test]
    fn a_lease_lives_its_time_and_no_clock_makes_it_last() {
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        let lease = LeaseRow::new("a", Duration::from_secs(30), at(1000));
        for (now, live) in [(1000, true), (1029, true), (1030, false), (5000, false)] {
            assert_eq!(lease.is_live(at(now)), live, "at {now}");
        }
        // Set back: a little, and by more than the lease lasts.
        for (now, live) in [(999, true), (970, true), (969, false), (0, false)] {
            assert_eq!(lease.is_live(at(now)), live, "at {now}");
        }
        assert!(LeaseRow::new("a", Duration::MAX, at(1000)).is_live(at(u64::from(u32::MAX))));
    }
}
