//! Runs that a hook ended or kept from ending.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tau_core::{RunId, SessionId};

/// How often in a row hooks may keep a run from ending. A hook that always does would go on for ever, and cost money.
const KEPT: u32 = 8;

/// What hooks said of runs, for a session and those below it. In memory alone: after a crash a run that was to end goes on.
#[derive(Debug, Default)]
pub(super) struct Stops {
    runs: Mutex<Runs>,
}

#[derive(Debug, Default)]
struct Runs {
    /// Runs that are to end before the model is asked again, and why.
    ended: BTreeMap<SessionId, (Option<RunId>, String)>,
    /// The run that hooks kept from ending last, and how often.
    kept: BTreeMap<SessionId, (Option<RunId>, u32)>,
}

impl Stops {
    fn lock(&self) -> MutexGuard<'_, Runs> {
        // What a panic left here is still true.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run ends before the model is asked again.
    pub(super) fn end(&self, session: SessionId, run: Option<RunId>, why: String) {
        self.lock().ended.insert(session, (run, why));
    }

    /// Whether any run is to end.
    pub(super) fn any(&self) -> bool {
        !self.lock().ended.is_empty()
    }

    /// Why a run is to end. Whatever is known of another run of the session is over.
    pub(super) fn take(&self, session: SessionId, run: Option<RunId>) -> Option<String> {
        let (ended, why) = self.lock().ended.remove(&session)?;
        (ended.is_none() || ended == run).then_some(why)
    }

    /// Whether hooks have kept this run from ending.
    pub(super) fn was_kept(&self, session: SessionId, run: Option<RunId>) -> bool {
        self.lock().kept.get(&session).is_some_and(|(kept, _)| *kept == run)
    }

    /// Keeps a run from ending, unless that happened too often.
    pub(super) fn keep(&self, session: SessionId, run: Option<RunId>) -> bool {
        let mut runs = self.lock();
        let (kept, times) = runs.kept.entry(session).or_insert((run, 0));
        if *kept != run {
            (*kept, *times) = (run, 0);
        }
        *times += 1;
        *times <= KEPT
    }
}
