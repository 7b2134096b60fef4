//! Dropping the oldest messages.

use tau_core::event::CompactionStrategy;

use super::cut::cuts;
use super::{Compaction, Compactor, Pinned};
use crate::estimate::estimate_tokens;
use crate::history::History;

/// Drops as many of the oldest messages as must go, and no more.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to choose")]
pub struct Truncation;

impl Compactor for Truncation {
    fn compact(&self, history: &History, pinned: &Pinned, target: u64) -> Option<Compaction> {
        let cuts = cuts(history);
        let message = |before: usize| {
            let text =
                format!("The first {before} messages of this conversation are left out, to make room.");
            pinned.message(history, &text, "")
        };
        let fits = cuts.iter().find(|cut| {
            // The message is long, so it is made only where it may fit.
            cut.kept <= target && cut.kept + estimate_tokens(&message(cut.before)) <= target
        });
        // Where nothing fits, the most that can go is the best that can be done.
        let cut = fits.or_else(|| cuts.last())?;
        Some(Compaction::new(cut.through, CompactionStrategy::Truncation, vec![message(cut.before)]))
    }
}
