//! Which sessions are live, and which are about to be.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tau_core::SessionId;
use tokio::sync::watch;

use super::error::RuntimeError;
use super::live::{Ended, LiveSession};

/// Ends that are remembered at most.
const ENDS: usize = 1_000;

/// The live sessions of a runtime.
#[derive(Debug)]
pub(super) struct Table {
    inner: Mutex<Inner>,
    max_sessions: usize,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    /// `None` while one is being made live.
    sessions: BTreeMap<SessionId, Option<LiveSession>>,
    ends: VecDeque<(SessionId, Ended)>,
    is_draining: bool,
}

/// A place for a session that is being made live. Dropping it gives the place up.
#[derive(Debug)]
pub(super) struct Place<'a> {
    table: &'a Table,
    session: SessionId,
    is_taken: bool,
}

impl Table {
    pub(super) fn new(max_sessions: usize) -> Self {
        Self { inner: Mutex::default(), max_sessions, changes: watch::Sender::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a session, so that nobody else makes it live meanwhile.
    pub(super) fn reserve(&self, session: SessionId) -> Result<Place<'_>, RuntimeError> {
        let mut inner = self.lock();
        if inner.is_draining {
            return Err(RuntimeError::Draining);
        }
        if inner.sessions.contains_key(&session) {
            return Err(RuntimeError::Exists(session));
        }
        if inner.sessions.len() >= self.max_sessions {
            return Err(RuntimeError::TooManySessions { limit: self.max_sessions });
        }
        inner.sessions.insert(session, None);
        Ok(Place { table: self, session, is_taken: false })
    }

    pub(super) fn get(&self, session: SessionId) -> Option<LiveSession> {
        self.lock().sessions.get(&session).cloned().flatten()
    }

    pub(super) fn all(&self) -> Vec<LiveSession> {
        self.lock().sessions.values().flatten().cloned().collect()
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    pub(super) fn last_end(&self, session: SessionId) -> Option<Ended> {
        let inner = self.lock();
        inner.ends.iter().rev().find(|(id, _)| *id == session).map(|(_, end)| end.clone())
    }

    /// A session has ended.
    pub(super) fn remove(&self, session: SessionId, end: Ended) {
        let mut inner = self.lock();
        inner.sessions.remove(&session);
        if inner.ends.len() == ENDS {
            inner.ends.pop_front();
        }
        inner.ends.push_back((session, end));
        drop(inner);
        self.changed();
    }

    /// Takes no sessions any more.
    pub(super) fn drain(&self) {
        self.lock().is_draining = true;
        self.changed();
    }

    pub(super) fn is_draining(&self) -> bool {
        self.lock().is_draining
    }

    fn changed(&self) {
        self.changes.send_modify(|version| *version += 1);
    }
}

impl Place<'_> {
    pub(super) const fn session(&self) -> SessionId {
        self.session
    }

    /// Puts the session there.
    pub(super) fn take(mut self, live: LiveSession) {
        self.is_taken = true;
        self.table.lock().sessions.insert(self.session, Some(live));
        self.table.changed();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_taken {
            self.table.lock().sessions.remove(&self.session);
        }
    }
}
