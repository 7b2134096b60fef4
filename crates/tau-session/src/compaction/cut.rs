//! Where a history may be cut.

use tau_core::Role;
use tau_core::event::Seq;

use crate::estimate::estimate_tokens;
use crate::history::History;

/// A place where a history may be cut: the messages before it may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// How many messages are before it.
    pub(super) before: usize,
    /// The event that the last of them comes from.
    pub(super) through: Seq,
    /// Tokens of the messages after it, estimated.
    pub(super) kept: u64,
}

/// All places, from the one that keeps most to the one that keeps only the newest exchange.
///
/// A cut before a tool's results would tear them from their calls, and one inside an event would need two
/// events to say.
pub(super) fn cuts(history: &History) -> Vec<Cut> {
    let (messages, origins) = (history.messages(), history.origins());
    let total: u64 = messages.iter().map(|message| estimate_tokens(message)).sum();
    let mut gone = 0;
    let mut cuts = Vec::new();
    for before in 1..messages.len() {
        gone += estimate_tokens(&messages[before - 1]);
        let is_between_events = origins[before - 1] < origins[before];
        if is_between_events && messages[before].role != Role::Tool {
            cuts.push(Cut { before, through: origins[before - 1], kept: total - gone });
        }
    }
    cuts
}
