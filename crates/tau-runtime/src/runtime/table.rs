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
    /// `None` while one is being made live, or let go.
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

    /// A session has ended. Nobody finds it from here on, and its place is kept until it is [let go](Self::remove).
    pub(super) fn ended(&self, session: SessionId, end: Ended) {
        let mut inner = self.lock();
        inner.sessions.insert(session, None);
        if inner.ends.len() == ENDS {
            inner.ends.pop_front();
        }
        inner.ends.push_back((session, end));
        drop(inner);
        self.changed();
    }

    /// Gives up the place of a session.
    pub(super) fn remove(&self, session: SessionId) {
        self.lock().sessions.remove(&session);
        self.changed();
    }

    /// Waits until a session is neither being made live nor let go.
    pub(super) async fn settled(&self, session: SessionId) {
        let mut changes = self.changes();
        // The sender is this table's own, so the wait cannot fail.
        let _ = changes.wait_for(|_| !matches!(self.lock().sessions.get(&session), Some(None))).await;
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

    /// Puts the session there. One that comes while everything is let go, is let go at once.
    pub(super) fn take(mut self, live: LiveSession) {
        self.is_taken = true;
        let mut inner = self.table.lock();
        if inner.is_draining {
            live.release();
        }
        inner.sessions.insert(self.session, Some(live));
        drop(inner);
        self.table.changed();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.is_taken {
            self.table.remove(self.session);
        }
    }
}
