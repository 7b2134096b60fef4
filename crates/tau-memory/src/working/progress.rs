//! Progress and hand-off: what the next session has to know.

use std::fmt::Write as _;

use super::error::MemoryError;
use super::path::NotePath;
use super::store::WorkingMemory;
use super::version::Version;

const PROGRESS: &str = "progress.md";
const HAND_OFF: &str = "hand-off.md";

/// The notes that a session reads first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The end of `progress.md`.
    pub recent: String,
    /// `hand-off.md`, which the last session left.
    pub hand_off: String,
}

/// What one session leaves for the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandOff {
    done: Vec<String>,
    open: Vec<String>,
    next: Option<String>,
}

impl HandOff {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With something that was done.
    #[must_use]
    pub fn done(mut self, what: impl Into<String>) -> Self {
        self.done.push(what.into());
        self
    }

    /// With something that is not done, or not known.
    #[must_use]
    pub fn open(mut self, what: impl Into<String>) -> Self {
        self.open.push(what.into());
        self
    }

    /// With what to do next.
    #[must_use]
    pub fn next(mut self, what: impl Into<String>) -> Self {
        self.next = Some(what.into());
        self
    }

    /// As Markdown.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::from("# Hand-off\n");
        let mut section = |title: &str, items: &[String]| {
            if !items.is_empty() {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n## {title}\n\n");
                for item in items {
                    let _ = writeln!(text, "- {}", item.trim().replace('\n', "\n  "));
                }
            }
        };
        section("Done", &self.done);
        section("Open", &self.open);
        section("Next", self.next.as_slice());
        text
    }
}

impl WorkingMemory {
    /// Adds an entry to `progress.md`. The date is the caller's.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn add_progress(&self, date: &str, entry: &str) -> Result<Version, MemoryError> {
        self.append(&NotePath::new(PROGRESS)?, &format!("## {date}\n\n{}\n", entry.trim()))
    }

    /// Replaces `hand-off.md`; the one before stays in its history.
    ///
    /// # Errors
    ///
    /// Where it cannot be written.
    pub fn hand_off(&self, hand_off: &HandOff) -> Result<Version, MemoryError> {
        self.update(&NotePath::new(HAND_OFF)?, |_| Ok(hand_off.render()))
    }

    /// What a session reads first, in at most so many bytes each: the end of the progress, the start of the hand-off.
    ///
    /// # Errors
    ///
    /// Where they cannot be read.
    pub fn progress(&self, limit: usize) -> Result<Progress, MemoryError> {
        let text = |name: &str| -> Result<String, MemoryError> {
            Ok(self.find(&NotePath::new(name)?)?.map(|note| note.text).unwrap_or_default())
        };
        let (progress, hand_off) = (text(PROGRESS)?, text(HAND_OFF)?);
        let from = progress.ceil_char_boundary(progress.len().saturating_sub(limit));
        // From the start of an entry, if there is one in what fits.
        let recent = &progress[from..];
        let entry = recent.find("## ").filter(|_| from > 0).unwrap_or(0);
        let hand_off = crate::text::cut_at_line(&hand_off, limit).to_owned();
        Ok(Progress { recent: recent[entry..].to_owned(), hand_off })
    }
}
