//! Sessions of which nothing can be kept for now.

use std::collections::BTreeMap;
use std::future::pending;
use std::time::Duration;

use tau_runtime::kernel::gate::PauseReason;
use tokio::time::{Instant, sleep_until};

/// How long a run waits to be kept where nobody is there to help. As long as a session waits for a journal that is lost.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sessions of which nothing can be kept, since when, and why.
#[derive(Debug, Default)]
pub(super) struct Pauses(BTreeMap<String, (Instant, PauseReason)>);

impl Pauses {
    /// Whether everything can be kept.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in that nothing of a session can be kept, and why, or that it can again. Gives what people are to know.
    pub(super) fn note(&mut self, session: String, reason: Option<PauseReason>) -> Option<String> {
        let was_empty = self.0.is_empty();
        match reason {
            Some(reason) => drop(self.0.insert(session, (Instant::now(), reason))),
            None => drop(self.0.remove(&session)),
        }
        match reason {
            Some(reason) if was_empty => Some(format!("waiting: {}; nothing is lost", why(reason))),
            None if !was_empty && self.0.is_empty() => Some("going on".to_owned()),
            _ => None,
        }
    }

    /// Ready with what people are to know, when one has waited for too long.
    pub(super) fn too_long(&self) -> impl Future<Output = String> + use<> {
        let longest = self.0.values().min_by_key(|(since, _)| *since).copied();
        async move {
            let Some((since, reason)) = longest else { return pending().await };
            sleep_until(since + PATIENCE).await;
            let (why, time) = (why(reason), PATIENCE.as_secs());
            format!("{why}; it was left after {time} s: `tau resume` goes on when that has changed")
        }
    }
}

const fn why(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::StorageFull => "there is no room left where sessions are kept; make some",
        PauseReason::Unavailable => "the store of sessions cannot be written now",
        _ => "nobody keeps the session",
    }
}
