//! Results of calls that somebody keeps until the events that hold them are durable.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use tau_core::ToolCallId;
use tau_core::event::Seq;

/// Keeps results of calls for as long as a crash could lose them: whoever takes the session up asks for them again. Calls
/// are named by their idempotency keys; one that is not kept is of no concern.
pub(crate) trait ResultKeeper: fmt::Debug + Send + Sync {
    /// The result is durable, or nobody needs it.
    fn settle(&self, key: &str);

    /// The session is gone before that: whoever made the result should keep it.
    fn forget(&self, key: &str);
}

/// The results of one session.
#[derive(Debug)]
pub(super) struct Results {
    keeper: Option<Arc<dyn ResultKeeper>>,
    /// Calls that were started, until their task is gone, by their keys.
    started: BTreeMap<ToolCallId, String>,
    /// Calls that are over, each with the event that must be durable.
    over: VecDeque<(Seq, String)>,
}

impl Results {
    pub(super) const fn new(keeper: Option<Arc<dyn ResultKeeper>>) -> Self {
        Self { keeper, started: BTreeMap::new(), over: VecDeque::new() }
    }

    pub(super) fn started(&mut self, call: ToolCallId, key: &str) {
        if self.keeper.is_some() {
            self.started.insert(call, key.to_owned());
        }
    }

    /// The task of a call is gone, and what it gave stands in events up to a place.
    pub(super) fn over(&mut self, call: &ToolCallId, at: Seq) {
        self.over.extend(self.started.remove(call).map(|key| (at, key)));
    }

    /// Everything up to a place is durable.
    pub(super) fn settle(&mut self, durable: Seq) {
        while let Some((_, key)) = self.over.pop_front_if(|(at, _)| *at <= durable) {
            if let Some(keeper) = &self.keeper {
                keeper.settle(&key);
            }
        }
    }
}

impl Drop for Results {
    fn drop(&mut self) {
        let Some(keeper) = &self.keeper else { return };
        let over = self.over.iter().map(|(_, key)| key);
        self.started.values().chain(over).for_each(|key| keeper.forget(key));
    }
}
