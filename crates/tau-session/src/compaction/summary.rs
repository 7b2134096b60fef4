//! A model writes what mattered.

use std::sync::Arc;

use tau_core::event::{CompactionStrategy, Seq};
use tau_core::{ContentBlock, Message};

use super::cut::cuts;
use super::{Compaction, Pinned};
use crate::history::History;

/// What the model is asked.
const QUESTION: &str = include_str!("summary.md");

/// Has a model write what mattered in the messages that go. The newest messages stay as they are.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Summary {
    /// Tokens of the newest messages that stay, about.
    pub keep: u64,
}

impl Summary {
    /// A summary that leaves about so many tokens of the newest messages as they are.
    #[must_use]
    pub const fn new(keep: u64) -> Self {
        Self { keep }
    }
}

impl Default for Summary {
    /// Keeps about 8,000 tokens: the last few exchanges.
    fn default() -> Self {
        Self { keep: 8_000 }
    }
}

/// What to ask a model for, and what its answer replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SummaryRequest {
    /// The conversation to send: the messages that go, unchanged, so that the provider's prompt cache holds them,
    /// then the question.
    pub messages: Vec<Arc<Message>>,
    through: Seq,
}

impl Summary {
    /// What to ask a model for; `None` when nothing can be replaced.
    #[must_use]
    pub fn request(&self, history: &History) -> Option<SummaryRequest> {
        let cuts = cuts(history);
        let cut = cuts.iter().find(|cut| cut.kept <= self.keep).or_else(|| cuts.last())?;
        let mut messages = history.messages()[..cut.before].to_vec();
        messages.push(Arc::new(Message::user([ContentBlock::text(QUESTION)])));
        Some(SummaryRequest { messages, through: cut.through })
    }
}

impl SummaryRequest {
    /// The compaction that the model's answer makes; `None` when it said nothing, which nothing may be replaced by.
    #[must_use]
    pub fn answered(self, history: &History, pinned: &Pinned, summary: &str) -> Option<Compaction> {
        if summary.trim().is_empty() {
            return None;
        }
        let text = "The earlier part of this conversation is replaced by this summary of it.";
        let rest = format!("Summary:\n{}", summary.trim());
        Some(Compaction::new(
            self.through,
            CompactionStrategy::Summary,
            vec![pinned.message(history, text, &rest)],
        ))
    }
}
