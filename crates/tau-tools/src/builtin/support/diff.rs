//! What an edit changed, as a short unified diff.

use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use super::lines::cut_line;
use super::replace::Replaced;

/// Lines shown around a change.
const CONTEXT: usize = 2;
/// The characters shown of a line, and the bytes shown in all.
const LINE_CHARS: usize = 300;
const DIFF_BYTES: usize = 4_000;
/// A change over more than this is not worth comparing line by line.
const HUNK_BYTES: usize = 100_000;

/// The diff between the content before and after, by the places that were replaced.
pub(in crate::builtin) fn unified(old: &[u8], replaced: &Replaced) -> String {
    let hunks = hunks(old, replaced);
    let mut text = String::new();
    let (mut old_lines, mut new_lines) = (Lines::default(), Lines::default());
    for (index, (old_range, new_range)) in hunks.iter().enumerate() {
        let old_line = old_lines.number(old, old_range.start);
        let new_line = new_lines.number(&replaced.content, new_range.start);
        let mut hunk = format!("@@ -{old_line} +{new_line} @@\n");
        hunk.push_str(&changes(&old[old_range.clone()], &replaced.content[new_range.clone()]));
        if text.len() + hunk.len() > DIFF_BYTES {
            let room = DIFF_BYTES - text.len();
            let cut = hunk[..hunk.floor_char_boundary(room)].rfind('\n').map_or(0, |end| end + 1);
            text.push_str(&hunk[..cut]);
            let rest = hunks.len() - index - 1;
            text.push_str(&format!("[diff cut; {rest} more places changed]\n"));
            break;
        }
        text.push_str(&hunk);
    }
    text
}

/// The ranges of whole lines around the changes, in the old content and the new.
fn hunks(old: &[u8], replaced: &Replaced) -> Vec<(Range<usize>, Range<usize>)> {
    let mut hunks: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    for (before, after) in &replaced.spans {
        let start = lines_up(old, before.start);
        let end = lines_down(old, before.end);
        match hunks.last_mut() {
            Some((old_hunk, new_hunk)) if start <= old_hunk.end => {
                old_hunk.end = end;
                new_hunk.end = after.end + (end - before.end);
            }
            _ => {
                hunks.push((start..end, after.start - (before.start - start)..after.end + (end - before.end)))
            }
        }
    }
    hunks
}

/// The start of the line, and of the context above it.
fn lines_up(content: &[u8], from: usize) -> usize {
    memchr::memrchr_iter(b'\n', &content[..from]).nth(CONTEXT).map_or(0, |end| end + 1)
}

/// The end of the line, and of the context below it.
fn lines_down(content: &[u8], from: usize) -> usize {
    memchr::memchr_iter(b'\n', &content[from..]).nth(CONTEXT).map_or(content.len(), |end| from + end + 1)
}

fn changes(old: &[u8], new: &[u8]) -> String {
    if old.len().max(new.len()) > HUNK_BYTES {
        return format!("[{} bytes became {} bytes]\n", old.len(), new.len());
    }
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(new));
    let diff = TextDiff::from_lines(old.as_ref(), new.as_ref());
    let mut text = String::new();
    for change in diff.iter_all_changes() {
        let sign = match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        };
        text.push(sign);
        text.push_str(&cut_line(change.value().trim_end_matches(['\r', '\n']), LINE_CHARS));
        text.push('\n');
    }
    text
}

/// Counts lines from where it last stopped.
#[derive(Default)]
struct Lines {
    at: usize,
    ends: usize,
}

impl Lines {
    fn number(&mut self, content: &[u8], at: usize) -> usize {
        self.ends += memchr::memchr_iter(b'\n', &content[self.at..at]).count();
        self.at = at;
        self.ends + 1
    }
}
