//! Making a history shorter, so that it fits the model's window.
//!
//! A compaction is an event like any other: it names the last event whose messages it replaces, and what stands
//! in their place. The journal keeps the original. A strategy only proposes one; it is a pure function of the
//! history, so the same session is compacted the same way wherever it runs.
//!
//! Whatever the strategy:
//! - Cuts fall where no call is torn from its result, and at least the newest message stays.
//! - What outlives every compaction stands at the head of the replacement: what people asked for, word for word
//!   within bounds, and what the caller [pins](Pinned), such as the plan and the skills in use. Instructions
//!   are not part of the history and so are never touched.
//!
//! [`Truncation`] and [`SlidingWindow`] decide alone. A [`Summary`] needs a model, which is not this crate's to
//! call: it says what to ask and makes the answer into a compaction.

mod cut;
mod pinned;
mod sliding_window;
mod summary;
mod truncation;

use tau_core::event::{CompactionStrategy, EventBody, Seq};
use tau_core::{Message, TokenUsage};

use crate::history::History;

pub use pinned::Pinned;
pub use sliding_window::SlidingWindow;
pub use summary::{Summary, SummaryRequest};
pub use truncation::Truncation;

/// A shorter history, proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compaction {
    /// The last event whose messages are replaced.
    pub through: Seq,
    /// How.
    pub strategy: CompactionStrategy,
    /// What stands in their place.
    pub replacement: Vec<Message>,
    /// Tokens that a model took for it.
    pub usage: Option<TokenUsage>,
}

impl Compaction {
    pub(crate) const fn new(through: Seq, strategy: CompactionStrategy, replacement: Vec<Message>) -> Self {
        Self { through, strategy, replacement, usage: None }
    }

    /// The same with the tokens that a model took for it.
    #[must_use]
    pub const fn with_usage(mut self, usage: Option<TokenUsage>) -> Self {
        self.usage = usage;
        self
    }
}

impl From<Compaction> for EventBody {
    fn from(compaction: Compaction) -> Self {
        let Compaction { through, strategy, replacement, usage } = compaction;
        Self::Compacted { through, strategy, replacement, usage }
    }
}

/// A way to make a history shorter without asking anybody.
///
/// An implementer must keep true: the cut is one that [`History`] accepts (no call is torn from its result), the
/// result depends on the arguments alone, and what is pinned is in the replacement.
pub trait Compactor {
    /// A compaction that brings the history to about `target` tokens; `None` when nothing can be replaced.
    fn compact(&self, history: &History, pinned: &Pinned, target: u64) -> Option<Compaction>;
}
