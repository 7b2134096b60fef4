//! Bounds on what a model gets to see.

/// How much of a tool's output enters a model's context.
///
/// Output over the bound keeps its head and its tail, which hold what usually matters (what ran, how it
/// ended); the middle is replaced by a line that says how much is missing and, where the environment
/// [keeps results](crate::environment::Environment::results), in which file all of it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputBounds {
    /// Bytes of text kept from the start.
    pub head: usize,
    /// Bytes of text kept from the end.
    pub tail: usize,
    /// Pictures of one result.
    pub images: usize,
    /// Bytes of the pictures of one result, as they are sent.
    pub image_bytes: usize,
}

impl Default for OutputBounds {
    /// 30,000 bytes of text in all, about 8,000 tokens: two thirds from the start. Eight pictures of 5 MiB in
    /// all, which is what the strictest provider takes of one.
    fn default() -> Self {
        Self::new(20_000, 10_000)
    }
}

impl OutputBounds {
    /// Bounds of so many bytes of text from the start and from the end, and the default ones of pictures.
    #[must_use]
    pub const fn new(head: usize, tail: usize) -> Self {
        Self { head, tail, images: 8, image_bytes: 5 << 20 }
    }

    /// Bytes of text kept in all.
    #[must_use]
    pub const fn total(self) -> usize {
        self.head.saturating_add(self.tail)
    }
}

/// A part of a text that whoever made the text did not hold on to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// Where in the text it would stand, in bytes; a character border.
    pub at: usize,
    /// How long it was.
    pub bytes: u64,
    /// How many lines ended in it.
    pub lines: u64,
}

impl Gap {
    /// A gap.
    #[must_use]
    pub const fn new(at: usize, bytes: u64, lines: u64) -> Self {
        Self { at, bytes, lines }
    }
}

/// The text within the bounds; cut at character borders, at line ends where one is near.
#[must_use]
pub fn bound_text(text: String, bounds: OutputBounds) -> String {
    match Cut::of(&text, bounds, None) {
        Some(cut) => cut.show(&text, ""),
        None => text,
    }
}

/// Where a text is cut in two.
#[derive(Debug)]
pub(crate) struct Cut {
    /// The end of what is kept of the start.
    head: usize,
    /// The start of what is kept of the end.
    tail: usize,
    bytes: u64,
    lines: u64,
}

impl Cut {
    /// How to cut a text; `None` if it is whole and within the bounds.
    pub(crate) fn of(text: &str, bounds: OutputBounds, gap: Option<Gap>) -> Option<Self> {
        let (mut head, mut tail) = if text.len() <= bounds.total() {
            let at = text.floor_char_boundary(gap?.at);
            (at, at)
        } else {
            (
                line_end_before(text, text.floor_char_boundary(bounds.head), near(bounds.head)),
                line_start_after(text, text.ceil_char_boundary(text.len() - bounds.tail), near(bounds.tail)),
            )
        };
        let (mut bytes, mut lines) = (0, 0);
        if let Some(gap) = gap {
            // What stands before the gap and what stands after it must not look like neighbours.
            let at = text.floor_char_boundary(gap.at);
            (head, tail) = (head.min(at), tail.max(at));
            (bytes, lines) = (gap.bytes, gap.lines);
        }
        let missing = &text.as_bytes()[head..tail];
        bytes += missing.len() as u64;
        lines += memchr::memchr_iter(b'\n', missing).count() as u64;
        Some(Self { head, tail, bytes, lines })
    }

    /// What is kept of the text, and a line in between that says what is missing and `where_it_is`.
    pub(crate) fn show(&self, text: &str, where_it_is: &str) -> String {
        let Self { head, tail, bytes, lines } = self;
        let (head, tail) = (&text[..*head], &text[*tail..]);
        format!("{head}\n[... {bytes} bytes, {lines} lines left out{where_it_is} ...]\n{tail}")
    }
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
