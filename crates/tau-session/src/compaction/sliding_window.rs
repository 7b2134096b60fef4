//! Keeping the newest messages.

use tau_core::event::CompactionStrategy;

use super::cut::cuts;
use super::{Compaction, Compactor, Pinned};
use crate::history::History;

/// Keeps at least so many of the newest messages, whatever their length.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct SlidingWindow {
    /// Messages that are kept at least.
    pub messages: usize,
}

impl SlidingWindow {
    /// A window of so many messages.
    #[must_use]
    pub const fn new(messages: usize) -> Self {
        Self { messages }
    }
}

impl Compactor for SlidingWindow {
    /// The target is not looked at: the window is its own measure.
    fn compact(&self, history: &History, pinned: &Pinned, _: u64) -> Option<Compaction> {
        let most = history.messages().len().checked_sub(self.messages.max(1))?;
        let cut = cuts(history).into_iter().rev().find(|cut| cut.before <= most)?;
        let text =
            format!("The first {} messages of this conversation are left out, to make room.", cut.before);
        Some(Compaction::new(
            cut.through,
            CompactionStrategy::SlidingWindow,
            vec![pinned.message(history, &text, "")],
        ))
    }
}
