//! Size limits and the shares of the total limit.

use super::context::{Scope, Section};
use crate::text::{Truncation, cut_at_line};

/// How many bytes of instructions are taken in.
///
/// Every byte is paid for on every turn. Defaults: 64 KiB per file, 256 KiB in all; published instruction files are
/// seldom longer than a few KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes read of one file; the rest is cut off and reported.
    pub per_file_bytes: usize,
    /// Bytes of the whole rendered context, headers included.
    pub total_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { per_file_bytes: 64 * 1024, total_bytes: 256 * 1024 }
    }
}

impl Limits {
    /// Sets the limit for one file.
    #[must_use]
    pub fn per_file_bytes(mut self, bytes: usize) -> Self {
        self.per_file_bytes = bytes;
        self
    }

    /// Sets the limit for all files together.
    #[must_use]
    pub fn total_bytes(mut self, bytes: usize) -> Self {
        self.total_bytes = bytes;
        self
    }
}

/// The order in which sections draw on the total limit, as indices.
///
/// First the user's own, which a repository must not be able to crowd out; then the project's from the working folder
/// upward, because the nearest instructions override the general ones.
pub(super) fn shares(sections: &[Section]) -> Vec<usize> {
    let of = |scope: Scope| {
        let chosen = sections.iter().enumerate().filter(move |(_, section)| section.scope == scope);
        chosen.map(|(index, _)| index).collect::<Vec<_>>()
    };
    let mut order = of(Scope::User);
    order.extend(of(Scope::Project).into_iter().rev());
    order
}

/// Shortens a section until it renders to at most `room` bytes; `None` when nothing of it would be left.
pub(super) fn fit(mut section: Section, total_bytes: u64, room: usize) -> Option<Section> {
    loop {
        let excess = section.rendered_len().saturating_sub(room);
        if excess == 0 {
            return Some(section);
        }
        let keep = section.text.len().checked_sub(excess)?;
        let kept = cut_at_line(&section.text, keep).len();
        section.text.truncate(kept);
        if section.text.trim().is_empty() {
            return None;
        }
        // The note on truncation takes room itself, hence another round.
        section.truncation = Some(Truncation::new(kept as u64, total_bytes));
    }
}
