//! Drain: no new work, and an orderly end of what is on.

use std::time::Duration;

use tau_core::event::EventBody;

use super::{LiveSession, Runtime};
use crate::driver::Update;

/// What a drain left behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Drained {
    /// Sessions that were let go with all their work done.
    pub released: usize,
    /// Sessions that were let go in the middle of a run.
    pub interrupted: usize,
}

impl Runtime {
    /// Whether it takes no new work.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.0.table.is_draining()
    }

    /// Takes no new sessions, waits until the runs that are on have ended, but at most so long, and lets every session go.
    /// All of them can be resumed.
    pub async fn drain(&self, patience: Duration) -> Drained {
        self.0.table.drain();
        let sessions = self.live();
        let idle = futures::future::join_all(sessions.iter().map(until_idle));
        // Whoever is not done by then is let go all the same.
        let _ = tokio::time::timeout(patience, idle).await;
        let mut drained = Drained::default();
        for session in self.live() {
            if session.handle().overview().has_work() {
                drained.interrupted += 1;
            } else {
                drained.released += 1;
            }
            session.release();
        }
        self.0.tasks.close();
        self.0.tasks.wait().await;
        drained
    }
}

/// Waits until a session has no work, or is not live any more.
pub(crate) async fn until_idle(session: &LiveSession) {
    let overview = session.handle().overview();
    let mut updates = session.handle().subscribe(overview.seq);
    let mut has_work = overview.has_work();
    while has_work {
        match updates.next().await {
            Some(Update::Event(event))
                if matches!(event.body, EventBody::RunFinished { .. } | EventBody::Rewound { .. }) =>
            {
                has_work = session.handle().overview().has_work();
            }
            Some(_) => {}
            None => return,
        }
    }
}
