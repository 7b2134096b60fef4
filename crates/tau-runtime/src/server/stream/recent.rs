//! Events that were encoded lately, so that all who follow a session share them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tau_core::SessionId;
use tau_core::event::{Event, Seq};

use super::records::Hashes;
use super::shared::Shared;
use crate::server::wire;

/// Events that are kept of a session. Whoever is further behind has them encoded anew.
const KEPT: usize = 256;

/// The newest events of a session as they are told.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    told: Mutex<VecDeque<(Seq, Shared)>>,
    hashes: Arc<Hashes>,
}

impl Recent {
    /// The hashes of its records, for those who are told them.
    pub(super) fn hashes(&self) -> Arc<Hashes> {
        Arc::clone(&self.hashes)
    }

    /// An event as it is told.
    pub(crate) fn event(&self, event: &Event) -> Shared {
        let seq = event.header.seq;
        let mut recent = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        // Places are in order, but those that nobody asked for are missing.
        match recent.binary_search_by_key(&seq, |(seq, _)| *seq) {
            Ok(index) => recent[index].1.clone(),
            Err(index) => {
                let told = Shared::new(wire::event(event));
                let is_too_old = recent.len() == KEPT && index == 0;
                if !is_too_old {
                    recent.insert(index, (seq, told.clone()));
                    if recent.len() > KEPT {
                        recent.pop_front();
                    }
                }
                told
            }
        }
    }
}

/// What is kept of each session that somebody follows.
#[derive(Debug, Default)]
pub(crate) struct Recents(Mutex<BTreeMap<SessionId, Weak<Recent>>>);

impl Recents {
    /// What is kept of a session, for as long as somebody holds it.
    pub(crate) fn of(&self, session: SessionId) -> Arc<Recent> {
        let mut recents = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recent) = recents.get(&session).and_then(Weak::upgrade) {
            return recent;
        }
        recents.retain(|_, recent| recent.strong_count() > 0);
        let recent = Arc::new(Recent::default());
        recents.insert(session, Arc::downgrade(&recent));
        recent
    }
}
