//! Bounds on what a model gets to see.

/// How much of a tool's output enters a model's context, in bytes.
///
/// Output over the bound keeps its head and its tail, which hold what usually matters (what ran, how it
/// ended); the middle is replaced by a line that says how much is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputBounds {
    /// Bytes kept from the start.
    pub head: usize,
    /// Bytes kept from the end.
    pub tail: usize,
}

impl Default for OutputBounds {
    /// 30,000 bytes in all, about 8,000 tokens: two thirds from the start.
    fn default() -> Self {
        Self { head: 20_000, tail: 10_000 }
    }
}

impl OutputBounds {
    /// Bounds of so many bytes from the start and from the end.
    #[must_use]
    pub const fn new(head: usize, tail: usize) -> Self {
        Self { head, tail }
    }

    /// Bytes kept in all.
    #[must_use]
    pub const fn total(self) -> usize {
        self.head.saturating_add(self.tail)
    }
}

/// The text within the bounds; cut at character borders, at line ends where one is near.
#[must_use]
pub fn bound_text(text: String, bounds: OutputBounds) -> String {
    if text.len() <= bounds.total() {
        return text;
    }
    let head = line_end_before(&text, text.floor_char_boundary(bounds.head), near(bounds.head));
    let tail = line_start_after(&text, text.ceil_char_boundary(text.len() - bounds.tail), near(bounds.tail));
    let missing = &text[head..tail];
    let lines = missing.bytes().filter(|byte| *byte == b'\n').count();
    format!("{}\n[... {} bytes, {lines} lines left out ...]\n{}", &text[..head], missing.len(), &text[tail..])
}

/// How far a cut may move to fall on a line end: never so far that little is left.
fn near(kept: usize) -> usize {
    (kept / 4).min(2_000)
}

fn line_end_before(text: &str, at: usize, near: usize) -> usize {
    let from = text.ceil_char_boundary(at.saturating_sub(near)).min(at);
    text[from..at].rfind('\n').map_or(at, |offset| from + offset)
}

fn line_start_after(text: &str, at: usize, near: usize) -> usize {
    let to = text.floor_char_boundary((at + near).min(text.len())).max(at);
    text[at..to].find('\n').map_or(at, |offset| at + offset + 1)
}
