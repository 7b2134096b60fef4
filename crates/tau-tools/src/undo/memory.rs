//! An undo log without a disk.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tau_core::SessionId;

use super::content::ContentHash;
use super::error::{UndoError, UndoErrorKind};
use super::log::{Keeping, UndoLimits, UndoLog};
use super::record::Record;

/// Records in memory, for tests and for sessions that nobody comes back to.
#[derive(Debug, Default)]
pub struct MemoryUndoLog {
    limits: UndoLimits,
    sessions: Mutex<BTreeMap<SessionId, Session>>,
}

#[derive(Debug, Default)]
struct Session {
    records: Vec<Record>,
    contents: BTreeMap<ContentHash, Vec<u8>>,
    bytes: u64,
}

impl MemoryUndoLog {
    /// A log within these limits.
    #[must_use]
    pub const fn new(limits: UndoLimits) -> Self {
        Self { limits, sessions: Mutex::new(BTreeMap::new()) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UndoLog for MemoryUndoLog {
    fn limits(&self) -> UndoLimits {
        self.limits
    }

    fn keep(&self, session: SessionId, content: &[u8]) -> Result<Keeping, UndoError> {
        let (hash, len) = (ContentHash::of(content), content.len() as u64);
        let mut sessions = self.lock();
        let session = sessions.entry(session).or_default();
        if session.contents.contains_key(&hash) {
            return Ok(Keeping::Kept);
        }
        if !self.limits.allow(len, session.bytes) {
            return Ok(Keeping::OverLimits);
        }
        session.bytes += len;
        session.contents.insert(hash, content.to_vec());
        Ok(Keeping::Kept)
    }

    fn append(&self, session: SessionId, records: &[Record]) -> Result<(), UndoError> {
        self.lock().entry(session).or_default().records.extend_from_slice(records);
        Ok(())
    }

    fn records(&self, session: SessionId) -> Result<Vec<Record>, UndoError> {
        Ok(self.lock().get(&session).map(|session| session.records.clone()).unwrap_or_default())
    }

    fn content(&self, session: SessionId, hash: &ContentHash) -> Result<Vec<u8>, UndoError> {
        let sessions = self.lock();
        let content = sessions.get(&session).and_then(|session| session.contents.get(hash));
        content
            .cloned()
            .ok_or_else(|| UndoError::new(UndoErrorKind::Corrupt, "a content is missing from the log"))
    }

    fn forget(&self, session: SessionId) -> Result<(), UndoError> {
        self.lock().remove(&session);
        Ok(())
    }
}
