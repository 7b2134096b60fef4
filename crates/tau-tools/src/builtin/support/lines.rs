//! Lines within bounds.

use crate::executor::ToolContext;
use crate::output::OutputBounds;

/// Room left for what a tool says about its own output.
const NOTES: usize = 2_000;

/// How many bytes a tool may still show, so that its output is cut by the tool, which can say how to go on, and
/// not by the default bounds, which cannot.
#[derive(Debug)]
pub(in crate::builtin) struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(OutputBounds::default().total().saturating_sub(NOTES))
    }
}

impl Budget {
    /// The budget of a list: where results are kept, as much as is kept of one, and the default bounds then leave
    /// out the middle alone.
    pub(in crate::builtin) fn of_list(context: &ToolContext) -> Self {
        let default = Self::default();
        match context.environment.results() {
            Some(store) => Self(store.limits().each.saturating_sub(NOTES).max(default.0)),
            None => default,
        }
    }

    /// Whether so many bytes fit, which are then taken. Nothing fits after something did not.
    pub(in crate::builtin) const fn take(&mut self, bytes: usize) -> bool {
        match self.0.checked_sub(bytes) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => {
                self.0 = 0;
                false
            }
        }
    }
}

/// The lines of a text; a line end at the very end begins no other.
pub(in crate::builtin) fn count_lines(content: &[u8]) -> usize {
    let ends = memchr::memchr_iter(b'\n', content).count();
    ends + usize::from(content.last().is_some_and(|last| *last != b'\n'))
}

/// The line up to `limit` characters, and what was cut off said.
pub(in crate::builtin) fn cut_line(line: &str, limit: usize) -> String {
    match line.char_indices().nth(limit) {
        Some((end, _)) => format!("{}... [{} more characters]", &line[..end], line[end..].chars().count()),
        None => line.to_owned(),
    }
}
