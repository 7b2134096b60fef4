//! Exact replacement in bytes that keeps a file's line ends.
//!
//! A model sees and writes `\n`. In a file with CRLF both sides are therefore compared with every `\r\n` taken as
//! `\n`, and what is put in gets the line ends of where it is put. In other files bytes are compared as they are.

use std::ops::Range;

use memchr::memmem;

/// The content after a replacement, and where it differs.
#[derive(Debug)]
pub(in crate::builtin) struct Replaced {
    pub(in crate::builtin) content: Vec<u8>,
    /// What was replaced, and by what: ranges of the old content and of the new.
    pub(in crate::builtin) spans: Vec<(Range<usize>, Range<usize>)>,
}

/// Where `text` stands in the content, in order, none overlapping another.
pub(in crate::builtin) fn find(content: &[u8], text: &str) -> Vec<Range<usize>> {
    let finder = |text: &str, content: &[u8]| -> Vec<usize> { memmem::find_iter(content, text).collect() };
    if !has_crlf(content) {
        return finder(text, content).into_iter().map(|start| start..start + text.len()).collect();
    }
    let text = text.replace("\r\n", "\n");
    let view = LineFeedView::new(content);
    finder(&text, &view.content)
        .into_iter()
        .map(|start| view.original(start)..view.original(start + text.len()))
        .collect()
}

/// Puts `text` in the place of each span.
pub(in crate::builtin) fn replace(content: &[u8], spans: &[Range<usize>], text: &str) -> Replaced {
    let keeps_ends = has_crlf(content);
    let line_feeds = if keeps_ends { text.replace("\r\n", "\n") } else { text.to_owned() };
    let crlf = line_feeds.replace('\n', "\r\n");
    let mut replaced = Replaced { content: Vec::with_capacity(content.len()), spans: Vec::new() };
    let mut copied = 0;
    for span in spans {
        replaced.content.extend_from_slice(&content[copied..span.start]);
        let start = replaced.content.len();
        let new = if keeps_ends && crlf_at(content, span) { &crlf } else { &line_feeds };
        replaced.content.extend_from_slice(new.as_bytes());
        replaced.spans.push((span.clone(), start..replaced.content.len()));
        copied = span.end;
    }
    replaced.content.extend_from_slice(&content[copied..]);
    replaced
}

fn has_crlf(content: &[u8]) -> bool {
    memmem::find(content, b"\r\n").is_some()
}

/// Whether lines end in CRLF here: by the first line end within the span, else after it, else before it.
fn crlf_at(content: &[u8], span: &Range<usize>) -> bool {
    let after = memchr::memchr(b'\n', &content[span.start..]).map(|offset| span.start + offset);
    let end = after.or_else(|| memchr::memrchr(b'\n', &content[..span.start]));
    end.is_some_and(|end| end > 0 && content[end - 1] == b'\r')
}

/// The content with every `\r\n` taken as `\n`, and the way back.
struct LineFeedView {
    content: Vec<u8>,
    /// Places in `content` of the line feeds that had a carriage return before them.
    shortened: Vec<usize>,
}

impl LineFeedView {
    fn new(content: &[u8]) -> Self {
        let mut view = Self { content: Vec::with_capacity(content.len()), shortened: Vec::new() };
        let mut copied = 0;
        for at in memmem::find_iter(content, b"\r\n") {
            view.content.extend_from_slice(&content[copied..at]);
            view.shortened.push(view.content.len());
            copied = at + 1;
        }
        view.content.extend_from_slice(&content[copied..]);
        view
    }

    /// The place in the original; for a shortened line end, that of its carriage return.
    fn original(&self, at: usize) -> usize {
        at + self.shortened.partition_point(|line_feed| *line_feed < at)
    }
}
